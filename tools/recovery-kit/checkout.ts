/** What git knows of a checkout: whether a file would be taken along, and which commit it is at. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

const git = (folder: string, ...words: readonly string[]) =>
  spawnSync("git", ["-C", folder, ...words], { encoding: "utf8" });

/** @throws Error where the path is one that `git add` would take: then the next commit has all secrets */
export function refuseTracked(path: string): void {
  const folder = dirname(resolve(path));
  if (git(folder, "rev-parse", "--is-inside-work-tree").stdout?.trim() !== "true") return;
  // 0: it is ignored.
  if (git(folder, "check-ignore", "--quiet", "--", join(folder, basename(path))).status === 0) return;
  throw new Error(
    `${path} lies in a git checkout that does not ignore it, and the page is secret: take a path outside of it, or a name ` +
      "such as kit.txt or prod.kit in Clawkeep's own checkout",
  );
}

/** `Clawkeep 0.1.0, commit 0a1b2c3d`. @param root of the checkout */
export function programOf(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const { status, stdout } = git(root, "rev-parse", "--short=12", "HEAD");
  return `version ${version}${status === 0 ? `, commit ${stdout.trim()}` : ""}`;
}
