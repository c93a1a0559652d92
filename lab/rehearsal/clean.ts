/** `make clean`: removes every trace of the lab: stand-ins, networks, processes, state. The build cache stays. */
import { rmSync } from "node:fs";
import { labDir } from "../lib/paths";
import { attempt } from "../lib/exec";
import { removeLab } from "./ownership";
import { agentSocket } from "./ssh";

async function main(): Promise<void> {
  await removeLab();
  await attempt("ssh-agent", ["-k"], { env: { SSH_AUTH_SOCK: agentSocket() } });
  rmSync(agentSocket(), { force: true });
  rmSync(labDir(), { recursive: true, force: true });
  console.log("the lab is gone; `rm -rf ~/.cache/clawkeep` also forgets what was built");
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
