/** Requests through the gate's own Python, with stand-ins for LiteLLM and the ledger (support/door.py). */
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { gateway } from "../../../../config/gateway-schema";
import { model } from "../../../../config/model-schema";
import { limitsFile } from "../../../../config-files/litellm/limits";

export const folder = join(__dirname, "..", "..", "..", "..", "config-files", "litellm");

export interface Ask {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How often `body` is sent, as one piece each; once unless said. */
  readonly chunks?: number;
  /** The body has no end. */
  readonly endless?: boolean;
  /** So many at once. */
  readonly together?: number;
  /** What LiteLLM answers. */
  readonly answer?: {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly pieces?: readonly string[];
  };
}
export interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Pieces of the body that were read. */
  readonly received: number;
  readonly handedOn: null | {
    readonly headers: Readonly<Record<string, string>>;
    readonly query: string;
    readonly body: Record<string, unknown>;
  };
  readonly records: readonly Record<string, unknown>[];
  /** Of the processor. */
  readonly ms: number;
  /** Most calls that LiteLLM had at a time. */
  readonly most: number;
}

const plenty = { budgetUsd: 1000, requestsPerMinute: 10_000 } as const;
export const models = z.array(model).parse([
  { ...plenty, name: "sonnet", provider: "anthropic", model: "claude-sonnet-4-6" },
  { ...plenty, name: "gpt", provider: "openai", model: "gpt-4o" },
  { ...plenty, name: "memory", provider: "voyage", model: "voyage-3.5", mode: "embedding" },
]);
const gateways = z.array(gateway).parse([{ ...plenty, name: "openclaw" }]);
export const limits = JSON.parse(limitsFile({ gateways, models, audit: { retentionDays: 90 } })) as unknown;

/** Runs a script of tests/config-files/litellm/support. @returns what it has printed, as JSON */
export function runPython<Result>(script: string, input: unknown): Result {
  const { stdout, stderr, status } = spawnSync("python3", [join(__dirname, script), folder], {
    encoding: "utf8",
    input: JSON.stringify(input),
    maxBuffer: 256 * 1024 * 1024,
  });
  if (status !== 0 || stderr !== "") throw new Error(`${script} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Result;
}

/** The gate's process, kept over the tests of a file: Python takes a while to start. */
export class Door {
  private child: ChildProcessWithoutNullStreams | undefined;
  private lines: AsyncIterator<string> | undefined;

  async through(asks: readonly Ask[]): Promise<Told[]> {
    if (this.child === undefined) {
      this.child = spawn("python3", [join(__dirname, "door.py"), folder]);
      this.child.stderr.pipe(process.stderr);
      this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    }
    this.child.stdin.write(`${JSON.stringify({ limits, asks })}\n`);
    const line = await this.lines?.next();
    if (line === undefined || line.done === true) throw new Error("door.py has ended");
    return JSON.parse(line.value) as Told[];
  }

  async alone(ask: Ask): Promise<Told> {
    const [told] = await this.through([ask]);
    if (told === undefined) throw new Error("no answer");
    return told;
  }

  async close(): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.stdin.end();
    await ended;
  }
}

export const python = spawnSync("python3", ["--version"]).error === undefined;
