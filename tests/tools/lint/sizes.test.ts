/** A file that one can hold in mind: at most 300 lines, but for tests, tables, and what a program has written. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..", "..", "..");
const most = 300;
const folders = ["components", "config", "config-files", "policy", "tools", "lab"];
const programs = /\.(ts|mjs|cjs|py|go|sh|lua|service|conf)$|\/bin\/[^.]+$|Dockerfile$/;
// A container more is a row more.
const tables = /^lab\/testing\/controls\/tables\/|^config\/services\.ts$/;

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory())
      return ["node_modules", "generated", "__pycache__"].includes(entry.name) ? [] : filesBelow(path);
    return entry.isFile() && programs.test(path) && !tables.test(path) ? [path] : [];
  });
}
const lines = (path: string): number => readFileSync(join(root, path), "utf8").trimEnd().split("\n").length;

test("no file is longer", () => {
  const files = folders.flatMap(filesBelow);
  expect(files.length).toBeGreaterThan(300);
  expect(files.filter((path) => lines(path) > most)).toEqual([]);
});
