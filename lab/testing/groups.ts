/** The groups of test files, and which of them are run side by side. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { repoDir } from "../lib/paths";

/** The projects of jest.config.js. */
export type Group = "fast" | "docker" | "rehearsal";

/**
 * Of the group `docker`, so many files at a time. Each owns what it makes: its names hold the number of its process, its
 * networks that of jest's worker. (The group beside the rehearsal was tried: on two cores both take as long as one after
 * the other.)
 */
export const sideBySide = 2;

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
