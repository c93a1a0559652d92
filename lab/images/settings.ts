import { onDemand, published, type PublishedImage } from "./catalogue";
import { publishedDigest, servedDigest } from "./publish";

/** Repository -> row of `clawkeep:images`. */
const rows: Readonly<Record<string, string>> = {
  "ghcr.io/openclaw/openclaw": "openclaw",
  "ghcr.io/berriai/litellm": "litellm",
  "docker.io/library/redis": "redis",
  "docker.io/ubuntu/squid": "squid",
  "docker.io/library/caddy": "caddy",
  "docker.io/restic/restic": "restic",
  "docker.io/library/node": "node",
  "docker.io/library/docker": "dockerCli",
  "docker.io/library/debian": "sandboxBase",
};

/** Row of `clawkeep:images` -> the image that the lab has for it. */
function imagesByRow(): Map<string, PublishedImage> {
  const images = new Map<string, PublishedImage>();
  for (const item of [...published, ...onDemand]) {
    const repository = item.ref.replace(/:[^:/]*$/, "");
    const row = item.ref.startsWith(`${repository}:2026.2.`) ? "openclaw2026_2" : rows[repository];
    if (row === undefined)
      throw new Error(`lab/images/settings.ts: to which row of clawkeep:images does ${item.ref} belong?`);
    // The first of several versions is the one that is deployed.
    if (!images.has(row)) images.set(row, item);
  }
  return images;
}

/** `clawkeep:images` with the tags that the lab serves: those of the published images. */
export const imageSettings = (): Record<string, string> =>
  Object.fromEntries([...imagesByRow()].map(([row, { ref }]) => [row, ref]));

/**
 * `clawkeep:images` of the lab's stacks: by tag and digest, as a real stack has them. The digests are those of the lab's own
 * registry, which has images of its own under the published names and tags. What is only made when a test asks for it goes
 * by its tag until then.
 *
 * @throws Error where the registry lacks an image of the rehearsal
 */
export const deployedImages = (): Record<string, string> =>
  Object.fromEntries(
    [...imagesByRow()].map(([row, item]) => {
      const digest = onDemand.includes(item) ? servedDigest(item) : publishedDigest(item);
      return [row, digest === undefined ? item.ref : `${item.ref}@${digest}`];
    }),
  );
