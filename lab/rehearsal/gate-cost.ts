/** What a call of a model costs: LiteLLM's gate and ledger on its way. */
import { join } from "node:path";
import { run } from "../lib/exec";
import { repoDir } from "../lib/paths";
import type { Measure } from "./sandbox-cost";

interface GateReport {
  readonly milliseconds: Readonly<Record<"bare" | "deployed", { readonly p50: number }>>;
  readonly addedMilliseconds: { readonly p50: number };
}

/** A call from a gateway's place to the answer, with gate and ledger and without, turn by turn in one run. */
export async function gateLatency(rounds = 300): Promise<Measure[]> {
  const tsx = join(repoDir, "node_modules", ".bin", "tsx");
  const printed = await run(tsx, ["tests/config-files/litellm/bench.ts", String(rounds)], { cwd: repoDir });
  return gateMeasures(JSON.parse(printed) as GateReport);
}

/** @param report what the measuring program prints */
export const gateMeasures = ({ milliseconds, addedMilliseconds }: GateReport): Measure[] => [
  { name: "call of LiteLLM p50, without the gate", value: milliseconds.bare.p50, unit: "ms" },
  { name: "call of LiteLLM p50, with the gate", value: milliseconds.deployed.p50, unit: "ms" },
  { name: gateAdded, value: addedMilliseconds.p50, unit: "ms" },
];

export const gateAdded = "call of LiteLLM, added p50";
