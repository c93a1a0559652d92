/**
 * `make restore STACK=prod [SNAPSHOT=ID] [GATEWAY=NAME] [DRY=1] [COLD=1]`: puts what a backup holds in the place of what the
 * stack's gateways have; what they had is kept on the host. config-files/host/bin/backup-restore does it, and says what it does.
 *
 *   npx tsx tools/restore.ts STACK [--snapshot ID] [--gateway NAME] [--dry] [--cold]
 *
 * --cold: onto a host that has nothing: `pulumi up` first, then this, so that it is one command. Standard error begins with which
 * stack of which state backend it is. Needs pulumi on the PATH and the key in your ssh-agent.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { sayBackend } from "./backend";
import { sshTarget, withHost } from "./host-shell";
import { notRun, plainly, tryPulumi } from "./pulumi";
import { checkedWords, hostScript, hostWords } from "./restore/words";
import { complain, endWith, say } from "./terminal";
import { stackOutputs } from "./verify/deployed-stack";

/** Hours that a restore may take; a first download is as long as the line is slow. */
const hours = 12;

/** Runs `pulumi`, says what it says as it says it. @returns its exit code */
function pulumi(...args: readonly string[]): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn("pulumi", [...plainly, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    createInterface({ input: child.stdout }).on("line", say);
    createInterface({ input: child.stderr }).on("line", complain);
    child.once("error", (error) => reject(notRun(error)));
    child.once("close", resolve);
  });
}

/** Deploys. A state backend that knows nothing of the stack begins with its file. */
async function up(stack: string): Promise<void> {
  const { code, stdout } = tryPulumi(["stack", "ls", "--json"]);
  const known = code === 0 ? (JSON.parse(stdout) as { name: string }[]) : [];
  if (!known.some(({ name }) => name.split("/").at(-1) === stack)) {
    if ((await pulumi("stack", "init", stack, "--no-select")) !== 0)
      throw new Error(`there is no stack ${stack}, and none could be begun: pulumi stack init ${stack}`);
  }
  if ((await pulumi("up", "--stack", stack, "--yes", "--skip-preview")) !== 0)
    throw new Error(
      "the stack is not deployed, so nothing was restored: mend what pulumi says, then type it again",
    );
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      snapshot: { type: "string", default: "newest" },
      gateway: { type: "string" },
      dry: { type: "boolean", default: false },
      cold: { type: "boolean", default: false },
    },
    allowPositionals: true,
  });
  const { snapshot, gateway, dry, cold } = values;
  const words = checkedWords({
    ...{ stack: positionals[0] ?? "", snapshot, dry, cold },
    ...(gateway === undefined ? {} : { gateway }),
  });
  sayBackend(words.stack);
  if (words.cold) await up(words.stack);
  await withHost(
    sshTarget(words.stack, stackOutputs(words.stack)),
    async (shell) => say((await shell(hostScript, hostWords(words))).trim()),
    hours * 3600,
  );
}

main().catch((error: unknown) => endWith(error));
