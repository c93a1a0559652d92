/** The host of a stack: a server made at Hetzner, or one that is there. */
import { z } from "zod";
import { cgroupDrivers } from "./cgroups";
import { cidr, filled, port } from "./fields";
import { locations, serverImages, serverTypeProblem } from "./hetzner";

/** True for a public key line, false for the name of a key at Hetzner, which may be any text: `ssh-key-1`, `My MacBook`. */
export const isKeyLine = (sshKey: string): boolean => /^(ssh|sk|ecdsa)-\S+ AAAA/.test(sshKey);
const sshKey = filled.refine(
  (text) =>
    isKeyLine(text)
      ? /^(ssh-ed25519|sk-ssh-ed25519@openssh\.com) AAAA[A-Za-z0-9+/=]+( \P{Cc}*)?$/u.test(text)
      : /^(?!\s)[^\p{Cc}]{1,255}(?<!\s)$/u.test(text),
  "is neither an ssh-ed25519 or sk-ssh-ed25519@openssh.com public key line nor the name of a key at Hetzner",
);
/** Any public key line, with or without a comment. */
const anySshKey = filled.regex(
  /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) AAAA[A-Za-z0-9+/=]+( \P{Cc}*)?$/u,
  "is not a public key line, as ssh-add -L prints it",
);
/** The address that SSH goes to is IPv4, so whoever has IPv6 addresses alone would not come in. */
const adminCidrs = (element: typeof cidr, none?: string, most = Infinity) =>
  z
    .array(element)
    .refine(
      (list) => list.length <= most,
      `has more than ${most} networks, and a rule of Hetzner's firewall takes no more: name larger ones, which hold several`,
    )
    .min(1, none === undefined ? {} : { error: none })
    .refine(
      (list) => list.length === 0 || list.some((each) => !each.includes(":")),
      "has no IPv4 address, and SSH goes to the host's IPv4 address: nobody could administer it. Name an IPv4 network too",
    );
/** The public name's HTTPS is there. */
const sshPort = port.refine(
  (number) => number !== 443,
  "is the port that Cloudflare reaches HTTPS on: take another",
);
const both = {
  /** Port sshd listens on. `hcloud`: where it will listen (default 9922). `existing`: where it listens today. */
  sshPort: sshPort.default(9922),
  /** Size in MiB of the swap file that a host without swap gets; 0: none. The guide's is 4 GB. Containers have no part in it. */
  swapMiB: z
    .int()
    .min(0)
    .max(65_536)
    .refine((size) => size === 0 || size >= 64, "is less than 64 MiB; 0 means none")
    .default(4096),
  /** Who makes control groups for the host's Docker; `cgroupfs` where the kernel has version 1 of them alone. It is looked at there. */
  cgroupDriver: z.enum(cgroupDrivers).default("systemd"),
};

export const hcloudHost = z.strictObject({
  mode: z.literal("hcloud"),
  location: z.enum(locations),
  serverType: z.string().superRefine((type, context) => {
    const problem = serverTypeProblem(type);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  }),
  image: z
    .enum(serverImages, {
      error: ({ input }) =>
        input === "debian-12"
          ? `has Docker 20.10 in its archive, and API 1.44 (Docker 25) is needed: take one of ${serverImages.join(", ")}`
          : undefined,
    })
    .default("debian-13"),
  /** Size of the state volume in GiB; it can grow later, never shrink. */
  volumeGiB: z.int().min(10).max(10240).default(20),
  /** Addresses that may reach SSH; never all of them. */
  adminCidrs: adminCidrs(
    cidr.refine(
      (text) => !/^[^/]*\/0$/.test(text),
      "is the whole Internet: name the addresses that you administer from",
    ),
    "is empty, so nobody could administer the server: name the addresses that you do it from",
    100,
  ),
  /**
   * Public half of the key that ssh-agent holds; root-equivalent on the server. Hetzner takes a key once in a project:
   * the second stack names the one of the first (clawkeep-prod) instead. One in hardware (sk-ssh-ed25519@openssh.com)
   * wants a touch at every login, and an `up` logs in dozens of times.
   */
  sshKey,
  ...both,
});

export const existingHost = z.strictObject({
  mode: z.literal("existing"),
  /** IPv4, because the public DNS record of an active stack points at it. */
  address: z.ipv4({ error: "is not an IPv4 address" }),
  ipv6Address: z.ipv6().optional(),
  /** One of the host's own keys, as ssh-keyscan prints it without the name. Never taken on trust at first contact. */
  hostKey: z.string().refine((text) => /^(ecdsa-sha2-nistp256|ssh-ed25519) AAAA[A-Za-z0-9+/=]+$/.test(text), {
    error: "is not an ssh-ed25519 or ecdsa-sha2-nistp256 host key line",
  }),
  /**
   * Memory that the host is sold with, in MiB, so that the budget can be checked before anything is touched: 8192 for
   * one of 8 GB, though it shows 7.6 to 7.9 GiB. What it really has is looked at on the host.
   */
  memoryMiB: z.int().min(1024),
  /** Addresses that may reach SSH through the host's firewall. Absent: SSH stays as open as it is, at a limited rate. */
  adminCidrs: adminCidrs(cidr).optional(),
  /** Public half of the key that root takes. Needed only where the agent holds more than six keys, to see its place. */
  sshKey: anySshKey.optional(),
  ...both,
  sshPort: sshPort.default(22),
});

export type HcloudHost = z.infer<typeof hcloudHost>;
