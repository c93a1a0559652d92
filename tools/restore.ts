/**
 * `make restore STACK=prod [SNAPSHOT=ID] [GATEWAY=NAME] [DRY=1] [COLD=1]`: puts what a backup holds in the place of what the
 * stack's gateways have; what they had is kept on the host. config-files/host/bin/backup-restore does it, and says what it does.
 *
 *   npx tsx tools/restore.ts STACK [--snapshot ID] [--gateway NAME] [--dry] [--cold]
 *
 * --cold: onto a host that has nothing: `pulumi up` with gateways that wait, then this, then `pulumi up` as ever, so that it is one
 * command (tools/restore/cold.ts). Standard error begins with which stack of which state backend it is. Needs pulumi on the PATH and
 * the key in your ssh-agent.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { awaitRestoreVariable } from "../config/await-restore";
import { sayBackend } from "./backend";
import { sshTarget, withHost } from "./host-shell";
import { notRun, plainly, tryPulumi } from "./pulumi";
import { coldRestore, type ColdWorld } from "./restore/cold";
import {
  checkedWords,
  coldQuestion,
  coldRefusal,
  hostScript,
  hostWords,
  pointed,
  type RestoreWords,
} from "./restore/words";
import { complain, endWith, say } from "./terminal";
import { stackOutputs } from "./verify/deployed-stack";

/** Hours that a restore may take; a first download is as long as the line is slow. */
const hours = 12;

/** Runs `pulumi`, says what it says as it says it. @returns whether it went well */
function pulumi(words: readonly string[], awaiting = false): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn("pulumi", [...plainly, ...words], {
      stdio: ["ignore", "pipe", "pipe"],
      // Also where somebody has set it: the last one starts the gateways.
      env: { ...process.env, [awaitRestoreVariable]: awaiting ? "1" : "" },
    });
    createInterface({ input: child.stdout }).on("line", say);
    createInterface({ input: child.stderr }).on("line", complain);
    child.once("error", (error) => reject(notRun(error)));
    child.once("close", (code) => resolve(code === 0));
  });
}

const onHost = (stack: string, script: string, words: readonly string[], seconds?: number): Promise<void> =>
  withHost(
    sshTarget(stack, stackOutputs(stack)),
    async (shell) => say((await shell(script, words)).trim()),
    seconds,
  );

/** A host that is gone has no outputs, or does not answer; then there is nothing that could be taken down. */
async function refusal({ stack, snapshot }: RestoreWords): Promise<string | undefined> {
  try {
    return await withHost(sshTarget(stack, stackOutputs(stack)), async (shell) =>
      coldRefusal(await shell(coldQuestion, [snapshot])),
    );
  } catch (error) {
    complain(
      `no host was asked what it would restore: ${error instanceof Error ? error.message : String(error)}`,
    );
    return undefined;
  }
}

const worldOf = (words: RestoreWords, restore: () => Promise<void>): ColdWorld => ({
  refusal: () => refusal(words),
  known: () => {
    const { code, stdout } = tryPulumi(["stack", "ls", "--json"]);
    const found = code === 0 ? (JSON.parse(stdout) as { name: string }[]) : [];
    return Promise.resolve(found.some(({ name }) => name.split("/").at(-1) === words.stack));
  },
  begin: () => pulumi(["stack", "init", words.stack, "--no-select"]),
  up: (awaiting) => pulumi(["up", "--stack", words.stack, "--yes", "--skip-preview"], awaiting),
  restore,
  save: () =>
    onHost(
      words.stack,
      "systemctl start --no-block clawkeep-backup.service 2>/dev/null && echo 'a backup of the new host is begun' || true",
      [],
    ),
});

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
  const restore = () => onHost(words.stack, hostScript, hostWords(words), hours * 3600);
  try {
    await (words.cold ? coldRestore(words.stack, worldOf(words, restore)) : restore());
  } catch (error) {
    throw new Error(pointed(words.stack, error instanceof Error ? error.message : String(error)), {
      cause: error,
    });
  }
}

main().catch((error: unknown) => endWith(error));
