/** One promise that `make verify` asks a running stack about, and how the answers are reported. */
import type { World } from "./world";

export interface Row {
  /** Short and unique: `limits of openclaw`. */
  readonly name: string;
  /** Part of the report. */
  readonly group: string;
  /** @returns what was seen, in a few words @throws Error saying what was found instead */
  readonly look: (world: World) => Promise<string>;
}

export interface Result {
  readonly group: string;
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Looks at every row; one that cannot be looked at has failed. At most `atOnce` questions are open. */
export async function verify(world: World, rows: readonly Row[], atOnce = 4): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = [...rows.entries()];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, { group, name, look }] = next;
      try {
        results[index] = { group, name, ok: true, detail: await look(world) };
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        results[index] = { group, name, ok: false, detail };
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

const firstLine = (text: string): string => text.split("\n")[0]?.slice(0, 140) ?? "";

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
