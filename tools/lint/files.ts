/** The checkout's files that a linter besides eslint looks at, by what they are written in. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";

export type Language = "python" | "shell" | "dockerfile" | "go";

const folders = [".ci", "components", "config", "config-files", "lab", "policy", "tests", "tools"];

/** @returns undefined for a file of no such language, by its name and, where that says nothing, its first line */
export function languageOf(path: string, firstLine: string): Language | undefined {
  if (path.endsWith(".py")) return "python";
  if (path.endsWith(".sh")) return "shell";
  if (path.endsWith(".go")) return "go";
  if (basename(path) === "Dockerfile") return "dockerfile";
  if (/^#!.*\bpython3?\b/.test(firstLine)) return "python";
  if (/^#!.*\b(ba|da)?sh\b/.test(firstLine)) return "shell";
  return undefined;
}

/** Paths below `root`, in order. */
export function filesByLanguage(root: string): Record<Language, string[]> {
  const found: Record<Language, string[]> = { python: [], shell: [], dockerfile: [], go: [] };
  for (const folder of folders.filter((each) => existsSync(join(root, each)))) {
    for (const path of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).sort()) {
      const file = join(folder, path);
      if (statSync(join(root, file), { throwIfNoEntry: false })?.isFile() !== true) continue;
      // A file with an extension says by it what it is.
      const firstLine = basename(file).includes(".")
        ? ""
        : (readFileSync(join(root, file), "latin1").split("\n")[0] ?? "");
      const language = languageOf(file, firstLine);
      if (language !== undefined) found[language].push(file);
    }
  }
  return found;
}
