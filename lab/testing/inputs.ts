/** A hash over what a row's tests are made from: equal as long as nothing they depend on in the checkout has changed. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { run } from "../lib/exec";
import { repoDir } from "../lib/paths";
import type { FilesRow } from "./rows";

/** Besides what is imported and what the row names: packages, and what every test is run by. */
const always = ["package-lock.json", "jest.config.js", "tsconfig.json"];

/** Files that the row's result rests on, sorted. @throws Error where one that is named is not there */
export async function inputsOf({ name, files, reads = [] }: Pick<FilesRow, "name" | "files" | "reads">) {
  // As they are now, committed or not; what git ignores is made from the rest.
  const listed = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"];
  const found: string[] = [];
  for (const path of [...files, ...reads, ...always]) {
    const below = (await run("git", [...listed, path], { cwd: repoDir })).split("\0").filter(Boolean);
    if (below.length === 0) throw new Error(`row ${name}: ${path} is not there. Mend lab/testing/rows.ts`);
    found.push(...below);
  }
  const { metafile } = await build({
    entryPoints: found.filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts")),
    absWorkingDir: repoDir,
    bundle: true,
    // What several import is put out once: it is not wanted anyway, and it is much.
    format: "esm",
    splitting: true,
    write: false,
    metafile: true,
    outdir: "unused",
    platform: "node",
    packages: "external",
    logLevel: "silent",
  });
  return [...new Set([...found, ...Object.keys(metafile.inputs)])].sort();
}

/** Twelve hexadecimal digits. */
export async function inputsHash(row: Pick<FilesRow, "name" | "files" | "reads">): Promise<string> {
  const hash = createHash("sha256");
  for (const path of await inputsOf(row)) {
    const content = createHash("sha256").update(readFileSync(join(repoDir, path)));
    hash.update(`${path}\0${content.digest("hex")}\n`);
  }
  return hash.digest("hex").slice(0, 12);
}
