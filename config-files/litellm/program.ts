/** The Python program that LiteLLM runs in, as files. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const programFiles = (): { readonly path: string; readonly content: string }[] =>
  readdirSync(__dirname)
    .filter((name) => /\.(py|lua)$/.test(name))
    .sort()
    .map((path) => ({ path, content: readFileSync(join(__dirname, path), "utf8") }));
