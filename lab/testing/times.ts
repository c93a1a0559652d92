/** Where the time of `make test` goes: .lab/test-times.json, and what is said of it at the end. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { labDir } from "../lib/paths";
import type { Report } from "../rehearsal/phases";

/** What .lab/test-times.json holds. All times in seconds. */
export interface Times {
  /** ISO 8601: when set-up began. */
  readonly started: string;
  /** On the clock, since then. */
  readonly total: number;
  /** On the clock; the files of a group may have run side by side. */
  readonly groups: readonly { readonly name: string; readonly seconds: number }[];
  /** Of set-up and of the rehearsal. */
  readonly phases: readonly { readonly group: string; readonly name: string; readonly seconds: number }[];
  readonly files: readonly { readonly group: string; readonly file: string; readonly seconds: number }[];
}

const longest = 10;

/** What is printed: set-up's phases, the longest files, the groups. */
export function timesTable({ total, groups, phases, files }: Times): string[] {
  const line = (text: string, seconds: number): string =>
    `  ${text.padEnd(76)} ${seconds.toFixed(1).padStart(7)} s`;
  const top = [...files].sort((a, b) => b.seconds - a.seconds).slice(0, longest);
  return [
    "phases",
    ...phases.map(({ group, name, seconds }) => line(`${group}: ${name}`, seconds)),
    `the ${top.length} longest files`,
    ...top.map(({ file, seconds }) => line(file, seconds)),
    "groups",
    ...groups.map(({ name, seconds }) => {
      const own = files.filter(({ group }) => group === name);
      const sum = own.reduce((before, { seconds: each }) => before + each, 0);
      return line(
        own.length === 0 ? name : `${name} (${own.length} files, ${sum.toFixed(0)} s of them)`,
        seconds,
      );
    }),
    `total ${(total / 60).toFixed(1)} minutes`,
  ];
}

/** The report of `make setup` or `make rehearse`, as it was written last. @param file its name in the lab's directory */
export function phasesOf(file: string): Pick<Report, "started" | "phases"> | undefined {
  const path = join(labDir(), file);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Report) : undefined;
}

export const writeTimes = (times: Times): void =>
  writeFileSync(join(labDir(), "test-times.json"), `${JSON.stringify(times, null, 1)}\n`);
