/**
 * `make failover STACK=standby [PLANNED=1] [SINCE=TIME] [CUT_OFF=prod]`: STACK takes over from the stack that it is paired with.
 * Can be cut off and typed again: each step sees what is done. tools/failover/steps.ts has the steps.
 *
 *   npx tsx tools/failover.ts STACK [--planned] [--since TIME] [--cut-off OTHER]
 *
 * --planned: the other answers, finishes its work and makes a last snapshot; nothing is lost. --since: when the assistant stopped
 * answering, ISO 8601. --cut-off: names the stack whose host does not answer, has no provider here, and was cut off by you.
 */
import { randomBytes } from "node:crypto";
import { sayBackend } from "./backend";
import { checkedWords } from "./failover/words";
import { Outside } from "./failover/outside";
import { sideOf } from "./failover/pair";
import { takeOver } from "./failover/steps";
import { endWith, say } from "./terminal";

async function main(): Promise<void> {
  const { stack, planned, since, cutOff } = checkedWords(process.argv.slice(2), Date.now());
  const to = sideOf(stack);
  const paired = to.settings.pairedStack;
  if (paired === undefined)
    throw new Error(`clawkeep:pairedStack of ${stack} is not set: there is nobody to take over from`);
  sayBackend(stack, paired);
  const world = new Outside(sideOf(paired), to, { say, cutOff });
  const mark = randomBytes(4).toString("hex");
  await takeOver(world, {
    ...{ from: paired, to: stack, planned, mark },
    ...(since === undefined ? {} : { since }),
  });
}

main().catch((error: unknown) => endWith(error));
