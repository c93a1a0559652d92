/** What a new server is told at its first boot: its SSH host key, and how sshd listens. */
import { stringify } from "yaml";
import type { HostKey } from "../ssh/host-key";
import { firstBootSettings } from "../ssh/sshd-settings";

/**
 * cloud-config. Secret: it holds the host's private key. The file name begins with 00 because sshd keeps the first
 * value it reads, and cloud-init writes a 50- file of its own; ssh.socket, where it is used, ignores sshd's port.
 * @param sshPort port sshd listens on
 */
export function userData(hostKey: HostKey, sshPort: number): string {
  const sshd = [...firstBootSettings(sshPort), ""].join("\n");
  const document = {
    disable_root: false,
    ssh_pwauth: false,
    // With `ssh_keys` none is made up besides.
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: hostKey.privateKey, ed25519_public: hostKey.publicKey },
    write_files: [{ path: "/etc/ssh/sshd_config.d/00-clawkeep.conf", permissions: "0600", content: sshd }],
    runcmd: [
      ["sh", "-c", "systemctl disable --now ssh.socket 2>/dev/null || true"],
      ["systemctl", "enable", "ssh.service"],
      ["systemctl", "restart", "ssh.service"],
    ],
  };
  return `#cloud-config\n${stringify(document, { lineWidth: 0 })}`;
}
