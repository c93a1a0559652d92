/** The tokens that the stand-ins of the clouds take. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { labDir } from "../../lab/lib/paths";

/** The one that may change things there. */
export const writeToken = (cloud: "cloudflare" | "hetzner"): string =>
  (JSON.parse(readFileSync(join(labDir(), cloud, "tokens.json"), "utf8")) as { write: string }).write;
