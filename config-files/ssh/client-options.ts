/**
 * How the system's ssh is started, by whatever starts it: the Docker provider and the tools. The one home of these
 * options; the command provider has an SSH client of its own, which reads no files either.
 */

/**
 * Arguments for ssh. Nothing of what the operator has set up for other hosts plays a part: ForwardAgent would hand his
 * agent to the VPS, ControlMaster would use a connection whose host key nobody has compared, RemoteCommand, RequestTTY
 * and LocalCommand would break or change what is run, and `Host *` often has such things.
 * @param hostKey `ssh-ed25519 AAAA…` or another type, the only key that is accepted
 */
export function sshClientOptions(hostKey: string): string[] {
  const options = [
    `KnownHostsCommand=/bin/echo %H ${hostKey}`,
    "StrictHostKeyChecking=yes",
    "UserKnownHostsFile=/dev/null",
    "GlobalKnownHostsFile=/dev/null",
    // The agent's keys alone, in its order, as the command provider offers them.
    "IdentityFile=none",
    "ForwardAgent=no",
    "BatchMode=yes",
    "ConnectTimeout=20",
    "ServerAliveInterval=15",
  ];
  return ["-F", "none", ...options.flatMap((option) => ["-o", option])];
}
