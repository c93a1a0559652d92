import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { labDir } from "../lib/paths";

/**
 * One JavaScript file of an entry point and everything it imports, for a container that has nothing but Node.
 * @returns its path, which changes with its content
 */
export async function bundle(name: string, entryPoint: string): Promise<string> {
  const result = await build({
    entryPoints: [entryPoint],
    bundle: true,
    platform: "node",
    target: "node20",
    write: false,
    logLevel: "warning",
  });
  const text = result.outputFiles[0]?.text ?? "";
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  const file = join(labDir(), "internet", "bundles", `${name}-${hash}.js`);
  if (existsSync(file)) return file;
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(`${file}.draft`, text);
  renameSync(`${file}.draft`, file);
  return file;
}
