/** What `make bench` last measured, as a page: docs/evidence/bench.md. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../lib/exec";
import { repoDir } from "../lib/paths";
import { gateAdded } from "./gate-cost";
import type { Measure } from "./sandbox-cost";

export interface BenchResult {
  /** ISO 8601. */
  readonly time: string;
  /** Short hash; `+` behind it where the checkout had changes. */
  readonly commit: string;
  readonly cores: number;
  /** Load averages of 1, 5 and 15 minutes at the end. */
  readonly load: readonly number[];
  readonly measures: readonly Measure[];
  /** The parts of an `up` from destroyed to ready that took longest; they overlap. */
  readonly slowest: readonly { readonly name: string; readonly seconds: number }[];
}

/** The clock stops at the answer. */
export const fromBare = "from a bare server to an answered chat turn";

/**
 * The parts of an `up` that a user waits for one after the other: packages, then the images, which are made side by side, then
 * the gateway. Each stands for the resource that took longest; they overlap a little.
 * @param created seconds that each resource took
 */
export function partsOfAnUp(
  created: readonly { readonly name: string; readonly seconds: number }[],
): { name: string; of: string; value: number }[] {
  const parts = {
    packages: /^host-prepared$/,
    images: /-image$/,
    gateway: /-(canary|tools-proven|activated)$/,
  };
  return Object.entries(parts).flatMap(([name, pattern]) => {
    const [longest] = created.filter((each) => pattern.test(each.name)).sort((a, b) => b.seconds - a.seconds);
    return longest === undefined ? [] : [{ name, of: longest.name, value: longest.seconds }];
  });
}

/** What two cores are meant to stay under, by the measure's name. */
const aims: Readonly<Record<string, number>> = {
  "rehearse again, nothing changed": 60,
  "preview, nothing changed": 4,
  "up, nothing changed": 5,
  [fromBare]: 240,
  "filter, resident memory": 80,
  "exec round trip, added p50": 4,
  [gateAdded]: 5,
};

export function benchPage({ time, commit, cores, load, measures, slowest }: BenchResult): string {
  const row = ({ name, value, unit }: Measure): string => {
    const aim = aims[name];
    const judged = aim === undefined ? "" : `${value < aim ? "under" : "**over**"} ${aim} ${unit}`;
    return `| ${name} | ${value.toFixed(1)} ${unit} | ${judged} |`;
  };
  return [
    "# Measured",
    "",
    `\`make bench\` writes this page: of ${time.slice(0, 10)}, commit ${commit}, on a machine with ${cores} cores, load ` +
      `${load.map((value) => value.toFixed(1)).join(", ")} at its end. Everything ran on that one machine: the lab, the ` +
      "servers in it and what they talk to. What is compared was measured in turns, in one run.",
    "",
    "| what | measured | aim |",
    "| --- | --- | --- |",
    ...measures.map(row),
    "",
    "## Where the time of an `up` from destroyed to ready goes",
    "",
    "On a bare server: its packages, then the images, then the gateway. The parts overlap.",
    "",
    "| part | time |",
    "| --- | --- |",
    ...slowest.map(({ name, seconds }) => `| \`${name}\` | ${seconds} s |`),
    "",
  ].join("\n");
}

export async function writeBenchPage(result: BenchResult): Promise<void> {
  const file = join(repoDir, "docs", "evidence", "bench.md");
  writeFileSync(file, benchPage(result));
  await run(join(repoDir, "node_modules", ".bin", "prettier"), ["--write", file]);
}
