// npx tsx lab/vps/warm-up.ts: makes the warm machine unless it is there, so that no test waits for that.
import { warmUp } from "./stand-in";

warmUp().then(
  (machine) => console.log(`${machine.image} on ${machine.template ?? "an empty disk"}`),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
