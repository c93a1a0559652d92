/** How the `openclaw` command is called inside a gateway's container. */
import type { ReleaseLine } from "../config/release-lines";

export const launcher: Readonly<Record<ReleaseLine, string>> = {
  "2026.9": "openclaw",
  // This line knows its secrets only from its environment, which the launcher fills.
  "2026.2": "node /usr/local/lib/clawkeep/launch.mjs",
};
