/** Build context of the derived gateway image. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ReleaseLine } from "../../config/release-lines";

/** File name -> content, for `buildContext`. */
export function gatewayImageFiles(line: ReleaseLine): Record<string, string> {
  const read = (...path: string[]) => readFileSync(join(__dirname, ...path), "utf8");
  const start = { "gateway-start.sh": read("gateway-start.sh") };
  if (line === "2026.9")
    return { Dockerfile: read("Dockerfile"), "durable.cjs": read("durable.cjs"), ...start };
  return { Dockerfile: read("2026.2", "Dockerfile"), "launch.mjs": read("2026.2", "launch.mjs"), ...start };
}
