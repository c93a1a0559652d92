/** What comes from PyPI, linters first of all, in virtual environments of our own that all checkouts share. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const linters = join(__dirname, "requirements.txt");
const cache = (): string =>
  process.env["CLAWKEEP_CACHE"] ??
  join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "clawkeep");

/**
 * Finds the environment, or makes it: exactly what a requirements.txt names, each file with a hash that stands there, none
 * built here.
 * @returns the folder with its programs; or why there is none
 */
export function pythonTools(
  requirements: string = linters,
): { readonly bin: string } | { readonly problem: string } {
  const version = spawnSync("python3", ["--version"], { encoding: "utf8" });
  if (version.status !== 0) return { problem: "there is no python3 on PATH" };
  const key = createHash("sha256")
    .update(readFileSync(requirements))
    .update(version.stdout)
    .digest("hex")
    .slice(0, 16);
  const home = join(cache(), "lint", key);
  if (existsSync(home)) return { bin: join(home, "bin") };
  mkdirSync(join(cache(), "lint"), { recursive: true });
  const draft = mkdtempSync(join(cache(), "lint", "draft-"));
  const install = ["install", "--quiet", "--require-hashes", "--only-binary=:all:", "-r", requirements];
  for (const [program, args] of [
    ["python3", ["-m", "venv", draft]],
    [join(draft, "bin", "python"), ["-m", "pip", "--disable-pip-version-check", ...install]],
  ] as const) {
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      encoding: "utf8",
      timeout: 180_000,
    });
    if (status === 0) continue;
    rmSync(draft, { recursive: true, force: true });
    const said = (error?.message ?? (stderr || stdout)).trim().split("\n");
    return { problem: said.at(-1) ?? "" };
  }
  try {
    renameSync(draft, home);
  } catch {
    // Another run was faster.
    rmSync(draft, { recursive: true, force: true });
  }
  return { bin: join(home, "bin") };
}
