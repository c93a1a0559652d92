// Makes what something is mounted over in a gateway's state, with the uid of its files: SOUL.md, and where its workspaces are.
// Usage: node soul-place.mjs STATE
// What stands in its way is renamed and named: a gateway that could veto its own start by one odd file would do so.
import { chmodSync, closeSync, lstatSync, mkdirSync, openSync, renameSync } from "node:fs";

process.chdir(process.argv[2]);
process.umask(0o077);
const time = new Date().toISOString().replace(/\.\d+|[-:]/g, "");

/** @returns true when there is one of the right kind */
function there(path, kind) {
  const state = lstatSync(path, { throwIfNoEntry: false });
  if (state === undefined) return false;
  if (kind === "directory" ? state.isDirectory() : state.isFile()) return true;
  renameSync(path, `${path}.odd-${time}`);
  console.error(`soul-place: renamed ${path}, which is no ${kind}`);
  return false;
}

chmodSync(".", 0o700 | (lstatSync(".").mode & 0o777));
if (!there("workspace", "directory")) mkdirSync("workspace");
chmodSync("workspace", 0o700 | (lstatSync("workspace").mode & 0o777));
if (!there("sandboxes", "directory")) mkdirSync("sandboxes");
if (!there("workspace/SOUL.md", "file")) closeSync(openSync("workspace/SOUL.md", "ax"));
