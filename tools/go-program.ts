/** Programs that are built from one exact version of a Go module, once, into the user's cache. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export interface GoProgram {
  readonly name: string;
  /** Path of its package, as `go install` takes it. */
  readonly module: string;
  /** Without the `v`. */
  readonly version: string;
  readonly flags?: readonly string[];
  /** Longest time of its build, with what has to be downloaded for it. */
  readonly buildSeconds: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Its folder: `$XDG_CACHE_HOME/clawkeep/NAME-VERSION`, default below `~/.cache`. */
export const goProgramFolder = (
  { name, version }: Pick<GoProgram, "name" | "version">,
  environment: Environment = process.env,
): string =>
  join(
    environment["XDG_CACHE_HOME"] ?? join(environment["HOME"] ?? homedir(), ".cache"),
    "clawkeep",
    `${name}-${version}`,
  );

/**
 * The program, built where it is not in the cache.
 * @param say told before it is built
 * @throws Error with why it cannot be built, one line
 */
export function goProgram(
  program: GoProgram,
  say: (line: string) => void,
  environment: Environment = process.env,
): string {
  const folder = goProgramFolder(program, environment);
  const built = join(folder, program.name);
  if (existsSync(built)) return built;
  say(`building ${program.name} ${program.version} into ${folder}, which takes minutes`);
  mkdirSync(folder, { recursive: true });
  const words = ["install", ...(program.flags ?? []), `${program.module}@v${program.version}`];
  const { error, status, stderr } = spawnSync("go", words, {
    encoding: "utf8",
    timeout: program.buildSeconds * 1000,
    // Away from this checkout: it holds Go modules too.
    cwd: folder,
    env: { ...environment, GOBIN: folder, GOFLAGS: "-mod=mod", CGO_ENABLED: "0" },
  });
  if (error === undefined && status === 0 && existsSync(built)) return built;
  throw new Error(error === undefined ? (stderr.trim().split("\n").at(-1) ?? "") : error.message);
}
