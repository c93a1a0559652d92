import { rebuildBinds } from "./binds";
import type { Configuration } from "./configuration";
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
  isSandboxName,
  isSandboxImage: (reference: string, { sandbox }: Configuration): boolean => reference === sandbox.image,
  /** Whether only execs that the filter created may be started and looked at, each started once. */
  ownExecsOnly: true,
  /** Whether the number of sandboxes is limited. */
  countSandboxes: true,
  /** A command that takes longer has its sandbox asked, which has as long to run a shell. OpenClaw waits that long. */
  sandboxAnswersMs: 5_000,
  containerAnswer,
  imageAnswer,
  execAnswer,
};

export type Controls = typeof controls;

/** A sandbox of this gateway: the filter's label and the name of a sandbox. */
function isOwnSandbox(details: ContainerDetails, configuration: Configuration): boolean {
  return (
    details.Config?.Labels?.[gatewayLabel] === configuration.gateway.name &&
    isSandboxName(details.Name.slice(1), configuration)
  );
}

/** The container that the gateway runs in. */
function isGateway(details: ContainerDetails, { gateway }: Configuration): boolean {
  return details.Name === `/${gateway.container}`;
}

function isSandboxName(name: string, { sandbox }: Configuration): boolean {
  return name.startsWith(sandbox.namePrefix) && name.length > sandbox.namePrefix.length;
}
