/** One promise that `make verify` asks a running stack about, and how the answers are reported. */
import { setTimeout as sleep } from "node:timers/promises";
import type { DeployedStack } from "./deployed-stack";

export interface Row {
  /** Short and unique: `limits of openclaw`. */
  readonly name: string;
  /** Part of the report. */
  readonly group: string;
  /** That it has, where it starts what is slow on a busy host. @default what `verify` gives each */
  readonly seconds?: number;
  /** @returns what was seen, in a few words @throws Error saying what was found instead */
  readonly look: (deployed: DeployedStack) => Promise<string>;
}

export interface Result {
  readonly group: string;
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Seconds that a row has, and that all of them have together: what a turned gateway holds up ends, and says so. */
export interface Patience {
  /** @default 45 */
  readonly each?: number;
  /** @default 150 */
  readonly all?: number;
}

/**
 * Looks at every row. One that cannot be looked at, or does not end in time, has failed.
 * @param atOnce most questions that are open at a time
 * @param ended is told each result as it comes
 */
export async function verify(
  deployed: DeployedStack,
  rows: readonly Row[],
  atOnce = 4,
  { each = 45, all = 150 }: Patience = {},
  ended: (result: Result) => void = () => undefined,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = [...rows.entries()];
  const deadline = Date.now() + all * 1000;
  const open = new Map<string, number>();
  const silent = new Set<string>();
  /** One group never has every worker, so that a gateway that answers nothing holds up no row of another. */
  const next = (): [number, Row] | undefined => {
    const free = waiting.findIndex(([, { group }]) => (open.get(group) ?? 0) < Math.max(1, atOnce / 2));
    return waiting.splice(Math.max(0, free), 1)[0];
  };
  const worker = async (): Promise<void> => {
    for (let found = next(); found !== undefined; found = next()) {
      const [index, { group, name, look, seconds = each }] = found;
      open.set(group, (open.get(group) ?? 0) + 1);
      const patience = silent.has(group) ? each / 6 : seconds;
      const { late, ...seen } = await outcome(() => look(deployed), patience, (deadline - Date.now()) / 1000);
      open.set(group, (open.get(group) ?? 1) - 1);
      if (late) silent.add(group);
      const result = { group, name, ...seen };
      results[index] = result;
      ended(result);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

async function outcome(
  look: () => Promise<string>,
  patience: number,
  left: number,
): Promise<Pick<Result, "ok" | "detail"> & { late: boolean }> {
  const seconds = Math.min(patience, left);
  if (seconds <= 0)
    return { ok: false, late: false, detail: "not looked at: the time of all rows was over before" };
  const limit = new AbortController();
  const tooLate = Symbol();
  try {
    const looked = look();
    // What loses the race may still fail, and nobody hears it.
    looked.catch(() => undefined);
    const answer = await Promise.race([looked, sleep(seconds * 1000, tooLate, { signal: limit.signal })]);
    if (answer !== tooLate) return { ok: true, late: false, detail: answer };
    return { ok: false, late: true, detail: `no answer within ${Math.ceil(seconds)} s` };
  } catch (error) {
    return { ok: false, late: false, detail: error instanceof Error ? error.message : String(error) };
  } finally {
    limit.abort();
  }
}

const firstLine = (text: string): string => text.split("\n")[0]?.slice(0, 140) ?? "";

/** One line for each row, as it ends. */
export const progress = ({ ok, group, name }: Result): string =>
  `${ok ? "ok    " : "FAILED"} ${group}: ${name}`;

/** A table for people; what failed is said again, whole, at the end, marked so that none of it looks like another row. */
export function table(results: readonly Result[]): string {
  const width = Math.max(...results.map(({ name }) => name.length));
  const lines: string[] = [];
  let group = "";
  for (const result of results) {
    if (result.group !== group) lines.push("", result.group);
    group = result.group;
    lines.push(
      `  ${result.ok ? "ok    " : "FAILED"} ${result.name.padEnd(width)}  ${firstLine(result.detail)}`,
    );
  }
  const failed = results.filter(({ ok }) => !ok);
  lines.push("", `${results.length - failed.length} of ${results.length} hold`);
  for (const { name, detail } of failed)
    lines.push("", `FAILED ${name}`, ...detail.split("\n").map((line) => `  | ${line}`));
  return lines.join("\n").trimStart();
}

/** @throws Error `what` is FOUND, not WANTED */
export function expectSame(what: string, found: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what} is ${a ?? "missing"}, not ${b}`);
}
