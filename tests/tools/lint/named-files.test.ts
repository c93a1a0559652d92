/** A module that a message or a comment of a Python program sends its reader to is there. */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { filesByLanguage } from "../../../tools/lint/files";

const root = join(__dirname, "..", "..", "..");
const python = filesByLanguage(root).python.filter((path) => !path.startsWith("tests/"));
const modules = new Set(python.map((path) => basename(path)));
/** Of LiteLLM's own package: what is told about is in the image. */
const litellms = /^litellm\//;

/** Names of Python files in a text. */
const namedIn = (text: string): string[] =>
  [...text.matchAll(/(?<![\w/.-])(?:[\w-]+\/)*[\w-]+\.py\b/g)].map(([path]) => path);

it.each(python)("%s", (path) => {
  const named = namedIn(readFileSync(join(root, path), "utf8")).filter((name) => !litellms.test(name));
  expect(named.filter((name) => !modules.has(basename(name)))).toEqual([]);
});

it("one that is not there is seen", () => {
  expect(namedIn('sys.exit("outcomes.py has to be adapted to it")')).toEqual(["outcomes.py"]);
  expect(modules.has("outcomes.py")).toBe(false);
  expect(modules.has("outcome.py")).toBe(true);
});
