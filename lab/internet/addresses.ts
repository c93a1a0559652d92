/**
 * Every address and name of the lab's small internet, in one place.
 *
 * The subnet is public-looking on purpose: rules that treat private ranges specially (trusted proxies, SSRF guards,
 * firewalls) must behave in the rehearsal as they do on a real VPS. The network is internal, nothing leaves it.
 */

/** The docker network on the outer engine. */
export const network = {
  name: "clawkeep-internet",
  /** The lower half, 103.22.200.0/22, is one of Cloudflare's published ranges; the upper half is not. */
  subnet4: "103.22.200.0/21",
  gateway4: "103.22.207.254",
  /** Where docker may pick an address by itself: away from every fixed one. */
  dynamicRange4: "103.22.207.0/25",
  subnet6: "2001:db8:c1a0::/48",
  gateway6: "2001:db8:c1a0::1",
} as const;

export const addresses = {
  edge: "103.22.200.10",
  dns: "103.22.204.53",
  /** The world container's own address: the control API listens here. */
  world: "103.22.204.80",
  anthropic: "103.22.204.81",
  openai: "103.22.204.82",
  voyage: "103.22.204.83",
  telegram: "103.22.204.84",
  /** The host that nobody may reach: a request seen there is a leak. */
  nobody: "103.22.204.85",
  /** Where backups go: lab/backups/storage.ts. */
  storage: "103.22.204.86",
  registry: "103.22.204.90",
  /** The outer machine: the administrator's address as the servers see it. */
  admin: network.gateway4,
} as const;

/** IPv6 addresses, in use where the bridge carries v6. */
export const addresses6 = {
  nobody: "2001:db8:c1a0::85",
  admin: network.gateway6,
} as const;

/** First address (and how many) of the servers that the Hetzner emulator makes. */
export const hetznerServers4 = { first: "103.22.205.10", count: 240 } as const;

/** Stand-ins booted by hand live in 103.22.206.0/24. */
export const handBootedServers4 = { first: "103.22.206.10", count: 240 } as const;

/** The /64 of the n-th server (n from 1), in the form the Hetzner API prints it. */
export function serverSubnet6(n: number): string {
  return `2001:db8:c1a0:${n.toString(16)}::/64`;
}

/** The address a server takes inside its /64. */
export function serverAddress6(subnet: string): string {
  return subnet.replace(/::\/64$/, "::1");
}

/** Debian's archive. It is served from the outer machine, which alone reaches a mirror. */
export const debianNames: readonly string[] = ["deb.debian.org", "security.debian.org"];

/** The place for backups. */
export const storageName = "storage.example";

/** Names that the lab's DNS answers besides the records of the Cloudflare emulator's zones. */
export const names: Readonly<Record<string, string>> = {
  "api.anthropic.com": addresses.anthropic,
  "api.openai.com": addresses.openai,
  "api.voyageai.com": addresses.voyage,
  "api.telegram.org": addresses.telegram,
  "nobody.example": addresses.nobody,
  [storageName]: addresses.storage,
  // Names that look like listed ones, and names that answer with addresses a proxy must not connect to.
  "api.anthropic.com.nobody.example": addresses.nobody,
  "xn--pi-6kc.nobody.example": addresses.nobody,
  "loopback.nobody.example": "127.0.0.1",
  "metadata.nobody.example": "169.254.169.254",
  "neighbour.nobody.example": "172.30.3.40",
  "ghcr.io": addresses.registry,
  "registry-1.docker.io": addresses.registry,
  "index.docker.io": addresses.registry,
  "auth.docker.io": addresses.registry,
  "docker.io": addresses.registry,
  "quay.io": addresses.registry,
  ...Object.fromEntries(debianNames.map((name) => [name, addresses.admin])),
};

/**
 * Providers' names have IPv6 addresses too: those that they have published, for what is of the documentation range is refused
 * as special. Nobody in the lab has them, so what takes the IPv6 address of a name gets nowhere.
 */
export const providers6: Readonly<Record<string, string>> = {
  "api.anthropic.com": "2607:6bc0::10",
  "api.telegram.org": "2001:67c:4e8:f004::9",
};

export const names6: Readonly<Record<string, string>> = {
  "nobody.example": addresses6.nobody,
  ...providers6,
};

/** Reverse names. `nobody` lies about who it is: an ACL that trusts PTR records would let it pass. */
export const reverseNames: Readonly<Record<string, string>> = {
  [addresses.anthropic]: "api.anthropic.com",
  [addresses.openai]: "api.openai.com",
  [addresses.voyage]: "api.voyageai.com",
  [addresses.telegram]: "api.telegram.org",
  [addresses.nobody]: "api.anthropic.com",
  [addresses.storage]: storageName,
  [addresses.registry]: "ghcr.io",
};

/** The zone that the Cloudflare emulator holds. */
export const zone = { name: "example.org", id: "c1a0c1a0c1a0c1a0c1a0c1a0c1a0c1a0" } as const;

/**
 * Ports and URLs of lab services. The emulators run on the outer machine: Hetzner's on loopback, Cloudflare's on the bridge, for
 * servers ask it too.
 */
export const endpoints = {
  worldControlPort: 8080,
  worldControl: `http://${addresses.world}:8080`,
  hetznerPort: 8790,
  hetzner: "http://127.0.0.1:8790/v1",
  cloudflarePort: 8791,
  cloudflare: `http://${addresses.admin}:8791/client/v4`,
  registryPush: "127.0.0.1:5055",
} as const;
