/** Who imports whom: layers run one way, and what a file of config/ rests on does not rest on it. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(__dirname, "..", "..");

/** Files of the program below a folder, without `.ts`. */
function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return filesIn(`${folder}/${entry.name}`);
    return entry.name.endsWith(".ts") ? [`${folder}/${entry.name.slice(0, -3)}`] : [];
  });
}

/** What a file imports of the repository, types too. */
const importsOf = (file: string): string[] =>
  [
    ...readFileSync(join(root, `${file}.ts`), "utf8").matchAll(/(?: from |^import |\bimport\()"(\.[^"]*)"/gm),
  ].map(([, path]) => join(dirname(file), path ?? ""));

/** Files that are reached from this one, over any number of imports. */
function reachedFrom(file: string, seen = new Set<string>()): Set<string> {
  for (const next of importsOf(file).filter((path) => /^config\/[^.]*$/.test(path))) {
    if (seen.has(next)) continue;
    seen.add(next);
    reachedFrom(next, seen);
  }
  return seen;
}

/** Folder -> what it may import of the others. */
const layers = {
  config: [],
  "config-files": ["config"],
  components: ["config", "config-files"],
  policy: ["config", "config-files"],
  tools: ["config", "config-files"],
  lab: ["config", "config-files", "tools"],
} as const;

describe.each(Object.entries(layers))("%s", (folder, below) => {
  it.each(filesIn(folder))("%s imports nothing of a layer above or beside", (file) => {
    const strange = importsOf(file).filter(
      (path) => ![folder, ...below].some((allowed) => path.startsWith(`${allowed}/`)),
    );
    expect(strange.filter((path) => !path.endsWith(".json"))).toEqual([]);
  });
});

it.each(filesIn("config"))("%s is in no circle", (file) => {
  expect([...reachedFrom(file)]).not.toContain(file);
});
