/** The lab's SSH identity: a key of its own, an agent that holds it, and a configuration for people. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attempt, run } from "../lib/exec";
import { labDir } from "../lib/paths";

const keyFile = (): string => join(labDir(), "ssh", "id_ed25519");

/** Path of the agent's socket. Not below the lab: a socket's path is limited to about a hundred characters. */
export function agentSocket(): string {
  const place = createHash("sha256").update(labDir()).digest("hex").slice(0, 12);
  return join(tmpdir(), `clawkeep-agent-${place}.sock`);
}

/** Makes the key once and sees that an agent holds it. @returns the public key line */
export async function ensureSshIdentity(): Promise<string> {
  mkdirSync(join(labDir(), "ssh"), { recursive: true, mode: 0o700 });
  if (!existsSync(keyFile())) {
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "clawkeep-lab", "-f", keyFile()]);
  }
  const env = { SSH_AUTH_SOCK: agentSocket() };
  const listed = await attempt("ssh-add", ["-l"], { env });
  // 2: nobody listens there. The agent goes to the background by itself.
  if (listed.code === 2) {
    await attempt("rm", ["-f", agentSocket()]);
    await run("bash", ["-c", 'ssh-agent -a "$1" >/dev/null </dev/null 2>&1', "bash", agentSocket()]);
  }
  const fingerprint = (await run("ssh-keygen", ["-lf", keyFile()])).split(" ")[1] ?? "";
  if (!listed.stdout.includes(fingerprint)) {
    // A lab that was deleted may have left its key: too many keys, and a server ends the connection.
    await run("ssh-add", ["-q", "-D"], { env });
    await run("ssh-add", ["-q", keyFile()], { env });
  }
  return readFileSync(`${keyFile()}.pub`, "utf8").trim();
}

/** One stand-in that people reach as `ssh -F .lab/ssh_config NAME`. */
export interface SshTarget {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
}

/** Writes .lab/ssh_config and the known hosts it checks against. */
export function writeSshConfig(targets: readonly SshTarget[]): void {
  const knownHosts = join(labDir(), "ssh", "known_hosts");
  writeFileSync(knownHosts, targets.map((target) => `${target.name} ${target.hostKey}\n`).join(""));
  const hosts = targets.map((target) =>
    [
      `Host ${target.name}`,
      `  HostName ${target.address}`,
      `  Port ${target.port}`,
      "  User root",
      `  HostKeyAlias ${target.name}`,
      `  UserKnownHostsFile ${knownHosts}`,
      "  StrictHostKeyChecking yes",
      `  IdentityFile ${keyFile()}`,
      "  IdentitiesOnly yes",
      "  LogLevel ERROR",
      "",
    ].join("\n"),
  );
  writeFileSync(join(labDir(), "ssh_config"), hosts.join("\n"));
}
