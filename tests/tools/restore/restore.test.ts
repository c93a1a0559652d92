/** `make restore` and `make recovery-kit`: what they refuse, what the host is told, and what the page holds. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { programOf, refuseTracked } from "../../../tools/recovery-kit/checkout";
import { kitSecrets, recoveryPage } from "../../../tools/recovery-kit/page";
import {
  checkedWords,
  coldQuestion,
  coldRefusal,
  hostScript,
  hostWords,
  pointed,
} from "../../../tools/restore/words";
import { runsTypeScript } from "../../typescript";

const root = join(__dirname, "..", "..", "..");
const words = { stack: "prod", snapshot: "newest", dry: false, cold: false };

it("tells the host the snapshot, the gateway, and whether it is dry", () => {
  expect(hostWords(checkedWords(words))).toEqual(["--snapshot", "newest"]);
  expect(hostWords({ ...words, cold: true })).toContain("--cold");
  expect(hostWords(checkedWords({ ...words, snapshot: "0a1b2c3d", gateway: "one", dry: true }))).toEqual([
    ...["--dry", "--snapshot", "0a1b2c3d", "--gateway", "one"],
  ]);
});

it("refuses what is wrong with all of it at once", () => {
  const wrong = { stack: "", snapshot: "latest", gateway: "--x", dry: true, cold: true };
  for (const said of ["STACK=prod", "SNAPSHOT=latest", "GATEWAY=--x", "COLD=1 deploys", "leave GATEWAY out"])
    expect(() => checkedWords(wrong)).toThrow(said);
});

it("who names no snapshot that there is, is told what lists them", () => {
  expect(() => checkedWords({ ...words, snapshot: "latest" })).toThrow("make backups STACK=prod lists them");
  expect(() => checkedWords({ ...words, dry: true, cold: true })).toThrow("make backups STACK=prod");
  const said = "backup-restore: 0 snapshots begin with 0a1b2c3d: backup-fetch list has their ids";
  expect(pointed("prod", said)).toBe(`${said}\nWhich snapshots there are: make backups STACK=prod`);
  expect(pointed("prod", "a change of it is under way")).toBe("a change of it is under way");
});

describe("before a cold restore", () => {
  let host: string;
  beforeEach(() => void (host = mkdtempSync(join(tmpdir(), "clawkeep-cold-"))));
  afterEach(() => rmSync(host, { recursive: true }));
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(host, path)), { recursive: true });
    writeFileSync(join(host, path), text);
  };
  /** @param restore what the host's script does; @returns why it would restore nothing */
  const ask = (role: string, restore: string, ordered = true): string | undefined => {
    if (ordered) put("etc/clawkeep/backups.json", "{}");
    put("opt/openclaw/gateways/openclaw/role", `${role}\n`);
    put("opt/openclaw/bin/backup-restore", `#!/bin/bash\n# --cold\n${restore}\n`);
    chmodSync(join(host, "opt/openclaw/bin/backup-restore"), 0o755);
    const script = coldQuestion.replaceAll("/opt/", `${host}/opt/`).replaceAll("/etc/", `${host}/etc/`);
    const { status, stdout } = spawnSync("bash", ["-c", script, "clawkeep", "0a1b2c3d"], {
      encoding: "utf8",
    });
    expect(status).toBe(0);
    return coldRefusal(stdout);
  };
  const refuses =
    '[ "$*" = "--dry --cold --snapshot 0a1b2c3d" ] && echo "backup-restore: all are its own" >&2; exit 1';

  it("a host that serves says whether it would be refused, without touching anything", () => {
    expect(ask("active", refuses)).toBe("backup-restore: all are its own");
    expect(ask("active", "echo snapshot 0a1b2c3d")).toBeUndefined();
  });

  it.each([
    ["one whose gateways wait has nothing to lose", "awaits-restore", refuses, true],
    ["one without backups cannot be asked", "active", refuses, false],
  ])("%s", (_, role, restore, ordered) => expect(ask(role, restore, ordered)).toBeUndefined());

  it("a host that has nothing of it goes on", () => {
    const { stdout } = spawnSync(
      "bash",
      ["-c", coldQuestion.replaceAll("/opt/", "/nowhere/"), "x", "newest"],
      {
        encoding: "utf8",
      },
    );
    expect(coldRefusal(stdout)).toBeUndefined();
  });
});

it("what runs on the host can be read by its shell, and hands on every word as one", () => {
  expect(spawnSync("bash", ["-n", "-c", hostScript], { encoding: "utf8" }).stderr).toBe("");
  expect(hostScript).toMatch(/backup-restore "\$@"/);
  expect(hostScript).toMatch(/"\$unit" "\$@"\n/);
});

