import { attempt, run, type RunOptions } from "./exec";

/** On everything the lab makes, so that cleaning up finds all of it and nothing else. */
export const labLabel = "clawkeep.lab=1";

/** Runs the Docker client against the outer engine. */
export async function docker(args: readonly string[], options: RunOptions = {}): Promise<string> {
  // BuildKit is a separate package on Debian; the classic builder is always there.
  return run("docker", args, { ...options, env: { DOCKER_BUILDKIT: "0", ...options.env } });
}

/** One field of an object by Go template, or undefined when there is no such object. */
export async function inspect(
  kind: "container" | "image" | "network" | "volume",
  name: string,
  template: string,
): Promise<string | undefined> {
  const outcome = await attempt("docker", [kind, "inspect", "--format", template, name]);
  if (outcome.code === 0) return outcome.stdout.trim();
  if (/no such|not found/i.test(outcome.stderr)) return undefined;
  throw new Error(
    `docker ${kind} inspect ${name}: ${outcome.stderr.trim()}. Is the engine up? Run lab/engine/up.sh`,
  );
}
