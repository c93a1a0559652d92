// npx tsx lab/registry/up.ts up|down|status
import { registryStatus, startPublicRegistry, startPushEndpoint, stopRegistry } from "./registry";

async function main(action: string | undefined): Promise<void> {
  switch (action) {
    case "up":
      await startPushEndpoint();
      return startPublicRegistry();
    case "down":
      return stopRegistry();
    case "status":
      for (const [name, state] of Object.entries(await registryStatus())) console.log(`${name}: ${state}`);
      return;
    default:
      throw new Error("usage: npx tsx lab/registry/up.ts up|down|status");
  }
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
