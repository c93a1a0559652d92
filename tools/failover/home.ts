/** A stack that was replaced becomes a standby: it is let go, deployed as one, and has the newest snapshot in its place. */
import { setTimeout as sleep } from "node:timers/promises";
import { sshTarget, withHost } from "../host-shell";
import { releaseServer } from "./hetzner";
import { serverName, type Side } from "./pair";
import { pulumi } from "./pulumi";

/** Seconds for a server that is switched on to let us in. */
const bootSeconds = 300;
/** A first download is as long as the line is slow. */
const hours = 12;
/** Nothing of it serves, whatever became of it: its own record says so, and this looks. */
const down = "/opt/openclaw/bin/host-failover fence 10";
/** Waits for a run that is at work. */
const follow = `while :; do
  /opt/openclaw/bin/backup-follow; code=$?
  [ "$code" = 75 ] || exit "$code"
  sleep 2
done`;

export async function comeHome(
  { stack, settings, outputs, hetzner }: Side,
  say: (line: string) => void,
): Promise<void> {
  if (settings.role !== "standby")
    throw new Error(
      `clawkeep:role of ${stack} is ${settings.role}: pulumi config set --stack ${stack} clawkeep:role standby`,
    );
  if (hetzner !== undefined) say(await releaseServer(hetzner, serverName(stack)));
  const target = sshTarget(stack, outputs);
  const deadline = Date.now() + bootSeconds * 1000;
  for (;;) {
    try {
      say((await withHost(target, (shell) => shell(down), 120)).trim());
      break;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(3000);
    }
  }
  await pulumi(["up", "--stack", stack, "--yes", "--skip-preview"], (line) => say(`  | ${line}`));
  say((await withHost(target, (shell) => shell(follow), hours * 3600)).trim());
}
