import { lstatSync, readFileSync, type Stats } from "node:fs";
import type { FilterConfiguration } from "./configuration";
import { checkSandboxesMount } from "./mount-table";
import { Refusal } from "../http-service/refusal";

/** One entry of HostConfig.Mounts. */
export interface BindMount {
  readonly Type: "bind";
  readonly Source: string;
  readonly Target: string;
  readonly ReadOnly: boolean;
  readonly BindOptions: { readonly Propagation: "rprivate"; readonly NonRecursive: true };
}

/** What this module asks of the system; tests bring their own. */
export interface FileSystem {
  mountInfo(): string;
  lstat(path: string): Pick<Stats, "dev" | "isDirectory">;
}

export const realFileSystem: FileSystem = {
  mountInfo: () => readFileSync("/proc/self/mountinfo", "utf8"),
  lstat: (path) => lstatSync(path),
};

/** Directories of a workspace that OpenClaw mounts over it a second time, read-only. */
const skillDirectories = ["skills", ".agents/skills"];
const workspaceName = /^[a-z0-9][a-z0-9._-]{0,99}$/;

/**
 * Rebuilds `Binds` as `Mounts`.
 *
 * Both do the same for a source that exists. For one that does not, `Binds` makes the daemon create it as root below
 * a directory that the gateway can write to, `Mounts` makes it refuse. `z` (relabel for SELinux) is dropped: it
 * would have root walk the tree.
 *
 * @throws {Refusal} 403 `bind` or 503 `mount`
 */
export function rebuildBinds(
  binds: readonly string[],
  sandbox: FilterConfiguration["sandbox"],
  system: FileSystem = realFileSystem,
): readonly BindMount[] {
  checkSandboxesMount(system.mountInfo(), sandbox.sourceDirectory);
  const parsed = binds.map((bind) => parseBind(bind, sandbox.hostDirectory));
  const workspace = parsed.find((bind) => bind.inner === "")?.workspace;
  if (workspace === undefined) throw denied("must have a source for /workspace");
  if (new Set(parsed.map((bind) => bind.inner)).size !== parsed.length)
    throw denied("must not name a target twice");
  if (parsed.some((bind) => bind.workspace !== workspace)) throw denied("must all come from one workspace");
  return parsed.map(({ inner, readOnly }) => {
    const suffix = inner === "" ? "" : `/${inner}`;
    checkDirectories(system, sandbox.sourceDirectory, `${workspace}${suffix}`);
    return {
      Type: "bind",
      Source: `${sandbox.sourceDirectory}/${workspace}${suffix}`,
      Target: `/workspace${suffix}`,
      ReadOnly: readOnly,
      BindOptions: { Propagation: "rprivate", NonRecursive: true },
    };
  });
}

function parseBind(
  bind: string,
  hostDirectory: string,
): { workspace: string; inner: string; readOnly: boolean } {
  const [source = "", target = "", options = "rw", ...rest] = bind.split(":");
  if (rest.length > 0) throw denied("must have at most three parts");
  if (!source.startsWith(`${hostDirectory}/`)) throw denied(`must come from below ${hostDirectory}`);
  const [workspace = "", ...segments] = source.slice(hostDirectory.length + 1).split("/");
  const inner = segments.join("/");
  if (!workspaceName.test(workspace)) throw denied("must come from a workspace's directory");
  if (segments.length > 0 && !skillDirectories.includes(inner))
    throw denied("must be a workspace or its skills");
  if (target !== (inner === "" ? "/workspace" : `/workspace/${inner}`))
    throw denied("must go to their own place");
  const words = options.split(",");
  if (words.some((word) => !["rw", "ro", "z"].includes(word)))
    throw denied("may have the options rw, ro and z only");
  if (new Set(words).size !== words.length || (words.includes("ro") && words.includes("rw"))) {
    throw denied("have contradicting options");
  }
  const readOnly = words.includes("ro");
  if (inner !== "" && !readOnly) throw denied("of skills must be read-only");
  return { workspace, inner, readOnly };
}

/** Every component must be a real directory on the filesystem that was checked. */
function checkDirectories(system: FileSystem, root: string, path: string): void {
  let current = root;
  const { dev } = lstat(system, current);
  for (const segment of path.split("/")) {
    current = `${current}/${segment}`;
    const status = lstat(system, current);
    if (!status.isDirectory()) throw denied("must be directories without a symlink on the way");
    if (status.dev !== dev) throw denied("must lie on the sandboxes filesystem");
  }
}

function lstat(system: FileSystem, path: string): Pick<Stats, "dev" | "isDirectory"> {
  try {
    return system.lstat(path);
  } catch (error) {
    throw denied(`must exist (${(error as NodeJS.ErrnoException).code ?? "unknown error"})`);
  }
}

function denied(rule: string): Refusal {
  return new Refusal(403, "bind", `bind sources ${rule}`);
}
