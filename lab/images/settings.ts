import { imagePins } from "../../config/images";
import { onDemand, published, type PublishedImage } from "./catalogue";
import { publishedDigest, servedDigest } from "./publish";

/** Row of `clawkeep:images` -> the image that the lab has for it: that of the pin's name and tag. */
function imagesByRow(): Map<string, PublishedImage> {
  const images = new Map<string, PublishedImage>();
  for (const item of [...published, ...onDemand]) {
    const row = Object.entries<string>(imagePins).find(
      ([, pin]) => pin.replace(/@.*$/, "") === item.ref,
    )?.[0];
    if (row === undefined)
      throw new Error(
        `lab/images/catalogue.ts: no pin of config/images.ts is ${item.ref}; mend one of the two`,
      );
    images.set(row, item);
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
