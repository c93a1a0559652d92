/** syft, which reads the lists: where it is found, how it is built where it is not, and how it is asked. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { goProgram, type Environment } from "../go-program";
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

function onPath(environment: Environment): string | undefined {
  const folders = (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, "syft")).find(existsSync);
}

/**
 * The program: from the PATH, or built once into the user's cache, which takes minutes.
 * @param say told before it is built
 * @throws Error where the PATH has none and it cannot be built; it names both ways
 */
export function findSyft(say: (line: string) => void, environment: Environment = process.env): string {
  const found = onPath(environment);
  if (found !== undefined) return found;
  const flags = ["-ldflags", `-s -w -X main.version=${syftVersion}`];
  const program = { name: "syft", module: syftModule, version: syftVersion, flags, buildSeconds: 1800 };
  try {
    return goProgram(program, (line) => say(`syft is not on the PATH: ${line}`), environment);
  } catch (error) {
    throw new Error(
      `make sbom needs syft, and it cannot be built (${(error as Error).message}): put syft on the PATH, or Go and a way to its modules`,
    );
  }
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
