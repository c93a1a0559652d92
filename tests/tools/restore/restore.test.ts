/** `make restore` and `make recovery-kit`: what they refuse, what the host is told, and what the page holds. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { kitSecrets, recoveryPage } from "../../../tools/recovery-kit/page";
import {
  checkedWords,
  coldQuestion,
  coldRefusal,
  hostScript,
  hostWords,
  pointed,
} from "../../../tools/restore/words";

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
  let root: string;
  beforeEach(() => void (root = mkdtempSync(join(tmpdir(), "clawkeep-cold-"))));
  afterEach(() => rmSync(root, { recursive: true }));
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  /** @param restore what the host's script does; @returns why it would restore nothing */
  const ask = (role: string, restore: string, ordered = true): string | undefined => {
    if (ordered) put("etc/clawkeep/backups.json", "{}");
    put("opt/openclaw/gateways/openclaw/role", `${role}\n`);
    put("opt/openclaw/bin/backup-restore", `#!/bin/bash\n# --cold\n${restore}\n`);
    chmodSync(join(root, "opt/openclaw/bin/backup-restore"), 0o755);
    const script = coldQuestion.replaceAll("/opt/", `${root}/opt/`).replaceAll("/etc/", `${root}/etc/`);
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
  repository: "s3:https://s3.example.com/backups/prod",
  secrets: { backupPassword: "p".repeat(64), backupSshKey: "-----BEGIN\nkey\n-----END\n" },
  stackFile: "config:\n  clawkeep:backups: {}\n",
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
  ])
    expect(page).toContain(part);
  expect(recoveryPage({ ...kit, passphrase: undefined })).toMatch(/Passphrase {2}NOT HERE/);
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
  const tsx = join(__dirname, "../../../node_modules/.bin/tsx");
  const { status, stdout, stderr } = spawnSync(
    tsx,
    [join(__dirname, "../../../tools/recovery-kit.ts"), "prod"],
    {
      encoding: "utf8",
    },
  );
  expect([status, stdout, stderr]).toEqual([1, "", expect.stringContaining("FILE=PATH")]);
});
