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

/**
 * Looks at every row; one that cannot be looked at, or whose answer does not end within ten minutes, has failed. At most
 * `atOnce` questions are open.
 * @param tell hears of each row as it ends: one that hangs keeps nobody from seeing the others
 */
export async function verify(
  world: World,
  rows: readonly Row[],
  { atOnce = 4, seconds = 600, tell = () => undefined }: VerifyOptions = {},
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = [...rows.entries()];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, { group, name, look }] = next;
      const result = await limited(() => look(world), seconds).then(
        (detail): Result => ({ group, name, ok: true, detail }),
        (error: unknown): Result => {
          return { group, name, ok: false, detail: error instanceof Error ? error.message : String(error) };
        },
      );
      results[index] = result;
      tell(result);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

interface VerifyOptions {
  readonly atOnce?: number;
  readonly seconds?: number;
  readonly tell?: (result: Result) => void;
}

async function limited<T>(answer: () => Promise<T>, seconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${seconds} s`)), seconds * 1000);
  });
  try {
    return await Promise.race([answer(), late]);
  } finally {
    clearTimeout(timer);
  }
}

const firstLine = (text: string): string => text.split("\n")[0]?.slice(0, 140) ?? "";

/** A table for people; what failed is said again, whole, at the end. */
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
    lines.push("", `FAILED ${name}`, `  ${detail.replaceAll("\n", "\n  ")}`);
  return lines.join("\n").trimStart();
}

/** @throws Error `what` is FOUND, not WANTED */
export function expectSame(what: string, found: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what} is ${a ?? "missing"}, not ${b}`);
}
