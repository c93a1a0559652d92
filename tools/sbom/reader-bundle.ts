/** The reader and all it imports as one script for `node -e`. */
import { buildSync } from "esbuild";

export function bundleReader(): string {
  const result = buildSync({
    stdin: {
      contents: 'import { main } from "./read-image"; void main();',
      resolveDir: __dirname,
      loader: "ts",
    },
    absWorkingDir: __dirname,
    bundle: true,
    minify: true,
    write: false,
    platform: "node",
    target: "node20",
    format: "cjs",
    charset: "utf8",
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error("esbuild wrote no file for tools/sbom/read-image.ts");
  return file.text;
}
