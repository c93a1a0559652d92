// npx tsx lab/internet/up.ts up|down|status
import { downInternet, internetStatus, upInternet } from "./internet";

async function main(action: string | undefined): Promise<void> {
  switch (action) {
    case "up":
      return upInternet();
    case "down":
      return downInternet();
    case "status":
      for (const [name, state] of Object.entries(await internetStatus())) console.log(`${name}: ${state}`);
      return;
    default:
      throw new Error("usage: npx tsx lab/internet/up.ts up|down|status");
  }
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
