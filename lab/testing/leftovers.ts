/** What a run that was ended left on the engine. */
import { attempt } from "../lib/exec";

const kinds = [
  ["container", ["ps", "--all", "--format", "{{.Names}}"], ["rm", "--force", "--volumes"]],
  ["network", ["network", "ls", "--format", "{{.Name}}"], ["network", "rm"]],
] as const;

/** Names of containers and networks, each behind its kind. None where there is no engine. */
export async function thereNow(): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const [kind, list] of kinds) {
    const { stdout } = await attempt("docker", list);
    for (const name of stdout.split("\n").filter(Boolean)) found.add(`${kind} ${name}`);
  }
  return found;
}

/** Removes what has our name and was not there before. */
export async function removeMadeSince(before: ReadonlySet<string>): Promise<void> {
  const now = await thereNow();
  for (const [kind, , remove] of kinds) {
    const names = [...now].filter((each) => each.startsWith(`${kind} clawkeep`) && !before.has(each));
    for (const each of names) await attempt("docker", [...remove, each.slice(kind.length + 1)]);
  }
}
