/** Pulumi operations on the lab's stacks, with their full output in a log file. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { endpoints } from "../internet/addresses";
import { attempt, run, type Outcome } from "../lib/exec";
import { labDir } from "../lib/paths";
import { writeSshConfig, type SshTarget } from "./ssh";
import { stackNames } from "./stacks";

/** Runs one operation and keeps its output. @throws an error with the end of the output and the log's path */
export async function pulumi(
  operation: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const { outcome, log } = await tryPulumi(operation, args, env);
  if (outcome.code !== 0) {
    const said = `${outcome.stdout}\n${outcome.stderr}`.trim().split("\n").slice(-60).join("\n");
    throw new Error(
      `pulumi ${operation} ${args.join(" ")} ended with ${outcome.code}; all of it in ${log}\n${said}`,
    );
  }
  return outcome.stdout;
}

/** The same, for callers to whom a bad end is an answer. */
export async function tryPulumi(
  operation: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ outcome: Outcome; log: string }> {
  mkdirSync(join(labDir(), "logs"), { recursive: true });
  const log = join(
    labDir(),
    "logs",
    `pulumi-${operation}-${new Date().toISOString().replace(/[:.]/g, "-")}.log`,
  );
  const outcome = await attempt("pulumi", [operation, "--non-interactive", "--color", "never", ...args], {
    env,
  });
  writeFileSync(log, `${outcome.stdout}\n${outcome.stderr}`);
  return { outcome, log };
}

/** Removes the locks of Pulumi processes that are gone: an interrupted rehearsal leaves one, and the next must not stop at it. */
export function clearDeadLocks(): void {
  const locks = join(labDir(), "state", ".pulumi", "locks");
  if (!existsSync(locks)) return;
  for (const entry of readdirSync(locks, { recursive: true, encoding: "utf8" })) {
    const path = join(locks, entry);
    if (!entry.endsWith(".json")) continue;
    const { pid } = JSON.parse(readFileSync(path, "utf8")) as { pid?: number };
    if (pid === undefined || !existsSync(`/proc/${pid}`)) rmSync(path);
  }
}

/** URN of a resource of a stack by the end of its name; undefined where the stack has none. */
export async function urnOf(stack: string, name: string): Promise<string | undefined> {
  const listed = await attempt("pulumi", ["stack", "--stack", stack, "--show-urns"]);
  return new RegExp(`urn:\\S+::${name}$`, "m").exec(listed.stdout)?.[0];
}

/** What docs/operating.md tells the operator whose server is gone: forget it with all that was on it; the next `up` makes it again. */
export async function forgetServer(stack: string): Promise<void> {
  const urn = await urnOf(stack, "host-server");
  if (urn === undefined) throw new Error(`the state of ${stack} has no server`);
  await pulumi("state", ["delete", "--stack", stack, "--target-dependents", "--yes", urn]);
}

/** Id of the server in a stack's state; undefined where there is no stack or no server. */
export async function serverIdOf(stack: string): Promise<string | undefined> {
  const exported = await attempt("pulumi", ["stack", "export", "--stack", stack]);
  if (exported.code !== 0) return undefined;
  const { deployment } = JSON.parse(exported.stdout) as {
    deployment: { resources?: { type: string; id?: string }[] };
  };
  return deployment.resources?.find(({ type }) => type === "hcloud:index/server:Server")?.id;
}

/** Asks Hetzner's stand-in about servers; `which` follows `/servers` in the path. */
async function askHetzner(method: "GET" | "DELETE", which: string): Promise<Response> {
  const file = join(labDir(), "hetzner", "tokens.json");
  const { write } = JSON.parse(readFileSync(file, "utf8")) as { write: string };
  const headers = { authorization: `Bearer ${write}` };
  return fetch(`${endpoints.hetzner}/servers${which}`, { method, headers });
}

