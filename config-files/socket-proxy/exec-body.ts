import type { FilterConfiguration } from "./configuration";
import { allowedEnvironment } from "./create-body";
import { execBytes } from "./limits";
import { compileSchema, type Schema } from "../http-service/json-schema";
import { Refusal } from "../http-service/refusal";
import type { Json } from "../http-service/strict-json";
import execSchema from "./schemas/exec-body.schema.json";
import startSchema from "./schemas/exec-start-body.schema.json";

const validateExec = compileSchema(execSchema as unknown as Schema);
const validateStart = compileSchema(startSchema as unknown as Schema);

/**
 * What newer releases run in the gateway's own container to prove that the daemon they talk to is the one that runs
 * them. The only command that may ever be run there.
 */
export const selfIdentityProbe =
  'const fs=require("node:fs");process.stdout.write(JSON.stringify([fs.readFileSync("/proc/sys/kernel/random/boot_id","utf8").trim(),fs.readlinkSync("/proc/self/ns/mnt")]));';

interface ExecRequest {
  readonly User?: string;
  readonly AttachStdin?: boolean;
  readonly Env?: readonly string[] | null;
  readonly WorkingDir?: string;
  readonly Cmd: readonly string[];
}

/**
 * Rebuilds the body of an exec request for one of the gateway's sandboxes.
 *
 * @throws {Refusal} 403 `exec-body`
 */
export function rebuildExecBody(body: Json, { sandbox }: FilterConfiguration): object {
  const request = checked(body);
  const user = `${sandbox.uid}:${sandbox.gid}`;
  if (!["", user].includes(request.User ?? "")) throw denied(`User: must be empty or "${user}"`);
  const directory = request.WorkingDir ?? "";
  atMost("Cmd[0]", request.Cmd.slice(0, 1), execBytes.program);
  atMost("Cmd", request.Cmd, execBytes.command);
  atMost("Env", request.Env ?? [], execBytes.environment);
  atMost("WorkingDir", [directory], execBytes.directory);
  if (directory.split("/").some((segment) => segment === "." || segment === "..")) {
    throw denied("WorkingDir: must have no dot segment");
  }
  return {
    User: user,
    Privileged: false,
    Tty: false,
    AttachStdin: request.AttachStdin ?? false,
    AttachStdout: true,
    AttachStderr: true,
    DetachKeys: "",
    Env: allowedEnvironment(request.Env ?? [], sandbox.environment, "exec-body"),
    WorkingDir: directory,
    Cmd: request.Cmd,
  };
}

/**
 * Rebuilds the body of an exec request for the gateway's own container: the self-identification and nothing else.
 *
 * @throws {Refusal} 403 `exec-self`
 */
export function rebuildSelfExecBody(body: Json, { gateway }: FilterConfiguration): object {
  const request = checked(body);
  const cmd = [gateway.nodePath, "-e", selfIdentityProbe];
  const exact =
    JSON.stringify(request.Cmd) === JSON.stringify(cmd) &&
    (request.User ?? "") === "" &&
    (request.WorkingDir ?? "") === "" &&
    (request.Env ?? []).length === 0 &&
    request.AttachStdin === false;
  if (!exact)
    throw new Refusal(
      403,
      "exec-self",
      "only the self-identification may run in the gateway's own container",
    );
  return {
    User: "",
    Privileged: false,
    Tty: false,
    AttachStdin: false,
    AttachStdout: true,
    AttachStderr: true,
    DetachKeys: "",
    Env: [],
    WorkingDir: "",
    Cmd: cmd,
  };
}

/**
 * @throws {Refusal} 403 `exec-start-body`
 */
export function rebuildExecStartBody(body: Json): object {
  const problem = validateStart(body);
  if (problem !== undefined) throw new Refusal(403, "exec-start-body", problem);
  return { Detach: false, Tty: false };
}

function checked(body: Json): ExecRequest {
  const problem = validateExec(body);
  if (problem !== undefined) throw new Refusal(403, "exec-body", problem);
  return body as unknown as ExecRequest;
}

/** Bytes, not characters: what the engine writes is as long. */
function atMost(field: string, texts: readonly string[], bytes: number): void {
  if (texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) > bytes)
    throw denied(`${field}: must have at most ${bytes} bytes in all`);
}

function denied(what: string): Refusal {
  return new Refusal(403, "exec-body", `body.${what}`);
}
