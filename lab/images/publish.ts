import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { docker } from "../lib/docker";
import { run } from "../lib/exec";
import { withScratch } from "../lib/scratch";
import { endpoints } from "../internet/addresses";
import { registryStorage, startPushEndpoint } from "../registry/registry";
import { type PublishedImage } from "./catalogue";
import { buildLocal, localRef } from "./local-image";

/** Builds an image and puts it into the lab's registry. @returns false when it was there already */
export async function publish(item: PublishedImage): Promise<boolean> {
  if (isPublished(item)) return false;
  const { repository, tag } = place(item.ref);
  const local = await buildLocal(item.image);
  await startPushEndpoint();
  const at = (name: string): string => `docker://${endpoints.registryPush}/${repository}:${name}`;
  await withScratch(async (scratch) => {
    const archive = join(scratch, "image.tar");
    await docker(["save", "--output", archive, local]);
    // The engine's own push compresses twice as long for a sixth less, on one core.
    await copyImage(`docker-archive:${archive}`, at(tag), ["--dest-compress-level", "1"]);
  });
  // The second tag says which inputs the first one was made from.
  await copyImage(at(tag), at(inputsTag(item)));
  return true;
}

async function copyImage(from: string, to: string, flags: readonly string[] = []): Promise<void> {
  const plain = ["--src-tls-verify=false", "--dest-tls-verify=false"];
  await run("skopeo", ["--insecure-policy", "copy", "--quiet", ...plain, ...flags, from, to]);
}

/** Whether the registry serves the image as its inputs stand now; reads the registry's storage, asks no server. */
export function isPublished(item: PublishedImage): boolean {
  const { repository, tag } = place(item.ref);
  const digest = storedDigest(repository, tag);
  return digest !== undefined && digest === storedDigest(repository, inputsTag(item));
}

/** Digest under which the registry serves the image; undefined when it does not. */
export function servedDigest({ ref }: PublishedImage): string | undefined {
  const { repository, tag } = place(ref);
  return storedDigest(repository, tag);
}

/** As `servedDigest`. @throws Error when the registry does not serve the image */
export function publishedDigest(item: PublishedImage): string {
  const digest = servedDigest(item);
  if (digest === undefined) throw new Error(`the lab's registry has no ${item.ref}: run make setup`);
  return digest;
}

const inputsTag = (item: PublishedImage): string => localRef(item.image).split(":").at(-1) ?? "";

// docker.io/library/redis:7 is library/redis in the registry that answers for docker.io.
function place(ref: string): { readonly repository: string; readonly tag: string } {
  const [, repository, tag] = /^[^/]+\/(.+):([^:]+)$/.exec(ref) ?? [];
  if (repository === undefined || tag === undefined) throw new Error(`${ref} is not HOST/NAME:TAG`);
  return { repository, tag };
}

function storedDigest(repository: string, tag: string): string | undefined {
  const manifests = join(registryStorage(), "docker/registry/v2/repositories", repository, "_manifests");
  const link = join(manifests, "tags", tag, "current/link");
  return existsSync(link) ? readFileSync(link, "utf8") : undefined;
}
