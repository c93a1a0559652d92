import { releaseProblem, repositoryNames, type ImageName } from "./image-rules";

/**
 * Image pins, the one home of every image reference. A pin is `repository:tag`, and `repository:tag@sha256:…`
 * where the digest is known; `clawkeep:images` overrides single rows (a mirror, a newer patch).
 *
 * No row has a digest yet: a digest is worth what the registry says on the day it is asked, and none has been asked.
 * `make pins PINS=--write` asks and writes them here.
 */
export const imagePins = {
  /** The gateway's published image; the derived image adds the Docker command line client. */
  openclaw: "ghcr.io/openclaw/openclaw:2026.9.6",
  /** The same of the older release line, for gateways with `release: "2026.2"`. */
  openclaw2026_2: "ghcr.io/openclaw/openclaw:2026.2.17",
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
