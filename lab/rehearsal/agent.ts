/** `npx tsx lab/rehearsal/agent.ts`: sees that the lab's ssh-agent runs and holds the lab's key. */
import { ensureSshIdentity } from "./ssh";

ensureSshIdentity().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
