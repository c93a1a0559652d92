/** A shell on a stand-in VPS, and questions to the containers on it. */
import { join } from "node:path";
import { attempt, run, type Outcome } from "../lib/exec";
import { labDir } from "../lib/paths";

const sshArguments = (name: string): string[] => [
  "-F",
  join(labDir(), "ssh_config"),
  "-o",
  "BatchMode=yes",
  name,
];

/** Runs a command line as root on the stand-in. @throws CommandError */
export const onVps = (name: string, command: string, input?: string): Promise<string> =>
  run("ssh", [...sshArguments(name), command], {
    timeoutSeconds: 120,
    ...(input === undefined ? {} : { input }),
  });

/** The same, for callers to whom a bad end is an answer. */
export const tryOnVps = (name: string, command: string): Promise<Outcome> =>
  attempt("ssh", [...sshArguments(name), command], { timeoutSeconds: 120 });

/** Runs a Node program in a container on the stand-in; the program comes on standard input, so nothing needs quoting. */
export const nodeIn = (name: string, container: string, program: string): Promise<string> =>
  onVps(name, `docker exec -i ${container} node --input-type=module -`, program);

/** What a turn's parts on the stand-in have complained about in the last two minutes; nothing where it cannot be asked. */
export async function complaints(name: string): Promise<string> {
  const { stdout } = await tryOnVps(
    name,
    `for part in openclaw openclaw-litellm openclaw-docker-proxy; do
  docker logs --since 2m $part 2>&1 | grep -E '"(warn|error)"|"deny"|sandbox-removed|Traceback|" 5[0-9][0-9]' |
    tail -n 8 | cut -c 1-600 | sed "s/^/$part: /"
done`,
  );
  return stdout.trim();
}

/** Container name -> health (or state where it has none). */
export async function containerStates(name: string): Promise<Map<string, string>> {
  const format =
    "{{.Name}} {{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}} {{.State.Status}}";
  const text = await onVps(name, `docker ps -aq --no-trunc | xargs -r docker inspect --format '${format}'`);
  return new Map(
    text
      .trim()
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const [container = "", health = "", status = ""] = line.split(" ");
        return [container.slice(1), status === "running" ? health : status];
      }),
  );
}
