/**
 * The operator's ssh-agent, looked at before anything is touched. Every login offers its keys in its order, and a server
 * ends a login after so many wrong ones. OpenSSH 9.8 and newer then shut the source address out for up to ten minutes,
 * so to try all the same would lock the operator out of his own server.
 */
import { spawnSync } from "node:child_process";
import { isKeyLine } from "./host-schema";
import type { Settings } from "./schema";

/**
 * How many keys of an agent sshd looks at before it ends a connection. A connection that ends so counts against its
 * source, which OpenSSH 9.8 and newer then shut out for up to ten minutes; and keys cannot be guessed by trying more.
 */
export const maxAuthTries = {
  /** sshd's own default, as on a host that nobody has secured yet. */
  stock: 6,
  secured: 20,
} as const;

/** What the agent answers: its key lines in its order; or why it does not. */
export type AgentKeys = readonly string[] | { readonly silent: string };

/** Asks the agent that SSH_AUTH_SOCK names. */
export function agentKeys(): AgentKeys {
  if (!process.env["SSH_AUTH_SOCK"]) return { silent: "SSH_AUTH_SOCK is not set" };
  const { status, stdout, stderr, error } = spawnSync("ssh-add", ["-L"], {
    encoding: "utf8",
    timeout: 10_000,
  });
  // 1: it answers, and has none.
  if (status === 1) return [];
  if (status === 0) return stdout.split("\n").filter((line) => line !== "");
  return { silent: `ssh-add -L: ${(error?.message ?? stderr.trim()) || "no answer within 10 s"}` };
}

/** Type and content of a key line; what follows is a comment. */
const keyOf = (line: string): string => line.split(" ").slice(0, 2).join(" ");
const alone = `take an agent for this key alone: eval "$(ssh-agent)" && ssh-add KEYFILE`;

/** Why nobody would come in to the host with this agent, and what to type; undefined where somebody does. */
export function agentProblem(host: Settings["host"], keys: AgentKeys): string | undefined {
  if ("silent" in keys) {
    return `no ssh-agent answers (${keys.silent}), and it holds the key to the host: eval "$(ssh-agent)" && ssh-add KEYFILE`;
  }
  if (keys.length === 0) return "the ssh-agent holds no key: ssh-add KEYFILE";
  // A server made here is told to look at more keys; on a host that was there, sshd may be as it came.
  const tries = host.mode === "hcloud" ? maxAuthTries.secured : maxAuthTries.stock;
  const wanted = host.sshKey !== undefined && isKeyLine(host.sshKey) ? keyOf(host.sshKey) : undefined;
  if (wanted === undefined) {
    if (keys.length <= tries) return undefined;
    const which =
      host.mode === "existing" ? ", or put the public line of the right one into clawkeep:host.sshKey" : "";
    return `the ssh-agent holds ${keys.length} keys, and the host's sshd may end a login after ${tries} wrong ones: ${alone}${which}`;
  }
  const place = keys.map(keyOf).indexOf(wanted) + 1;
  if (place === 0) {
    return `the ssh-agent holds ${keys.length} keys, and that of clawkeep:host.sshKey is not among them: ssh-add KEYFILE`;
  }
  if (place <= tries) return undefined;
  return (
    `the key of clawkeep:host.sshKey is number ${place} in the ssh-agent, and the host's sshd may end a login after ` +
    `${tries} wrong ones: ${alone}`
  );
}
