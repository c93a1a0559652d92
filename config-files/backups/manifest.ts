/** What a snapshot says of the stack that has made it: a restore refuses to give newer state to older software. */
import { releaseProfiles, type ReleaseLine } from "../../config/release-lines";
import type { Images } from "../../config/images";

/**
 * @param version of this program
 * @param images references, with the digest where the pin has one
 */
export const backupManifest = (
  version: string,
  images: Images,
  gateways: readonly { readonly name: string; readonly release: ReleaseLine }[],
): Record<string, unknown> => ({
  version,
  gateways: Object.fromEntries(
    gateways.map(({ name, release }) => [name, { release, image: images[releaseProfiles[release].image] }]),
  ),
  images,
});
