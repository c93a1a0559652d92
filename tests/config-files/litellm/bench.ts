/**
 * Measures what the gate and the ledger add to a call, against the same LiteLLM without them, in one run, turn by turn: the real
 * LiteLLM and Redis, each with the files that they are deployed with, and a stand-in for the provider that answers at once.
 *
 * Usage: npx tsx tests/config-files/litellm/bench.ts [ROUNDS]. Prints milliseconds as JSON.
 */
import { loadavg } from "node:os";
import { percentile } from "../../../lab/load/percentile";
import { Deployment, gpt } from "./support/deployment";

const rounds = Number(process.argv[2] ?? 300);
/** What LiteLLM loads with its first calls is not what a call costs. */
const warmUp = 40;
const plenty = { budgetUsd: 100_000, requestsPerMinute: 100_000 } as const;
const args = {
  gateways: [{ name: "openclaw", ...plenty }],
  models: [{ ...gpt, ...plenty, retries: 0 }],
} as const;

/** Takes a line of the launcher away. @throws Error where it is not there, so that nobody compares a thing with itself */
function without(text: string, from: string, to: string): string {
  if (text.split(from).length !== 2) throw new Error(`launch.py has not one ${from}`);
  return text.replace(from, to);
}

async function callOnce(deployment: Deployment): Promise<number> {
  const { status, text, ms } = await deployment.chat("gpt", "a turn");
  // A refusal would be fast.
  if (status !== 200) throw new Error(`the call ended with ${status}: ${text.slice(0, 300)}`);
  return ms;
}

async function main(): Promise<void> {
  const sides = {
    bare: new Deployment({
      ...args,
      edit: (files) => {
        const launch = files.get("launch.py") ?? "";
        const open = without(launch, "app.add_middleware(", "(lambda *_, **__: None)(");
        files.set("launch.py", without(open, "litellm.callbacks.append(ledger)", "pass"));
      },
    }),
    deployed: new Deployment(args),
  };
  try {
    await sides.bare.start();
    await sides.deployed.start();
    const times = { bare: [] as number[], deployed: [] as number[] };
    for (let turn = -warmUp; turn < rounds; turn++) {
      // Either goes first as often: what one leaves behind for the next is on both.
      const order = turn % 2 === 0 ? (["bare", "deployed"] as const) : (["deployed", "bare"] as const);
      for (const side of order) {
        const ms = await callOnce(sides[side]);
        if (turn >= 0) times[side].push(ms);
      }
    }
    const added = times.deployed.map((ms, turn) => ms - (times.bare[turn] ?? Number.NaN));
    const shares = (values: readonly number[]): object => ({
      p50: percentile(values, 0.5),
      p90: percentile(values, 0.9),
      p99: percentile(values, 0.99),
    });
    console.log(
      JSON.stringify({
        rounds,
        milliseconds: { bare: shares(times.bare), deployed: shares(times.deployed) },
        addedMilliseconds: { p50: percentile(added, 0.5) },
        load: loadavg()[0],
      }),
    );
  } finally {
    await Promise.all([sides.bare.stop(), sides.deployed.stop()]);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
