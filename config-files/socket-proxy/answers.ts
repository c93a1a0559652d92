import type { FilterConfiguration } from "./configuration";

/**
 * What may go back to the gateway. Answers are rebuilt like requests are: only the fields named here, so that a field
 * of a newer daemon, an environment or a path of the host never gets through by default.
 */

/** The fields of the daemon's answers that the filter reads. */
export interface ContainerDetails {
  readonly Id: string;
  readonly Name: string;
  readonly Created?: string;
  readonly Image?: string;
  readonly State?: { readonly [field: string]: unknown };
  readonly Config?: { readonly Image?: string; readonly Labels?: { readonly [name: string]: string } | null };
  readonly HostConfig?: { readonly [field: string]: unknown };
  readonly Mounts?: readonly { readonly [field: string]: unknown }[];
}

const stateFields = [
  "Status",
  "Running",
  "Paused",
  "Restarting",
  "OOMKilled",
  "Dead",
  "ExitCode",
  "StartedAt",
  "FinishedAt",
];
const mountFields = ["Type", "Source", "Destination", "Mode", "RW", "Propagation"];
const hostConfigFields = ["NetworkMode", "Tmpfs", "ReadonlyRootfs", "Memory", "NanoCpus", "PidsLimit"];
const execFields = ["ID", "Running", "ExitCode", "OpenStdin", "OpenStdout", "OpenStderr", "ContainerID"];

/** One of the gateway's sandboxes, or the gateway's own container, whose mounts it needs to translate its paths. */
export function containerAnswer(details: ContainerDetails, { sandbox }: FilterConfiguration): object {
  const labels = Object.entries(details.Config?.Labels ?? {}).filter(([name]) =>
    name.startsWith("openclaw."),
  );
  // Containers are created by image id; OpenClaw compares what it reads here with the reference it configured.
  const image = details.Image === sandbox.imageId ? sandbox.image : details.Config?.Image;
  return {
    Id: details.Id,
    Name: details.Name,
    Created: details.Created,
    Image: details.Image,
    State: pick(details.State, stateFields),
    Config: { Image: image, Labels: Object.fromEntries(labels), Env: [] },
    HostConfig: pick(details.HostConfig, hostConfigFields),
    Mounts: (details.Mounts ?? []).map((mount) => pick(mount, mountFields)),
  };
}

/** One entry of the list of containers. */
export function listAnswer(entry: { readonly [field: string]: unknown }): object {
  return pick(entry, ["Id", "Names", "Image", "ImageID", "Created", "State", "Status"]);
}

export function imageAnswer(
  details: { readonly [field: string]: unknown },
  { sandbox }: FilterConfiguration,
): object {
  return {
    ...pick(details, ["Id", "Created", "Os", "Architecture", "Size"]),
    RepoTags: [sandbox.image],
    Config: { Env: [] },
  };
}

export function execAnswer(details: { readonly [field: string]: unknown }): object {
  return pick(details, execFields);
}

function pick(source: { readonly [field: string]: unknown } | undefined, fields: readonly string[]): object {
  return Object.fromEntries(
    fields.flatMap((field) => (source?.[field] === undefined ? [] : [[field, source[field]]])),
  );
}
