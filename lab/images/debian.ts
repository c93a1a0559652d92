import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { docker, inspect, labLabel } from "../lib/docker";
import { run } from "../lib/exec";
import { cacheDir } from "../lib/paths";
import { withScratch } from "../lib/scratch";
import { oncePerKey } from "../lib/turns";
import { contentKey } from "./content-key";

export type Suite = "bookworm" | "trixie";

/** Reference of the smallest Debian of a suite, with CA certificates. */
export const debianRef = (suite: Suite): string =>
  `clawkeep-debian:${suite}-${contentKey([suite, "minbase", "1"])}`;

/** Makes it with debootstrap from the mirror that this machine's own apt uses. Needs root. */
export const debianBase: (suite: Suite) => Promise<string> = oncePerKey(async (name) => {
  const suite = name as Suite;
  const ref = debianRef(suite);
  if ((await inspect("image", ref, "{{.Id}}")) !== undefined) return ref;
  const packages = join(cacheDir(), "debs", suite);
  await mkdir(packages, { recursive: true });
  await withScratch(async (scratch) => {
    const root = join(scratch, "root");
    await run("debootstrap", [
      ...["--variant=minbase", "--include=ca-certificates", `--cache-dir=${packages}`],
      ...[suite, root, await debianMirror()],
    ]);
    await run("sh", ["-c", 'rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/*', "-", root]);
    const tarball = join(scratch, "root.tar");
    await run("tar", ["-C", root, "--numeric-owner", "-cf", tarball, "."]);
    await docker(["import", "--change", `LABEL ${labLabel}`, tarball, ref]);
  });
  return ref;
});

async function debianMirror(): Promise<string> {
  // The line that apt itself would fetch first: `'http://MIRROR/dists/SUITE/InRelease' name size`.
  const planned = await run("apt-get", ["update", "--print-uris"]);
  const mirrors = [...planned.matchAll(/^'(\S+)\/dists\/([a-z]+)\//gm)];
  const codename = /VERSION_CODENAME=(\w+)/.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
  const mirror = mirrors.find(([, , suite]) => suite === codename)?.[1];
  if (mirror === undefined) {
    throw new Error(
      "this machine's apt names no Debian mirror: add one for its own suite to /etc/apt/sources.list.d",
    );
  }
  return mirror;
}