/** What the disks of the servers hold that Hetzner's stand-in makes from now on: lab/hetzner/README.md. */
export async function nextServers(disk: "bare" | "warm"): Promise<void> {
  const answer = await fetch(new URL("/lab/disk", endpoints.hetzner), {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ disk }),
  });
  if (!answer.ok) throw new Error(`Hetzner's stand-in: ${answer.status} ${await answer.text()}`);
}

/** True for a server that is not there, or whose disk is empty: another checkout's lab has ended it. */
async function serverIsLost(stack: string, id: string): Promise<boolean> {
  if ((await askHetzner("GET", `/${id}`)).status === 404) return true;
  // A warm disk has the directory from the beginning.
  const script = "test -e /opt/openclaw/bin/install-archive || echo empty";
  const { stdout } = await attempt("docker", ["exec", `clawkeep-vps-clawkeep-${stack}`, "sh", "-c", script]);
  return stdout.trim() === "empty";
}

/** Id of the server that Hetzner's stand-in has under the stack's name. */
async function serverNamedAfter(stack: string): Promise<string | undefined> {
  const answer = (await (await askHetzner("GET", `?name=clawkeep-${stack}`)).json()) as {
    servers: { id: number }[];
  };
  return answer.servers[0]?.id.toString();
}

/**
 * What docs/operating.md tells the operator whose server and state do not agree, so that the next `up` makes the server anew:
 * the state forgets one that is lost, and one that the state does not know (an `up` was cut off) is deleted.
 * @returns what was done
 */
export async function reconcileServer(stack: string): Promise<string | undefined> {
  const id = await serverIdOf(stack);
  const lost = id !== undefined && (await serverIsLost(stack, id));
  if (id !== undefined && !lost) return undefined;
  if (lost) await forgetServer(stack);
  const stray = await serverNamedAfter(stack);
  if (stray !== undefined) await deleteServer(stray);
  if (lost) return "forgotten: it was lost";
  return stray === undefined ? undefined : "deleted: no state knew it";
}

/** A server deleted at Hetzner's stand-in, behind Pulumi's back; its volume and address stay. */
async function deleteServer(id: string): Promise<void> {
  await askHetzner("DELETE", `/${id}`);
  const deadline = Date.now() + 60_000;
  while ((await askHetzner("GET", `/${id}`)).status !== 404) {
    if (Date.now() > deadline) throw new Error(`the server ${id} is still there`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** The same for the server of a stack. */
export async function deleteServerByHand(stack: string): Promise<void> {
  const id = await serverIdOf(stack);
  if (id === undefined) throw new Error(`the state of ${stack} has no server`);
  await deleteServer(id);
}

export const pulumiUp = (stack: string, ...args: string[]): Promise<string> =>
  pulumi("up", ["--stack", stack, "--yes", "--skip-preview", ...args]);

/** Outputs of a stack, secrets in clear. */
export async function stackOutputs(stack: string): Promise<Record<string, unknown>> {
  const text = await run("pulumi", ["stack", "output", "--stack", stack, "--json", "--show-secrets"]);
  return JSON.parse(text) as Record<string, unknown>;
}

/** Writes .lab/ssh_config: an entry for every stack that has a host, its key read from what the stack pins. */
export async function refreshSshConfig(): Promise<void> {
  const targets = await Promise.all(stackNames.map(sshTarget));
  writeSshConfig(targets.filter((target) => target !== undefined));
}

async function sshTarget(stack: string): Promise<SshTarget | undefined> {
  const state = await attempt("pulumi", ["stack", "output", "--stack", stack, "--json", "--show-secrets"]);
  if (state.code !== 0) return undefined;
  const outputs = JSON.parse(state.stdout) as Record<string, unknown>;
  const [, port, address] = /^ssh -p (\d+) root@(\S+)$/.exec(String(outputs["sshCommand"])) ?? [];
  if (port === undefined || address === undefined) return undefined;
  return { name: stack, address, port: Number(port), hostKey: String(outputs["sshHostKey"]) };
}
