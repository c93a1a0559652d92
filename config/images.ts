/**
 * Image pins, the one home of every image reference. A pin is `repository:tag`, and `repository:tag@sha256:…`
 * where the digest is known; `clawkeep:images` overrides single rows (a mirror, a newer patch).
 */
export const imagePins = {
  /** The gateway's published image; the derived image adds the Docker command line client. */
  openclaw: "ghcr.io/openclaw/openclaw:2026.9.6",
  litellm: "ghcr.io/berriai/litellm:v1.103.7",
  redis: "docker.io/library/redis:7.4.7-bookworm",
  squid: "docker.io/ubuntu/squid:6.6-24.04_edge",
  caddy: "docker.io/library/caddy:2.10.2",
  /** Base of the socket proxy and the relay. */
  node: "docker.io/library/node:24-bookworm-slim",
  /** Where the gateway's Docker command line client comes from (API 1.44 or newer: Engine 29 refuses older). */
  dockerCli: "docker.io/library/docker:29-cli",
  /** Base of the sandboxes. */
  sandboxBase: "docker.io/library/debian:bookworm-slim",
} as const;

export type ImageName = keyof typeof imagePins;
export type Images = Readonly<Record<ImageName, string>>;

/** LiteLLM releases that must never run: remote code execution through the MCP test routes (CVE-2026-42271). */
const litellmBad = { from: [1, 74, 2], to: [1, 83, 6] } as const;

/** Why this reference must not be deployed; undefined when nothing is known against it. */
export function pinProblem(name: ImageName, reference: string): string | undefined {
  const match = /^[a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9._-]+)+:([A-Za-z0-9._-]+)(?:@sha256:[0-9a-f]{64})?$/.exec(
    reference,
  );
  const tag = match?.[1];
  if (tag === undefined)
    return "is not registry/repository:tag, with @sha256:… at the end where the digest is known";
  if (/^(latest|stable|edge|main|main-stable|nightly)$/.test(tag))
    return `the tag ${tag} moves: name a release`;
  if (name === "litellm") {
    const version = /^v?(\d+)\.(\d+)\.(\d+)/.exec(tag)?.slice(1, 4).map(Number);
    if (version === undefined)
      return "the tag names no LiteLLM version, so known bad releases cannot be told";
    if (compare(version, litellmBad.from) >= 0 && compare(version, litellmBad.to) <= 0) {
      return "LiteLLM 1.74.2 to 1.83.6 has a known exploited remote code execution: 1.83.7 or newer";
    }
  }
  return undefined;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < 3; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
