/** syft, which reads the lists: where it is found, how it is built where it is not, and how it is asked. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { execute } from "../host-shell";

/** The Go module that is built where the PATH has no syft. */
export const syftModule = "github.com/anchore/syft/cmd/syft";
export const syftVersion = "1.57.1";

/** What is read, as syft names it, and what its document is to be called. */
export interface Subject {
  /** `docker-archive:FILE` or `dir:FOLDER`. */
  readonly source: string;
  readonly name: string;
  readonly version: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

function onPath(environment: Environment): string | undefined {
  const folders = (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, "syft")).find(existsSync);
}

/**
 * The program: from the PATH, or built once into the user's cache (`$XDG_CACHE_HOME/clawkeep`, default
 * `~/.cache/clawkeep`), which takes minutes.
 * @param say told before it is built
 * @throws Error where the PATH has none and it cannot be built; it names both ways
 */
export function findSyft(say: (line: string) => void, environment: Environment = process.env): string {
  const cache = environment["XDG_CACHE_HOME"] ?? join(environment["HOME"] ?? homedir(), ".cache");
  const folder = join(cache, "clawkeep", `syft-${syftVersion}`);
  const built = join(folder, "syft");
  const found = onPath(environment) ?? (existsSync(built) ? built : undefined);
  if (found !== undefined) return found;
  say(`syft is not on the PATH: building version ${syftVersion} into ${folder}, which takes minutes`);
  mkdirSync(folder, { recursive: true });
  const args = ["install", "-ldflags", `-s -w -X main.version=${syftVersion}`];
  const { error, status, stderr } = spawnSync("go", [...args, `${syftModule}@v${syftVersion}`], {
    encoding: "utf8",
    // Away from this checkout: it holds Go modules too.
    cwd: folder,
    env: { ...environment, GOBIN: folder, GOFLAGS: "-mod=mod", CGO_ENABLED: "0" },
  });
  if (error === undefined && status === 0 && existsSync(built)) return built;
  const why = error === undefined ? (stderr.trim().split("\n").at(-1) ?? "") : error.message;
  throw new Error(
    `make sbom needs syft, and it cannot be built (${why}): put syft on the PATH, or Go and a way to its modules`,
  );
}

/** @param file where the document goes */
export const syftArguments = ({ source, name, version }: Subject, file: string): string[] => [
  ...["scan", source, "--quiet", "--source-name", name, "--source-version", version],
  ...["--output", `cyclonedx-json@1.6=${file}`],
];

/**
 * What syft gets of the environment. No agent, no token and no configuration of the user's: what it reads is what an
 * image's publisher made, and it has to ask nobody anything.
 */
export const syftEnvironment = (scratch: string): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "",
  HOME: scratch,
  TMPDIR: scratch,
  SYFT_CHECK_FOR_APP_UPDATE: "false",
});

/** Writes the document of one subject. @throws Error with syft's own words */
export async function scan(syft: string, subject: Subject, file: string, scratch: string): Promise<void> {
  const shown = `syft scan of ${subject.name}`;
  await execute(syft, syftArguments(subject, file), "", shown, syftEnvironment(scratch));
}
