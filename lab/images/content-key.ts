import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** A short name for a set of inputs: equal inputs, equal name. */
export function contentKey(parts: readonly (string | Buffer)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex").slice(0, 16);
}

/** Names, modes and contents of all files below a folder, for `contentKey`. */
export function folderParts(folder: string): (string | Buffer)[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .sort()
    .flatMap((name) => {
      const file = join(folder, name);
      const info = statSync(file);
      return info.isFile() ? [name, info.mode & 0o111 ? "x" : "-", readFileSync(file)] : [];
    });
}
