import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { docker, inspect, labLabel } from "../lib/docker";
import { run } from "../lib/exec";
import { withScratch } from "../lib/scratch";
import { oncePerKey } from "../lib/turns";
import { type Asset, assetDir, assetKey } from "./assets";
import { contentKey, folderParts } from "./content-key";
import { debianBase, debianRef, type Suite } from "./debian";

/** An image of the outer engine, made from a folder with a Dockerfile. */
export interface LocalImage {
  readonly name: string;
  /** Holds the Dockerfile; all of it is the build context. */
  readonly folder: string;
  /** What the Dockerfile's `FROM ${BASE}` stands for. */
  readonly base: Suite | LocalImage;
  /** Put into the build context under `assets/<asset name>/`. */
  readonly assets?: readonly Asset[];
}

/** Reference of the image; its tag is a hash of everything that goes into it, so it is known before it is built. */
export function localRef(image: LocalImage): string {
  const assets = (image.assets ?? []).map(assetKey);
  return `clawkeep-${image.name}:${contentKey([baseRef(image.base), ...assets, ...folderParts(image.folder)])}`;
}

/** Builds the image and what it is based on, as far as the engine does not have them. */
export async function buildLocal(image: LocalImage): Promise<string> {
  const ref = localRef(image);
  wanted.set(ref, image);
  return buildOnce(ref);
}

const wanted = new Map<string, LocalImage>();

// Several images share a base and are built side by side.
const buildOnce = oncePerKey(async (ref) => {
  const image = wanted.get(ref);
  if (image === undefined) throw new Error(`${ref} was not asked for by buildLocal`);
  if ((await inspect("image", ref, "{{.Id}}")) !== undefined) return ref;
  const base = typeof image.base === "string" ? await debianBase(image.base) : await buildLocal(image.base);
  await withScratch(async (context) => {
    await cp(image.folder, context, { recursive: true });
    for (const asset of image.assets ?? []) {
      await mkdir(join(context, "assets"), { recursive: true });
      // Hard links: the cache is on the same file system and the context is only read.
      await run("cp", ["-al", await assetDir(asset), join(context, "assets", asset.name)]);
    }
    // The machine's own network, because the package mirror is reached by it.
    await docker([
      ...["build", "--quiet", "--force-rm", "--network", "host", "--label", labLabel],
      ...["--build-arg", `BASE=${base}`, "--tag", ref, context],
    ]);
  });
  return ref;
});

function baseRef(base: LocalImage["base"]): string {
  return typeof base === "string" ? debianRef(base) : localRef(base);
}
