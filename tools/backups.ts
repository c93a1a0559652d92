/**
 * `make backups STACK=prod`: which snapshots there are, how old, how large, and whether the last verification held.
 *
 *   npx tsx tools/backups.ts STACK
 *
 * Standard error begins with which stack of which state backend is asked. Needs pulumi on the PATH and the key in your ssh-agent.
 */
import { sayBackend } from "./backend";
import { backupReport, type Snapshot, type Verified } from "./backups/report";
import { sshTarget, withHost } from "./host-shell";
import { endWith, say } from "./terminal";
import { stackOutputs, stackSettings } from "./verify/deployed-stack";

async function main(): Promise<void> {
  const [stack] = process.argv.slice(2);
  if (stack === undefined) throw new Error("usage: npx tsx tools/backups.ts STACK");
  sayBackend(stack);
  if (stackSettings(stack).settings.backups === undefined)
    throw new Error(
      `clawkeep:backups is not set in stack ${stack}, so nothing is off its host: docs/backups.md`,
    );
  await withHost(sshTarget(stack, stackOutputs(stack)), async (shell) => {
    const listed = await shell("/opt/openclaw/bin/backup-fetch list").catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${why}\nWithout a host they are listed too: docs/runbooks/restore.md`, {
        cause: error,
      });
    });
    const snapshots = JSON.parse(listed) as Snapshot[];
    const verified = JSON.parse(
      await shell("cat /var/lib/clawkeep/backups/verified.json 2>/dev/null || echo null"),
    ) as Verified | null;
    for (const line of backupReport(snapshots, verified ?? undefined, Date.now())) say(line);
  });
}

main().catch((error: unknown) => endWith(error));
