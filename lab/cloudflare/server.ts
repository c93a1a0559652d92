/**
 * `npx tsx lab/cloudflare/server.ts`: the Cloudflare API emulator, in the foreground.
 * Environment: CLAWKEEP_LAB (default .lab of this checkout), PORT (default 8791), ADDRESS (default the
 * lab's bridge, where the servers reach it).
 */
import * as path from "node:path";
import { loadTokens } from "../emulator/tokens";
import { addresses, endpoints } from "../internet/addresses";
import { labDir } from "../lib/paths";
import { CloudflareEmulator } from "./emulator";

async function main(): Promise<void> {
  const dir = labDir();
  const tokens = loadTokens(path.join(dir, "cloudflare", "tokens.json"), 40);
  const emulator = new CloudflareEmulator({ labDir: dir, tokens });
  const address = process.env["ADDRESS"] ?? addresses.admin;
  const port = await emulator.start(Number(process.env["PORT"] ?? endpoints.cloudflarePort), address);
  console.log(
    `Cloudflare emulator: http://${address}:${port}/client/v4, tokens in ${dir}/cloudflare/tokens.json`,
  );
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