const kit = {
  stack: "prod",
  program: "version 0.1.0, commit 0a1b2c3d4e5f",
  repository: "s3:https://s3.example.com/backups/prod",
  secrets: { backupPassword: "p".repeat(64), backupSshKey: "-----BEGIN\nkey\n-----END\n" },
  stackFile: "encryptionsalt: v1:abc\nconfig:\n  clawkeep:backups:\n    region: eu-1\n",
  made: "2026-11-29",
};

it("the page holds all that a recovery needs, and says where the passphrase is missing", () => {
  const page = recoveryPage({ ...kit, passphrase: "the passphrase" });
  for (const part of [
    kit.repository,
    "p".repeat(64),
    "key",
    "the passphrase",
    kit.stackFile.trim(),
    "make restore STACK=prod COLD=1",
    "version 0.1.0, commit 0a1b2c3d4e5f",
    "SSH key     NOT HERE",
    "export AWS_DEFAULT_REGION=eu-1",
    "restic -o s3.bucket-lookup=path snapshots --no-lock --tag stack=prod",
  ])
    expect(page).toContain(part);
  expect(recoveryPage({ ...kit, passphrase: undefined })).toMatch(/Passphrase {2}NOT HERE/);
});

it.each([
  ["Pulumi Cloud", "config: {}\n", "Pulumi Cloud opens"],
  ["a key of a cloud's", "secretsprovider: awskms://alias/x\nencryptedkey: abc\n", "awskms://alias/x opens"],
])(
  "where %s opens the stack file, the page says what stands in the place of a passphrase",
  (_, stackFile, says) => {
    const page = recoveryPage({ ...kit, stackFile, passphrase: "of another stack" });
    expect(page).toContain(`2. Passphrase  NONE. ${says}`);
    expect(page).toContain("pulumi stack change-secrets-provider passphrase --stack prod");
    expect(page).not.toMatch(/of another stack|PULUMI_CONFIG_PASSPHRASE/);
  },
);

it.each([
  [
    "rest:https://me@b.example.net/prod/",
    "RESTIC_REST_USERNAME=me RESTIC_REPOSITORY=rest:https://b.example.net/prod/",
  ],
  [
    "ssh://me@b.example.net:23",
    "ssh -F /dev/null -p 23 -i backup_key -o UserKnownHostsFile=backup_host me@b.example.net",
  ],
])("the page has restic's words for %s", (repository, words) =>
  expect(recoveryPage({ ...kit, repository, passphrase: "x" })).toContain(words),
);

describe("a page in a file", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "clawkeep-checkout-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is refused where git would take it along", () => {
    expect(() => refuseTracked(join(folder, "page"))).not.toThrow();
    spawnSync("git", ["init", "--quiet", folder]);
    expect(() => refuseTracked(join(folder, "page"))).toThrow(/git checkout that does not ignore it/);
    writeFileSync(join(folder, ".gitignore"), readFileSync(join(root, ".gitignore")));
    for (const name of ["kit.txt", "kit-prod.txt", "prod.kit"])
      expect(() => refuseTracked(join(folder, name))).not.toThrow();
    expect(() => refuseTracked(join(folder, "page.txt"))).toThrow(/git checkout/);
  });

  it("has the version, and the commit where there is one", () => {
    writeFileSync(join(folder, "package.json"), '{ "version": "1.2.3" }');
    expect(programOf(folder)).toBe("version 1.2.3");
    expect(programOf(root)).toMatch(/^version \d+\.\d+\.\d+(, commit [0-9a-f]{12,})?$/);
  });
});

it("the page has a secret that may be missing where it is there, and is not made without one that must be", () => {
  const some: Record<string, string> = { backupPassword: "p", backupServerPassword: "s" };
  expect(kitSecrets("prod", "rest", (key) => some[key])).toEqual(some);
  const all = { ...some, backupPingUrl: "https://hc.example.org/x" };
  expect(kitSecrets("prod", "rest", (key) => (all as typeof some)[key])).toEqual(all);
  expect(() => kitSecrets("prod", "rest", () => undefined)).toThrow(
    "stack prod has no backupPassword, backupServerPassword: make secrets",
  );
});

it("is written into no pipe", () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...runsTypeScript, join(__dirname, "../../../tools/recovery-kit.ts"), "prod"],
    {
      encoding: "utf8",
    },
  );
  expect([status, stdout, stderr]).toEqual([1, "", expect.stringContaining("FILE=PATH")]);
});
