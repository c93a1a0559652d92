/** Backups off the host and back, on the deployed stack: what was answered is in them, and nothing on the host takes them away. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { backupProgram } from "../../lab/backups/programs";
import { ownersRepository } from "../../lab/backups/storage";
import { run } from "../../lab/lib/exec";
import { repoDir } from "../../lab/lib/paths";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { chatTurn } from "../../lab/rehearsal/public";
import { labSecrets } from "../../lab/rehearsal/stacks";
import { nodeIn, onVps, tryOnVps } from "../../lab/rehearsal/vps";
import { lastRun, lookInto, make, snapshotNow, spent } from "./backups";
import { expectAnswering, readMarker, ticksIn, whatIsKept, writeMarker } from "./kept";
import { eventually } from "./support";

jest.setTimeout(900_000);
beforeAll(enterLabEnvironment);

const kept = "/opt/openclaw/monitoring/backups";

test("the timer starts a run by itself", async () => {
  const { began } = await lastRun();
  const settings = "/run/systemd/system/clawkeep-backup.timer.d";
  const again = "systemctl daemon-reload; systemctl restart clawkeep-backup.timer";
  await onVps(
    "prod",
    `mkdir -p ${settings}; printf '[Timer]\nOnActiveSec=\nOnActiveSec=1s\nRandomizedDelaySec=0\n' >${settings}/soon.conf; ${again}`,
  );
  try {
    await eventually("a run", 90, async () => expect((await lastRun()).began).toBeGreaterThan(began));
  } finally {
    await onVps("prod", `rm -r ${settings}; ${again}`);
  }
});

test("what was answered before a snapshot comes back by it; what came later is kept aside, and no spend is lowered", async () => {
  const [before, after] = ["before", "after"].map((word) => `kept-${word}-${Date.now()}`) as [string, string];
  expect(await chatTurn(`Say: ${before}`)).toContain(before);
  await writeMarker(before);
  const id = (await snapshotNow()).slice(0, 8);
  expect(await chatTurn(`Say: ${after}`)).toContain(after);
  await writeMarker(after);
  const spentBefore = await spent();
  const serving = await onVps("prod", "docker inspect --format '{{.State.StartedAt}}' openclaw");
  const dry = await make("restore", `SNAPSHOT=${id}`, "DRY=1");
  expect(dry).toMatch(new RegExp(`snapshot ${id} of stack prod.*openclaw serves.*nothing was touched`, "s"));
  expect((await readMarker()).trim()).toBe(after);
  expect(await onVps("prod", "docker inspect --format '{{.State.StartedAt}}' openclaw")).toBe(serving);
  const said = await make("restore", `SNAPSHOT=${id}`);
  const aside = new RegExp(`restored; what it had is kept in (${kept}/replaced-openclaw-\\S+)`).exec(
    said,
  )?.[1];
  expect([said, aside]).toEqual([said, expect.any(String)]);
  await expectAnswering("restored");
  expect((await readMarker()).trim()).toBe(before);
  const { integrity, found } = await whatIsKept("prod", [before, after]);
  expect([new Set(Object.values(integrity)), found]).toEqual([new Set(["ok"]), [before]]);
  expect(await onVps("prod", `cat ${aside}/workspace/kept-through-everything.txt`)).toBe(after);
  expect(await spent()).toBeGreaterThanOrEqual(spentBefore);
  await onVps("prod", `rm -rf ${aside} ${aside}-workspaces`);
});

test("three snapshots under a writer: each comes back whole, with what was acknowledged before it began", async () => {
  const ticking = ticksIn("prod", "ticks.txt");
  const made: { id: string; heard: number; answered: string }[] = [];
  try {
    await eventually("the first numbers", 30, () =>
      Promise.resolve(expect(ticking.heard()).toBeGreaterThan(5)),
    );
    for (const round of [1, 2, 3]) {
      const answered = `kept-${Date.now()}-${round}`;
      expect(await chatTurn(`Say: ${answered}`)).toContain(answered);
      const heard = ticking.heard();
      made.push({ id: await snapshotNow(), heard, answered });
    }
  } finally {
    ticking.end();
  }
  for (const { id, heard, answered } of made) {
    const there = await lookInto(id, "ticks.txt");
    expect(there.damaged).toEqual([]);
    expect(there.databases).toBeGreaterThan(1);
    expect(there.lastTick).toBeGreaterThanOrEqual(heard);
    expect(there.texts).toContain(answered);
  }
});

test("the weekly verification boots the gateway on the newest one, and make backups says that it held", async () => {
  await onVps(
    "prod",
    "rm -f /var/lib/clawkeep/backups/verified.json; systemctl start --no-block clawkeep-backup-verify",
  );
  let verified:
    { failed?: string; gateways: Record<string, { failed?: string; boots?: boolean }> } | undefined;
  await eventually("the verification", 240, async () => {
    verified = JSON.parse(
      await onVps("prod", "cat /var/lib/clawkeep/backups/verified.json"),
    ) as typeof verified;
  });
  expect(verified).toMatchObject({ gateways: { openclaw: { boots: true } } });
  expect([verified?.failed, verified?.gateways["openclaw"]?.failed]).toEqual([undefined, undefined]);
  const { snapshot } = await lastRun();
  expect(await make("backups")).toContain(snapshot?.id.slice(0, 8));
  const helpers = "docker ps --all --format '{{.Names}}' | grep -E 'verified|openclaw-backup' || true";
  expect(await onVps("prod", `${helpers}; ls /var/lib/clawkeep/restore`)).toBe("");
});

test("what a hostile gateway plants is named and left out, and the rest is saved", async () => {
  const planted = "/home/node/.openclaw/workspace/planted";
  await nodeIn(
    "prod",
    "openclaw",
    `import { execFileSync } from "node:child_process"; import * as fs from "node:fs";
fs.mkdirSync("${planted}/" + "d/".repeat(70), { recursive: true });
fs.symlinkSync("/etc/shadow", "${planted}/link"); fs.symlinkSync("/", "${planted}/root");
execFileSync("mkfifo", ["${planted}/fifo\\n\\u001b[31mred"]);
fs.writeFileSync("${planted}/sparse", ""); fs.truncateSync("${planted}/sparse", 2 ** 40);
fs.mkdirSync("${planted}/many"); for (let n = 0; n < 2000; n++) fs.writeFileSync("${planted}/many/" + n, "x");
fs.writeFileSync("${planted}/line\\nfeed", "saved");`,
  );
  try {
    await snapshotNow();
    const { parts } = await lastRun();
    const collected = parts["openclaw/state"]?.["backup-collect"];
    const left = (collected?.leftOut ?? []).filter(({ path }) => path.startsWith("workspace/planted/"));
    expect(
      left.map(({ path, why }) => `${path.slice(18).replace(/^(d\/)+d$/, "deep")}: ${why}`).sort(),
    ).toEqual([
      expect.stringMatching(/^deep: is deeper than 64/),
      "fifo\\n\\x1b[31mred: is neither a file nor a directory",
      "link: is a link",
      "root: is a link",
      expect.stringMatching(/^sparse: claims/),
    ]);
    expect(collected?.stopped).toBeNull();
    const copy = "/var/lib/clawkeep/backup/files";
    const odd = await onVps(
      "prod",
      `find ${copy} ! -type f ! -type d; ls ${copy}/openclaw/state/workspace/planted/many | wc -l`,
    );
    expect(odd.trim()).toBe("2000");
    // Nothing that a terminal would obey.
    expect(await onVps("prod", "journalctl -u clawkeep-backup -n 50 -o cat")).not.toContain("\u001b");
  } finally {
    await nodeIn(
      "prod",
      "openclaw",
      `import { rmSync } from "node:fs"; rmSync("${planted}", { recursive: true });`,
    );
  }
  await snapshotNow();
});

test("root on the host deletes no snapshot; the owner of the storage prunes, and what is new stays", async () => {
  const id = await snapshotNow();
  const script = `import sys; sys.path.insert(0, "/opt/openclaw/bin")
from backup_restic import read_order, restic
restic(read_order(), ["forget", "--prune", "${id}"], 90)`;
  const { code, stderr } = await tryOnVps("prod", `python3 -B -c '${script}'`);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/403 Forbidden/)]);
  const file = join(ownersRepository(), "snapshots", id);
  expect(existsSync(file)).toBe(true);
  const programs = await Promise.all([backupProgram("restic"), backupProgram("rclone")]);
  const folder = mkdtempSync(join(tmpdir(), "clawkeep-prune-"));
  try {
    writeFileSync(join(folder, "password"), (await labSecrets())["clawkeep:backupPassword"] ?? "", {
      mode: 0o600,
    });
    const said = await run("make", ["--silent", "prune-backups", `REMOTE=lab:${ownersRepository()}`], {
      cwd: repoDir,
      env: {
        PATH: [...programs.map((path) => dirname(path)), process.env["PATH"]].join(delimiter),
        RESTIC_PASSWORD_FILE: join(folder, "password"),
        RESTIC_CACHE_DIR: join(folder, "cache"),
        RCLONE_CONFIG_LAB_TYPE: "local",
      },
    });
    expect(said).toMatch(/^\d+ snapshots, \d+ of them go/);
  } finally {
    rmSync(folder, { recursive: true });
  }
  expect(existsSync(file)).toBe(true);
  await snapshotNow();
});
