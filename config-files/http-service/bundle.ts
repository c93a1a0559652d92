import { buildSync } from "esbuild";
import { join } from "node:path";

/**
 * Bundles the program of a folder, `main.ts` and all it imports, into the one file that its image holds. The same
 * sources give the same bytes.
 */
export function bundleProgram(folder: string): string {
  const result = buildSync({
    entryPoints: [join(folder, "main.ts")],
    // Paths in the bundle's comments are relative to this: the same bytes from every checkout.
    absWorkingDir: folder,
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    format: "cjs",
    charset: "utf8",
    legalComments: "none",
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error(`esbuild wrote no file for ${folder}/main.ts`);
  return file.text;
}
