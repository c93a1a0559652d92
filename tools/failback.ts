/**
 * `make failback STACK=prod`: the stack that was replaced becomes the active one again, and nothing is lost. It is let go where it
 * was fenced at Hetzner, deployed as a standby, given the newest snapshot, and then takes over as `make failover PLANNED=1` does.
 * Can be cut off and typed again.
 *
 *   npx tsx tools/failback.ts STACK
 *
 * What it had of its own when it was replaced is kept on its host (replaced-NAME-TIME in /opt/openclaw/monitoring/backups).
 */
import { randomBytes } from "node:crypto";
import { readActiveRecord } from "../config/active-stack";
import { sayBackend } from "./backend";
import { comeHome } from "./failover/home";
import { Outside } from "./failover/outside";
import { pairProblems, sideOf } from "./failover/pair";
import { takeOver } from "./failover/steps";
import { checkedWords } from "./failover/words";
import { endWith, say } from "./terminal";

async function main(): Promise<void> {
  const { stack } = checkedWords(process.argv.slice(2), Date.now());
  const to = sideOf(stack);
  const paired = to.settings.pairedStack;
  if (paired === undefined)
    throw new Error(`clawkeep:pairedStack of ${stack} is not set: it was never replaced`);
  sayBackend(stack, paired);
  const from = sideOf(paired);
  const problems = pairProblems(from, to);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  // Where the epoch is taken already, it is home, and what is left is done.
  if (readActiveRecord(to.zone)?.stack === paired) await comeHome(to, say);
  const world = new Outside(from, to, { say, cutOff: undefined });
  await takeOver(world, { from: paired, to: stack, planned: true, mark: randomBytes(4).toString("hex") });
}

main().catch((error: unknown) => endWith(error));
