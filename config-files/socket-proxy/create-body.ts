import { rebuildBinds, type BindMount } from "./binds";
import type { FilterConfiguration } from "./configuration";
import { compileSchema, type Schema } from "../http-service/json-schema";
import { Refusal } from "../http-service/refusal";
import type { Json } from "../http-service/strict-json";
import { rebuildTmpfs } from "./tmpfs";
import schema from "./schemas/create-body.schema.json";

/** Label that the filter puts on every container it creates, and by which it knows them again. */
export const gatewayLabel = "clawkeep.gateway";

const validate = compileSchema(schema as unknown as Schema);
const mebibyte = 1024 * 1024;

interface CreateRequest {
  readonly User: string;
  readonly Env?: readonly string[] | null;
  readonly Image: string;
  readonly Labels: { readonly [name: string]: string };
  readonly HostConfig: {
    readonly Binds: readonly string[];
    readonly Memory: number;
    readonly MemorySwap: number;
    readonly NanoCpus: number;
    readonly PidsLimit: number;
    readonly Tmpfs?: { readonly [mountPoint: string]: string } | null;
    readonly Ulimits?:
      readonly { readonly Name: string; readonly Hard: number; readonly Soft: number }[] | null;
  };
}

/**
 * Checks the body of a create request and builds a new one from it. Nothing of the request reaches the daemon but the
 * values named here; all hardening is written out as constants, whatever the request said.
 *
 * @throws {Refusal} 403 `create-body`, `bind` or `tmpfs`; 503 `mount`
 */
export function rebuildCreateBody(
  body: Json,
  configuration: FilterConfiguration,
  toMounts: typeof rebuildBinds = rebuildBinds,
): object {
  const problem = validate(body);
  if (problem !== undefined) throw new Refusal(403, "create-body", problem);
  const request = body as unknown as CreateRequest;
  const { sandbox, limits, gateway } = configuration;
  const user = `${sandbox.uid}:${sandbox.gid}`;
  if (request.User !== user) throw denied("User", `must be "${user}"`);
  if (request.Image !== sandbox.image) throw denied("Image", `must be "${sandbox.image}"`);
  const mounts = toMounts(request.HostConfig.Binds, sandbox);
  return {
    Hostname: "sandbox",
    User: user,
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Tty: false,
    OpenStdin: false,
    Env: allowedEnvironment(request.Env ?? [], sandbox.environment, "create-body"),
    // Both, so that an entry point of the image has no say.
    Entrypoint: ["sleep"],
    Cmd: ["infinity"],
    Healthcheck: { Test: ["NONE"] },
    Image: sandbox.imageId,
    WorkingDir: "/workspace",
    Labels: { ...request.Labels, [gatewayLabel]: gateway.name },
    HostConfig: { ...hostConfig(request.HostConfig, limits, mounts), CgroupParent: sandbox.cgroupParent },
  };
}

function hostConfig(
  request: CreateRequest["HostConfig"],
  limits: FilterConfiguration["limits"],
  mounts: readonly BindMount[],
): object {
  const memory = atMost("Memory", request.Memory, limits.memoryMiB * mebibyte);
  // More swap than memory is extra memory by another name.
  if (request.MemorySwap !== memory) throw denied("HostConfig.MemorySwap", "must equal Memory");
  return {
    Mounts: mounts,
    Tmpfs: rebuildTmpfs(request.Tmpfs ?? {}, limits.tmpfsMiB),
    NetworkMode: "none",
    IpcMode: "private",
    CgroupnsMode: "private",
    PidMode: "",
    UTSMode: "",
    Privileged: false,
    ReadonlyRootfs: true,
    CapAdd: [],
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges"],
    Init: true,
    RestartPolicy: { Name: "no" },
    AutoRemove: false,
    LogConfig: { Type: "none" },
    ShmSize: 64 * mebibyte,
    Memory: memory,
    MemorySwap: memory,
    NanoCpus: atMost("NanoCpus", request.NanoCpus, limits.milliCpus * 1_000_000),
    PidsLimit: atMost("PidsLimit", request.PidsLimit, limits.pids),
    Ulimits: rebuildUlimits(request.Ulimits ?? [], limits.openFiles),
  };
}

/** Both limits are always set: without an entry a container has the daemon's own, which may be none. */
function rebuildUlimits(
  requested: NonNullable<CreateRequest["HostConfig"]["Ulimits"]>,
  openFiles: number,
): object[] {
  const most: { readonly [name: string]: number } = { core: 0, nofile: openFiles };
  for (const { Name, Hard, Soft } of requested) {
    atMost(`Ulimits ${Name}`, Hard, most[Name] ?? 0);
    atMost(`Ulimits ${Name}`, Soft, Hard);
  }
  return Object.entries(most).map(([Name, value]) => {
    const wanted = requested.find((entry) => entry.Name === Name);
    return { Name, Hard: wanted?.Hard ?? value, Soft: wanted?.Soft ?? value };
  });
}

/**
 * @throws {Refusal} 403 if a variable's name is not on the list
 */
export function allowedEnvironment(
  entries: readonly string[],
  names: readonly string[],
  rule: string,
): readonly string[] {
  for (const entry of entries) {
    const name = entry.slice(0, entry.indexOf("="));
    if (!names.includes(name)) {
      throw new Refusal(403, rule, `body.Env: the variable ${name} is not on the list sandbox.environment`);
    }
  }
  return entries;
}

function atMost(field: string, value: number, limit: number): number {
  if (value > limit) throw denied(`HostConfig.${field}`, `must be at most ${limit}`);
  return value;
}

function denied(field: string, rule: string): Refusal {
  return new Refusal(403, "create-body", `body.${field}: ${rule}`);
}
