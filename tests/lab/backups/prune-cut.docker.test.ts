/**
 * A prune that is killed, by the real restic and rclone: the same typed again comes to the same end, nothing that was to stay is
 * lost, and no lock is left in the way of a host. CLAWKEEP_KILLS: how often (4); CLAWKEEP_FAULT_SEED: when (1).
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  cpSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { backupProgram } from "../../../lab/backups/programs";
import { repoDir } from "../../../lab/lib/paths";
import { keptDays } from "../../../tools/prune/rule";
import { seeded } from "../../clouds/faults";
import { BackupWorld } from "./world";

// Go builds two programs the first time.
jest.setTimeout(1_800_000);

const day = 86_400_000;
/** Days ago: some that go, some that stay, and the newest. */
const ages = [...Array.from({ length: 12 }, (_, index) => keptDays + 12 - index), 9, 5, 0];
let world: BackupWorld;
let environment: NodeJS.ProcessEnv;
beforeAll(async () => {
  world = await BackupWorld.begin();
  const programs = await Promise.all([backupProgram("restic"), backupProgram("rclone")]);
  environment = {
    ...process.env,
    PATH: [...programs.map((path) => dirname(path)), process.env["PATH"]].join(delimiter),
    RESTIC_PASSWORD_FILE: join(world.home, "password"),
    RESTIC_CACHE_DIR: join(world.home, "cache-of-prunes"),
    RCLONE_CONFIG_LAB_TYPE: "local",
  };
  fill();
});
afterAll(() => world.end());

const whole = (): string => join(world.home, "whole");

/** A repository with a snapshot of each age, each with files of its own, that has got each when it was made. */
function fill(): void {
  const source = world.folder("source");
  const restic = (...words: string[]): string => {
    const { status, stdout, stderr } = world.run(whole(), words, { TZ: "UTC" });
    if (status !== 0) throw new Error(stderr);
    return stdout;
  };
  restic("init");
  for (const age of ages) {
    const time = new Date(Date.now() - age * day);
    for (let file = 0; file < 20; file++) writeFileSync(join(source, `${file}`), randomBytes(200_000));
    const known = new Set(readdirSync(join(whole(), "snapshots")));
    restic(
      "backup",
      "--time",
      time.toISOString().slice(0, 19).replace("T", " "),
      "--tag",
      "stack=prod",
      source,
    );
    for (const id of readdirSync(join(whole(), "snapshots")))
      if (!known.has(id)) utimesSync(join(whole(), "snapshots", id), time, time);
  }
}

/** A prune as an operator types it. @param cut is waited for, and then it is killed @returns its exit code; null where it was killed */
async function prune(
  repository: string,
  cut?: () => Promise<void>,
  more: NodeJS.ProcessEnv = {},
): Promise<number | null> {
  const tool = ["--import", "tsx", join("tools", "prune-backups.ts"), `lab:${repository}`];
  const child = spawn(process.execPath, tool, {
    cwd: repoDir,
    env: { ...environment, ...more },
    detached: true,
    stdio: ["ignore", "ignore", cut === undefined ? "inherit" : "ignore"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  if (cut !== undefined) {
    await Promise.race([cut(), ended]);
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    // Nobody types that fast: restic, whose parent has gone too, is there until the first process has looked.
    await sleep(3000);
  }
  return ended;
}

const inOrder = (repository: string, what: string): string[] => readdirSync(join(repository, what)).sort();

test.each(
  seeded(
    Array.from({ length: 20 }, (_, index) => index * 150),
    Number(process.env["CLAWKEEP_KILLS"] ?? 4),
  ),
)("killed %d ms after it has taken its first lock", async (ms) => {
  const [left, wanted] = [`cut-${ms}`, `done-${ms}`].map((name) => join(world.home, name)) as [
    string,
    string,
  ];
  for (const copy of [left, wanted]) cpSync(whole(), copy, { recursive: true, preserveTimestamps: true });
  expect(await prune(wanted)).toBe(0);
  expect(inOrder(wanted, "snapshots").length).toBeLessThan(ages.length);

  const killed = await prune(left, async () => {
    while (inOrder(left, "locks").length === 0) await sleep(5);
    await sleep(ms);
  });
  console.log(
    `${ms} ms: ${killed === null ? `killed, ${inOrder(left, "locks").length} locks left` : "had ended"}`,
  );
  expect(await prune(left)).toBe(0);
  expect(inOrder(left, "snapshots")).toEqual(inOrder(wanted, "snapshots"));
  expect(inOrder(left, "locks")).toEqual([]);
  expect(world.run(left, ["check", "--read-data"], {})).toMatchObject({ status: 0 });
  expect(world.run(left, ["backup", "--retry-lock", "0s", join(world.home, "source")], {})).toMatchObject({
    status: 0,
  });
});

test("damage in the share that is read stops it before anything goes, and so does a pack that is missing", async () => {
  const left = join(world.home, "damaged");
  cpSync(whole(), left, { recursive: true, preserveTimestamps: true });
  const packs = readdirSync(join(left, "data"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const [first = ""] = packs;
  const good = readFileSync(first);
  // In the middle of a pack are neither its header nor what the index says of it.
  for (const pack of packs) {
    const flipped = readFileSync(pack);
    flipped[flipped.length >> 1] = (flipped[flipped.length >> 1] ?? 0) ^ 1;
    chmodSync(pack, 0o600);
    writeFileSync(pack, flipped);
  }
  // All of them: in one share of so small a repository there may be none.
  expect(await prune(left, undefined, { SHARES: "1" })).toBe(1);
  expect(inOrder(left, "snapshots")).toEqual(inOrder(whole(), "snapshots"));
  for (const pack of packs) cpSync(pack.replace(left, whole()), pack, { preserveTimestamps: true });
  rmSync(first);
  expect(await prune(left)).toBe(1);
  expect(inOrder(left, "snapshots")).toEqual(inOrder(whole(), "snapshots"));
  writeFileSync(first, good);
  expect(await prune(left)).toBe(0);
});

test("one that is killed while it holds its lock is in a host's way until it is typed again", async () => {
  const left = join(world.home, "held");
  cpSync(whole(), left, { recursive: true, preserveTimestamps: true });
  const killed = await prune(left, async () => {
    // Whole: half of one is no lock, and nobody takes it away.
    const whole = (lock: string): boolean => statSync(join(left, "locks", lock)).size > 0;
    while (!inOrder(left, "locks").some(whole)) await sleep(1);
  });
  expect([killed, inOrder(left, "locks").length > 0]).toEqual([null, true]);
  expect(await prune(left)).toBe(0);
  expect(inOrder(left, "locks")).toEqual([]);
});
