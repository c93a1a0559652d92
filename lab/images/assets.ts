import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir } from "../lib/paths";
import { withScratch } from "../lib/scratch";
import { contentKey } from "./content-key";

/** A folder of files that is downloaded or compiled once and then part of image builds. */
export interface Asset {
  readonly name: string;
  /** Everything the result depends on; where the recipe in `make` changes, a number that counts up. */
  readonly inputs: readonly string[];
  make(dir: string): Promise<void>;
}

export const assetKey = (asset: Asset): string => contentKey([asset.name, ...asset.inputs]);

/** @returns the folder with the asset's files; made when it is not in the cache yet */
export async function assetDir(asset: Asset): Promise<string> {
  const dir = join(cacheDir(), "assets", `${asset.name}-${assetKey(asset)}`);
  if (existsSync(dir)) return dir;
  await mkdir(join(dir, ".."), { recursive: true });
  await withScratch(async (scratch) => {
    const draft = join(scratch, asset.name);
    await mkdir(draft);
    await asset.make(draft);
    await rename(draft, dir);
  });
  return dir;
}
