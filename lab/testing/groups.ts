/** The groups of test files, and which of them are run side by side. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { repoDir } from "../lib/paths";

/** The projects of jest.config.js. */
export type Group = "fast" | "docker" | "rehearsal";

/** Of the group `docker`, so many files at a time. */
export const sideBySide = 2;

/**
 * Files with an engine that bear no other beside them, each with the reason: a fixed name, address or port that another
 * file uses too, or something of the machine that is there once. All others own what they make: its names hold the
 * number of their process, its networks that of jest's worker.
 */
export const oneByOne: Readonly<Record<string, string>> = {};

const belongsTo = (group: Group, path: string): boolean => {
  const rehearsal = path.startsWith("tests/rehearsal/");
  const docker = path.endsWith(".docker.test.ts");
  return group === (rehearsal ? "rehearsal" : docker ? "docker" : "fast");
};

/** Every test file of a group, in order of their names. */
export const testFiles = (group: Group): string[] =>
  readdirSync(join(repoDir, "tests"), { recursive: true, encoding: "utf8" })
    .map((path) => `tests/${path}`)
    .filter((path) => path.endsWith(".test.ts") && belongsTo(group, path))
    .sort();
