/** What providers answer in a recorded run: outputs of the shape that the real ones have. */
import { createHash } from "node:crypto";

export interface Answer {
  readonly id: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

const digest = (...parts: readonly string[]): string =>
  createHash("sha256").update(parts.join("\0")).digest("hex");

/** The value that a random password of that name gets; another one in each stack. */
export const generatedSecret = (stack: string, name: string): string => digest("generated", stack, name);

/** Public address of the stack's server. */
export const serverAddress = (stack: string): string =>
  stack === "standby" ? "203.0.113.11" : "203.0.113.10";

/** Group of the Docker socket on the host. */
export const dockerGroup = "996";

/** @throws for a type that the program is not expected to use */
export function answer(
  stack: string,
  type: string,
  name: string,
  inputs: Readonly<Record<string, unknown>>,
): Answer {
  const longId = digest("id", stack, name);
  /** Hetzner's ids are numbers. */
  const number = String(parseInt(longId.slice(0, 7), 16));
  switch (type) {
    case "random:index/randomPassword:RandomPassword":
      return {
        id: "none",
        outputs: { result: generatedSecret(stack, name), bcryptHash: digest("bcrypt", name) },
      };
    case "random:index/randomId:RandomId":
      return { id: longId.slice(0, 11), outputs: { hex: longId.slice(0, 16) } };
    case "hcloud:index/sshKey:SshKey":
    case "hcloud:index/firewall:Firewall":
    case "hcloud:index/volumeAttachment:VolumeAttachment":
      return { id: number, outputs: {} };
    case "hcloud:index/volume:Volume":
      return { id: number, outputs: { linuxDevice: `/dev/disk/by-id/scsi-0HC_Volume_${number}` } };
    case "hcloud:index/primaryIp:PrimaryIp":
      return { id: number, outputs: { ipAddress: serverAddress(stack) } };
    case "hcloud:index/server:Server":
      return {
        id: number,
        outputs: { ipv4Address: serverAddress(stack), ipv6Address: "2001:db8:5::1", status: "running" },
      };
    case "docker:index/network:Network":
    case "docker:index/container:Container":
      return { id: longId, outputs: {} };
    case "docker:index/remoteImage:RemoteImage":
      return {
        id: longId,
        outputs: { imageId: `sha256:${longId}`, repoDigest: `${String(inputs["name"])}@sha256:${longId}` },
      };
    case "command:remote:Command":
      return {
        id: `command${longId.slice(0, 8)}`,
        outputs: { stdout: printed(name, String(inputs["create"])), stderr: "" },
      };
    case "command:local:Command":
      return { id: `local${longId.slice(0, 8)}`, outputs: { stdout: "", stderr: "" } };
    case "cloudflare:index/dnsRecord:DnsRecord":
      return { id: longId.slice(0, 32), outputs: {} };
  }
  if (type.startsWith("pulumi:providers:")) return { id: longId.slice(0, 36), outputs: {} };
  throw new Error(`no answer for a ${type} (${name}): the program has not used this type so far`);
}

/** What a host's command prints; the id of an image is the same on every host. */
function printed(name: string, create: string): string {
  if (create.includes("/build-image ")) return `sha256:${digest("image", name)}\n`;
  return /^bash -s -- \d+ \d+$/.test(create) ? `${dockerGroup}\n` : "done\n";
}
