import { isSandboxOf } from "../../config/sandbox-names";
import { lstatSync } from "node:fs";
import { dirname, join } from "node:path";
import { rebuildBinds } from "./binds";
import type { FilterConfiguration } from "./configuration";
import { gatewayLabel, rebuildCreateBody } from "./create-body";
import type { ContainerDetails } from "./answers";
import { containerAnswer, execAnswer, imageAnswer } from "./answers";
import { rebuildExecBody, rebuildExecStartBody, rebuildSelfExecBody } from "./exec-body";
import { checkHead } from "./request-head";
import { matchRoute } from "./routes";
import { parseStrictJson } from "../http-service/strict-json";

/**
 * Every control of the filter, by name. The filter has no other way to reach one, so that a test can switch off any
 * single one of them and show that something then gets through.
 */
export const controls = {
  checkHead,
  matchRoute,
  /** Time in which a head, and a whole request, must have arrived. */
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  /** Time between two requests of one connection. */
  keepAliveMs: 30_000,
  /** A connection has one request at a time; a refused one that its client keeps open ends after so many ms. */
  oneAtATime: true,
  refusedLingerMs: 1_000,
  /** Largest body in bytes. */
  bodyLimit: 64 * 1024,
  parseBody: parseStrictJson,
  rebuildCreateBody,
  rebuildBinds,
  rebuildExecBody,
  rebuildSelfExecBody,
  rebuildExecStartBody,
  isOwnSandbox,
  isGateway,
  mayBeAskedFor,
  isSandboxName,
  isSandboxImage: (reference: string, { sandbox }: FilterConfiguration): boolean =>
    reference === sandbox.image,
  isClosed,
  /** Whether only execs that the filter created may be started and looked at, each started once. */
  ownExecsOnly: true,
  /** Whether execs that run, and those that were created and not started, are limited. */
  limitExecs: true,
  /** Whether what is started at once is limited. */
  limitStarts: true,
  /** Whether calls of the engine at once are limited. */
  limitCalls: true,
  /** Whether what is created and started is held to a rate. */
  limitRates: true,
  /** Whether the number of sandboxes is limited. */
  countSandboxes: true,
  /** A command that takes longer has its sandbox asked, which has as long to run a shell. OpenClaw waits that long. */
  sandboxAnswersMs: 5_000,
  containerAnswer,
  imageAnswer,
  execAnswer,
};

export type Controls = typeof controls;

/**
 * Whether the gateway is being stopped, or is down: nothing is created or started for it. The file is root's
 * (sandboxes-end), beside the workspaces. Where that cannot be looked at, it is closed.
 */
function isClosed({ sandbox }: FilterConfiguration): boolean {
  try {
    const mark = join(dirname(sandbox.sourceDirectory), "closed");
    return lstatSync(mark, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/** A sandbox of this gateway: the filter's label and the name of a sandbox. */
function isOwnSandbox(details: ContainerDetails, configuration: FilterConfiguration): boolean {
  return (
    details.Config?.Labels?.[gatewayLabel] === configuration.gateway.name &&
    isSandboxName(details.Name.slice(1), configuration)
  );
}

/** The container that the gateway runs in. */
function isGateway(details: ContainerDetails, { gateway }: FilterConfiguration): boolean {
  return details.Name === `/${gateway.container}`;
}

/**
 * Whether the daemon is asked about a container by this name at all: a full id, a sandbox's name, the gateway's. The
 * daemon takes any beginning of an id too, so its answers would tell of containers that are not this gateway's.
 */
function mayBeAskedFor(name: string, configuration: FilterConfiguration): boolean {
  return (
    /^[0-9a-f]{64}$/.test(name) ||
    name === configuration.gateway.container ||
    isSandboxName(name, configuration)
  );
}

function isSandboxName(name: string, { gateway }: FilterConfiguration): boolean {
  return isSandboxOf(gateway.name, name);
}
