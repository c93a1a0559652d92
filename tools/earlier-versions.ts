/**
 * Makes a whole repository of what `rclone copy --s3-versions REMOTE:BUCKET/FOLDER FROM` has brought: of each file the version
 * that holds what its name says, whatever was overwritten or deleted since. FROM is only read.
 *
 *   npx tsx tools/earlier-versions.ts FROM TO
 */
import { createHash } from "node:crypto";
import { createReadStream, copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { chooseVersions, type Version } from "./earlier-versions/choose";
import { complain, endWith, say } from "./terminal";

async function read(from: string): Promise<Version[]> {
  const files = readdirSync(from, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const versions: Version[] = [];
  for (const { parentPath, name } of files) {
    const path = join(parentPath, name);
    const hash = createHash("sha256");
    await pipeline(createReadStream(path), hash);
    versions.push({ path: relative(from, path), sha256: hash.digest("hex") });
  }
  return versions;
}

async function main([from, to]: readonly string[]): Promise<void> {
  if (from === undefined || to === undefined)
    throw new Error("usage: npx tsx tools/earlier-versions.ts FROM TO");
  // Not over one that is there.
  mkdirSync(to);
  const { chosen, lost } = chooseVersions(await read(from));
  for (const [name, path] of chosen) {
    mkdirSync(dirname(join(to, name)), { recursive: true });
    copyFileSync(join(from, path), join(to, name));
  }
  for (const name of lost) complain(`no version of ${name} holds what it should`);
  say(`${chosen.size} files; next: restic --repo ${to} check --read-data`);
  if (lost.length > 0) process.exitCode = 1;
}

main(process.argv.slice(2)).catch((error: unknown) => endWith(error));
