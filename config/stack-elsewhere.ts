/**
 * Whether the stack runs at Hetzner already, in a project that its token does not belong to: to such a token everything looks
 * gone, and all of it would be bought a second time, beside a server that serves on.
 */
import { spawn } from "node:child_process";
import { recordsOfName, type CloudflareApi } from "./dns-records";
import { askHetzner, type HetznerApi } from "./hetzner-api";

export interface StackElsewhere {
  readonly stack: string;
  readonly zoneId: string;
  readonly hostname: string;
  readonly sshPort: number;
  /** Line of the stack's own host key, without a comment; undefined where nobody knows it yet: then it serves nowhere. */
  readonly hostKey: () => Promise<string | undefined>;
}

/** Key lines that a host shows; none where nobody answers. */
export type HostKeysAt = (address: string, port: number) => Promise<readonly string[]>;

const scanSeconds = 5;

/** By the program that comes with ssh. */
export const scannedKeys: HostKeysAt = (address, port) =>
  new Promise((resolve) => {
    const words = ["-T", String(scanSeconds), "-t", "ed25519", "-p", String(port), address];
    const scan = spawn("ssh-keyscan", words, {
      ...{ stdio: ["ignore", "pipe", "ignore"], env: process.env },
    });
    let said = "";
    scan.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    scan.once("error", () => resolve([]));
    scan.once("close", () =>
      resolve(said.split("\n").flatMap((line) => /^[^#]\S* (\S+ \S+)/.exec(line)?.[1] ?? [])),
    );
  });

/** Why nothing may be made with this token, and what to type; undefined where it may. @throws as recordsOfName and askHetzner */
export async function elsewhereProblem(
  clouds: { readonly hetzner: HetznerApi; readonly cloudflare: CloudflareApi },
  { stack, zoneId, hostname, sshPort, hostKey }: StackElsewhere,
  keysAt: HostKeysAt = scannedKeys,
): Promise<string | undefined> {
  for (const { type, content } of await recordsOfName(clouds.cloudflare, zoneId, hostname)) {
    if (type !== "A") continue;
    const { primary_ips: here = [] } = (await askHetzner(
      clouds.hetzner,
      `primary_ips?${new URLSearchParams({ ip: content }).toString()}`,
    )) as { primary_ips?: readonly unknown[] };
    if (here.length > 0) continue;
    const own = await hostKey();
    if (own === undefined || !(await keysAt(content, sshPort)).includes(own)) continue;
    return (
      `hcloud:token: ${hostname} points at ${content}, where this stack's own server answers, and the token's project has no such ` +
      "address: it is the token of another project. All would be made a second time, beside a server that serves on. Take the " +
      `right one: pulumi config set --stack ${stack} --secret hcloud:token. What a refresh with the wrong one has made Pulumi ` +
      "forget, the next up says how to take over. Is the server to be left there? Shut it down first"
    );
  }
  return undefined;
}
