/** Which tags of an image count as releases of the line that is deployed, so that `make pins PINS=--bump` stays in it. */
import { compareVersions, repositoryNames } from "../../config/image-rules";
import { pinProblem, type ImageName } from "../../config/images";

interface ReleaseLine {
  /** Form of the tags that count; the group is the version. A tag with another suffix is another image. */
  readonly tags: RegExp;
  /** Numbers in the version of an exact release. A tag with fewer names a series and moves by design. */
  readonly exact: number;
  /** Leading numbers that stay as they are. */
  readonly kept: number;
  /** True where the publisher puts rebuilds (a base with newer packages) under the same tag; that is no attack as such. */
  readonly rebuilt: boolean;
}

/** By software: the images of OpenClaw's release lines are named alike. */
const bySoftware: Readonly<Record<(typeof repositoryNames)[ImageName], ReleaseLine>> = {
  /** 2026.9.x, 2026.2.x */
  openclaw: { tags: /^(\d{4}\.\d+\.\d+)$/, exact: 3, kept: 2, rebuilt: false },
  /** v1.103.x */
  litellm: { tags: /^v(\d+\.\d+\.\d+)$/, exact: 3, kept: 2, rebuilt: false },
  /** 7.4.x-bookworm */
  redis: { tags: /^(\d+\.\d+\.\d+)-bookworm$/, exact: 3, kept: 2, rebuilt: true },
  /** A channel without releases: the tag stays, and what is behind it is held by the digest alone. */
  squid: { tags: /^(\d+\.\d+)-24\.04_edge$/, exact: 3, kept: 2, rebuilt: true },
  /** 2.10.x */
  caddy: { tags: /^(\d+\.\d+\.\d+)$/, exact: 3, kept: 2, rebuilt: true },
  /** 24.x.y-bookworm-slim */
  node: { tags: /^(\d+(?:\.\d+\.\d+)?)-bookworm-slim$/, exact: 3, kept: 1, rebuilt: true },
  /** 29.x.y-cli */
  docker: { tags: /^(\d+(?:\.\d+\.\d+)?)-cli$/, exact: 3, kept: 1, rebuilt: true },
  /** bookworm-YYYYMMDD-slim */
  debian: { tags: /^bookworm-?(\d{8})?-slim$/, exact: 1, kept: 0, rebuilt: true },
};

export const releaseLines = Object.fromEntries(
  Object.entries(repositoryNames).map(([name, software]) => [name, bySoftware[software]]),
) as Readonly<Record<ImageName, ReleaseLine>>;

const numbers = (version: string): string[] => version.split(".").filter((part) => part !== "");

/** True where the tag names a series (`24-bookworm-slim`) or a channel, so that only a digest holds it. */
export function isSeries(name: ImageName, tag: string): boolean {
  const match = releaseLines[name].tags.exec(tag);
  return match !== null && numbers(match[1] ?? "").length < releaseLines[name].exact;
}

/**
 * Newest exact release among `offered` in the line of `tag`, without those that must not be deployed.
 * @param reference of a tag, to be judged
 * @returns `tag` itself where none is newer
 */
export function newestInLine(
  name: ImageName,
  tag: string,
  offered: readonly string[],
  reference: (tag: string) => string,
): string {
  const line = releaseLines[name];
  const current = line.tags.exec(tag);
  if (current === null) return tag;
  const kept = numbers(current[1] ?? "").slice(0, line.kept);
  const candidates = offered.flatMap((other) => {
    const version = line.tags.exec(other)?.[1] ?? "";
    const same = kept.every((number, index) => numbers(version)[index] === number);
    if (!same || numbers(version).length !== line.exact) return [];
    return pinProblem(name, reference(other)) === undefined ? [{ tag: other, version }] : [];
  });
  const newest = candidates.sort((a, b) => compareVersions(b.version, a.version))[0];
  if (newest === undefined) return tag;
  // An exact release is what a series is to be replaced by, whatever their numbers.
  return isSeries(name, tag) || compareVersions(newest.version, current[1] ?? "") > 0 ? newest.tag : tag;
}
