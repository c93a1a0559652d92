/** `make restore` and `make recovery-kit`: what they refuse, what the host is told, and what the page holds. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { kitSecrets, recoveryPage } from "../../../tools/recovery-kit/page";
import { checkedWords, hostScript, hostWords } from "../../../tools/restore/words";

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
