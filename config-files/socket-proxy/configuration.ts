import { readFileSync } from "node:fs";
import { compileSchema, type Schema } from "../http-service/json-schema";
import { parseStrictConfiguration } from "../http-service/strict-configuration";
import type { CallLimits } from "./limits";
import schema from "./schemas/configuration.schema.json";

/** What one filter guards: one gateway, its sandboxes and their limits. */
export interface FilterConfiguration {
  readonly gateway: {
    /** Value of the label that marks this gateway's sandboxes; their names begin with it too. */
    readonly name: string;
    /** Name of the gateway's own container, which it may inspect and identify itself in. */
    readonly container: string;
    /** Absolute path of Node in the gateway's image: the program of the self-identification. */
    readonly nodePath: string;
  };
  /** Path of the unix socket to export; created with mode 0660 and the group the filter runs with. */
  readonly listen: string;
  /** Path of the Docker daemon's unix socket. */
  readonly upstream: string;
  readonly sandbox: {
    /** Reference that OpenClaw's configuration names; requests that name any other image are refused. */
    readonly image: string;
    /** Image id, `sha256:...`, that containers are really created from. */
    readonly imageId: string;
    /** The sandboxes directory as OpenClaw names it in its requests. */
    readonly hostDirectory: string;
    /** What stands for it in what the daemon is told, and in the filter's own mount namespace alike. */
    readonly sourceDirectory: string;
    readonly uid: number;
    readonly gid: number;
    /** Names of the environment variables that a sandbox or a command in it may be given. */
    readonly environment: readonly string[];
    /** Control group that every sandbox lies below, the gateway's own; as Docker's --cgroup-parent takes it. */
    readonly cgroupParent: string;
  };
  readonly limits: CallLimits & {
    readonly memoryMiB: number;
    /** Thousandths of a CPU. */
    readonly milliCpus: number;
    readonly pids: number;
    readonly openFiles: number;
    /** Sandboxes of this gateway that may exist at once, running or not. */
    readonly sandboxes: number;
    /** Mount point to the largest size in MiB that a sandbox's tmpfs there may have. */
    readonly tmpfsMiB: { readonly [mountPoint: string]: number };
  };
}

/** The environment variables that both supported release lines of OpenClaw were seen to pass. */
export const measuredEnvironment: readonly string[] = [
  "CODEX_SANDBOX_EXEC_ID",
  "HOME",
  "LANG",
  "LC_ALL",
  "OPENCLAW_CLI",
  "OPENCLAW_PREPEND_PATH",
  "OPENCLAW_SHELL",
  "OPENCLAW_SUBAGENT_EXEC",
  "PATH",
  "TERM",
  "TZ",
];

const validate = compileSchema(schema as unknown as Schema, "configuration");

/**
 * Reads a configuration strictly: an unknown, missing, repeated or malformed setting is an error.
 *
 * @throws {Error} naming the file and the setting
 */
export function parseConfiguration(text: string, source: string): FilterConfiguration {
  return parseStrictConfiguration<FilterConfiguration>(text, source, validate);
}

export function readConfiguration(path: string): FilterConfiguration {
  return parseConfiguration(readFileSync(path, "utf8"), path);
}
