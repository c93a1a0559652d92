import { createHash } from "node:crypto";
import { docker, inspect, labLabel } from "../lib/docker";
import { attempt } from "../lib/exec";

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  /** Flags of `docker run`. */
  readonly flags: readonly string[];
  readonly command: readonly string[];
  /** Content of what is mounted, where its path does not change with it. */
  readonly inputs: readonly string[];
}

const keyLabel = "clawkeep.lab.key";

/** Sees that the container runs as described: left alone when it does, else made anew. Nothing is kept inside it. */
export async function ensureContainer(spec: ContainerSpec): Promise<void> {
  const key = createHash("sha256").update(JSON.stringify(spec)).digest("hex").slice(0, 16);
  const have = await inspect(
    "container",
    spec.name,
    `{{.State.Running}} {{index .Config.Labels "${keyLabel}"}}`,
  );
  if (have === `true ${key}`) return;
  if (have !== undefined) await docker(["rm", "--force", spec.name]);
  await docker([
    ...["run", "--detach", "--name", spec.name, "--label", labLabel, "--label", `${keyLabel}=${key}`],
    ...["--restart", "unless-stopped", "--init", ...spec.flags, spec.image, ...spec.command],
  ]);
}

export async function removeContainer(name: string): Promise<void> {
  await attempt("docker", ["rm", "--force", name]);
}

/** `running`, another state, or `absent`. */
export async function containerStatus(name: string): Promise<string> {
  return (await inspect("container", name, "{{.State.Status}}")) ?? "absent";
}
