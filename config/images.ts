import { releaseProblem, repositoryNames, type ImageName } from "./image-rules";

/**
 * Image pins, the one home of every image reference. A pin is `repository:tag`, and `repository:tag@sha256:…`
 * where the digest is known; `clawkeep:images` overrides single rows (a mirror, a newer patch).
 *
 * The digests are those that other projects had pinned in public by 28 November 2026, of the index of all platforms. None
 * was asked for at its registry by us: one that is wrong brings no other image, but a refusal. `make pins` compares.
 */
export const imagePins = {
  /** The gateway's published image; the derived image adds the Docker command line client. */
  openclaw:
    "ghcr.io/openclaw/openclaw:2026.9.6@sha256:0a5ff5e682e62afa19149df126aa50063bf65ef885b5c94713ce32dc0eb12e15",
  /** The same of the older release line, for gateways with `release: "2026.2"`. */
  openclaw2026_2:
    "ghcr.io/openclaw/openclaw:2026.2.26@sha256:ce9347548afa0b6bdd1d262060535ba04baf0b19cde0fc211c8039492647d1b1",
  litellm:
    "ghcr.io/berriai/litellm:v1.104.0@sha256:625981c83410a3ea68eb0697590a57ec1d764d634514d54fa5db0591077ee839",
  redis:
    "docker.io/library/redis:7.4.11-bookworm@sha256:c6eabf748fc7a61dbb5a705c78bcf3d6377b1127a97d0ce965c11c44ba46896f",
  squid:
    "docker.io/ubuntu/squid:6.6-24.04_edge@sha256:8a3baed477e2c282ab8aa5edad442f69873246964f225c5c2ae8364b6610963c",
  caddy:
    "docker.io/library/caddy:2.11.4@sha256:df7f1c2fb114453b951de51a98efc010db1655a92c2e86be6706714e2417a78d",
  /** Base of the socket proxy and the relay. */
  node: "docker.io/library/node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6",
  /** Where the gateway's Docker command line client comes from (API 1.44 or newer: Engine 29 refuses older). */
  dockerCli:
    "docker.io/library/docker:29.8.2-cli@sha256:b1805116a6a86cc591b5d5f60a910a0715cdcc9d18d866ad68b1457ead25c35c",
  /** What makes snapshots and reads them; brings ssh for repositories behind it. */
  restic:
    "docker.io/restic/restic:0.18.1@sha256:39d9072fb5651c80d75c7a811612eb60b4c06b32ffe87c2e9f3c7222e1797e76",
  /** Base of the sandboxes. */
  sandboxBase:
    "docker.io/library/debian:bookworm-20261005-slim@sha256:7c7b2c966bc9ee8cedfeef67e0e279108992c77681fa595db4a9d65c06ccc587",
} as const satisfies Record<ImageName, string>;

export type { ImageName };

export type Images = Readonly<Record<ImageName, string>>;

/** A reference in parts. */
export interface ImageReference {
  /** Registry's host, with its port where it has one. */
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
  /** `sha256:…`, where the digest is known. */
  readonly digest: string | undefined;
}

const form =
  /^([a-z0-9.-]+(?::\d+)?)\/([a-z0-9._-]+(?:\/[a-z0-9._-]+)*):([A-Za-z0-9_][A-Za-z0-9._-]{0,127})(?:@(sha256:[0-9a-f]{64}))?$/;

/** @returns undefined where the text is no `registry/repository:tag` with or without a digest */
export function parseReference(reference: string): ImageReference | undefined {
  const [, registry, repository, tag, digest] = form.exec(reference) ?? [];
  if (registry === undefined || repository === undefined || tag === undefined) return undefined;
  // Docker takes a first part without dot or port for a user of Docker Hub, not for a registry.
  if (!/[.:]/.test(registry) && registry !== "localhost") return undefined;
  return { registry, repository, tag, digest };
}

/** Why this reference cannot be that image; undefined when it may be, or when it is no reference at all. */
export function softwareProblem(name: ImageName, reference: string): string | undefined {
  const last = parseReference(reference)?.repository.split("/").at(-1);
  const software = repositoryNames[name];
  return last === undefined || last.split(/[-_.]/).includes(software)
    ? undefined
    : `is not an image of ${software}: the last part of its repository is ${last}`;
}

/** Why this reference must not be deployed; undefined when nothing is known against it. */
export function pinProblem(name: ImageName, reference: string): string | undefined {
  const parts = parseReference(reference);
  if (parts === undefined) {
    return reference.includes("@")
      ? "is not registry/repository:tag@sha256:…: the digest has 64 lower-case hexadecimal digits"
      : "is not registry/repository:tag, with @sha256:… at the end where the digest is known";
  }
  const { tag } = parts;
  if (
    /^(latest|stable|edge|main|master|main-stable|nightly|dev|lts|current)$|(^|[-_])latest($|[-_])/.test(tag)
  )
    return `the tag ${tag} moves: name a release`;
  if (/[-.](rc|alpha|beta|dev|nightly|pre)([-.]?\d|$)/i.test(tag))
    return `the tag ${tag} is a pre-release: name a release`;
  return releaseProblem(name, tag);
}
