/** What a backup of a large state costs while the gateway is busy: 1 GiB is there, 1 MiB has changed. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { releaseLines } from "../../config/release-lines";
import { sandboxesDirectory, stateDirectory } from "../../config-files/gateway/paths";
import { ownersRepository } from "../backups/storage";
import { chatTurn } from "./public";
import { median, type Measure } from "./sandbox-cost";
import { labGateway } from "./stacks";
import { nodeIn, onVps } from "./vps";

/** In MiB. The lab's two file systems have 1 GiB each, so the GiB lies on both. */
const onState = 600;
const onWorkspaces = 424;
const changedMiB = 1;
const rounds = 5;

const places = (): [string, number][] => [
  [`${stateDirectory}/workspace/bench`, onState],
  [`${sandboxesDirectory({ name: labGateway.name, release: releaseLines[0] })}/bench`, onWorkspaces],
];

/** Files of 1 MiB of what no program makes smaller. */
const fill = (directory: string, from: number, to: number): Promise<string> =>
  nodeIn(
    "prod",
    "openclaw",
    `import { mkdirSync, writeFileSync } from "node:fs"; import { randomBytes } from "node:crypto";
mkdirSync("${directory}", { recursive: true });
for (let n = ${from}; n < ${to}; n++) writeFileSync("${directory}/" + n, randomBytes(1 << 20));`,
  );

/**
 * Runs a backup by its unit, and looks every 20 ms at what works for it: CPU, and what was written, of each process by its last
 * look. Containers come and go, so no control group has it.
 */
const watched = `
import glob, json, os, subprocess, time
ticks = os.sysconf("SC_CLK_TCK")
seen = {}
unit = subprocess.Popen(["systemctl", "start", "clawkeep-backup.service"])
begin = time.monotonic()
while unit.poll() is None:
    for place in glob.glob("/proc/[0-9]*"):
        try:
            words = open(f"{place}/cmdline", "rb").read().split(b"\\0")
            if not any(b"/backup-" in word or word.endswith(b"restic") for word in words):
                continue
            stat = open(f"{place}/stat").read().rpartition(")")[2].split()
            written = [line for line in open(f"{place}/io") if line.startswith("write_bytes")]
            seen[place + stat[19]] = ((int(stat[11]) + int(stat[12])) / ticks, int(written[0].split()[1]))
        except OSError:
            continue
    time.sleep(0.02)
last = json.load(open("/var/lib/clawkeep/backup/last.json"))
print(json.dumps({"code": unit.returncode, "seconds": time.monotonic() - begin, "processes": len(seen), "failed": last.get("failed"),
                  "cpu": sum(cpu for cpu, _ in seen.values()), "written": sum(each for _, each in seen.values())}))
`;

interface Watched {
  readonly code: number;
  readonly failed: string | null;
  readonly seconds: number;
  readonly processes: number;
  readonly cpu: number;
  /** Bytes. */
  readonly written: number;
}

async function backup(): Promise<Watched> {
  const seen = JSON.parse(await onVps("prod", "python3 -", watched)) as Watched;
  if (seen.code !== 0 || seen.failed !== null || seen.processes === 0)
    throw new Error(`no backup was seen to be made: ${JSON.stringify(seen)}`);
  return seen;
}

/** Bytes of all files that the place for backups holds. */
function stored(directory = ownersRepository()): number {
  return readdirSync(directory, { withFileTypes: true })
    .map((entry) => {
      const path = join(directory, entry.name);
      return entry.isDirectory() ? stored(path) : statSync(path).size;
    })
    .reduce((sum, size) => sum + size, 0);
}

/** Turns one after the other until `work` has ended, one at least. @returns seconds of each */
async function turnsDuring(work: Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  const state = { ended: false };
  const ends = work.finally(() => (state.ended = true));
  // Its failure is told below.
  ends.catch(() => undefined);
  while (!state.ended || times.length === 0) {
    const begin = Date.now();
    await chatTurn("Say: busy");
    times.push((Date.now() - begin) / 1000);
  }
  await ends;
  return times;
}

/** Prod is as before afterwards, but for what the repository keeps. */
export async function backupUnderLoad(): Promise<Measure[]> {
  try {
    // In pieces: a command on a server has two minutes.
    for (const [directory, most] of places())
      for (let from = 0; from < most; from += 100) await fill(directory, from, Math.min(most, from + 100));
    await onVps("prod", "systemctl start --no-block clawkeep-backup.service");
    await ended();
    const without: number[] = [];
    const during: number[] = [];
    const runs: (Watched & { readonly sent: number })[] = [];
    for (let round = 0; round < rounds; round++) {
      without.push(...(await turnsDuring(sleep(10_000))));
      await fill(places()[0]?.[0] ?? "", 0, changedMiB);
      const before = stored();
      const run = backup();
      during.push(...(await turnsDuring(run)));
      runs.push({ ...(await run), sent: stored() - before });
    }
    const of = (pick: (run: (typeof runs)[number]) => number): number => median(runs.map(pick));
    return [
      { name: "backup, 1 GiB there, 1 MiB changed", value: of(({ seconds }) => seconds), unit: "s" },
      { name: "that backup, CPU", value: of(({ cpu }) => cpu), unit: "s" },
      {
        name: "that backup, written on the host",
        value: of(({ written }) => written) / 2 ** 20,
        unit: "MiB",
      },
      { name: "that backup, stored off the host", value: of(({ sent }) => sent) / 2 ** 20, unit: "MiB" },
      { name: "turn, no backup at work (median)", value: median(without), unit: "s" },
      { name: "turn, a backup at work (median)", value: median(during), unit: "s" },
    ];
  } finally {
    for (const [directory] of places())
      await nodeIn(
        "prod",
        "openclaw",
        `import { rmSync } from "node:fs"; rmSync("${directory}", { recursive: true, force: true });`,
      );
  }
}

/** The first run after so much is new takes minutes. */
async function ended(): Promise<void> {
  const deadline = Date.now() + 900_000;
  for (;;) {
    const state = await onVps(
      "prod",
      "systemctl show --property ActiveState --value clawkeep-backup.service",
    );
    if (!/activ|reload/.test(state.replace("inactive", ""))) return;
    if (Date.now() > deadline) throw new Error("the first backup of a GiB has not ended in 15 minutes");
    await sleep(1000);
  }
}
