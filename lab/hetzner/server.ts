/**
 * `npx tsx lab/hetzner/server.ts`: the Hetzner Cloud API emulator, in the foreground.
 * Environment: CLAWKEEP_LAB (default .lab of this checkout), PORT (default 8790).
 */
import * as path from "node:path";
import { loadTokens } from "../emulator/tokens";
import { endpoints } from "../internet/addresses";
import { labDir } from "../lib/paths";
import * as standIn from "../vps/stand-in";
import { HetznerEmulator } from "./emulator";

async function main(): Promise<void> {
  const dir = labDir();
  const tokens = loadTokens(path.join(dir, "hetzner", "tokens.json"), 64);
  const emulator = new HetznerEmulator({ labDir: dir, tokens, machines: standIn });
  const port = await emulator.start(Number(process.env["PORT"] ?? endpoints.hetznerPort));
  console.log(`Hetzner emulator: http://127.0.0.1:${port}/v1, tokens in ${dir}/hetzner/tokens.json`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
