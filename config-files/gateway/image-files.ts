/** Build context of the derived gateway image. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { releaseProfiles, type ReleaseLine } from "../../config/release-lines";

/** File name -> content, for `buildContext`. */
export function gatewayImageFiles(line: ReleaseLine): Record<string, string> {
  const files = { ...releaseProfiles[line].imageFiles, "gateway-start.sh": "gateway-start.sh" };
  return Object.fromEntries(
    Object.entries(files).map(([name, path]) => [name, readFileSync(join(__dirname, path), "utf8")]),
  );
}
