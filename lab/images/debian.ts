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

/** Reference of the smallest Debian of a suite: what the published debian:<suite>-slim holds. */
export const debianRef = (suite: Suite): string =>
  `clawkeep-debian:${suite}-${contentKey([suite, "minbase", "2"])}`;

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
      ...["--variant=minbase", `--cache-dir=${packages}`],
      ...[suite, root, (await debianMirrors()).debian],
    ]);
    await run("sh", ["-c", 'rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/*', "-", root]);
    const tarball = join(scratch, "root.tar");
    await run("tar", ["-C", root, "--numeric-owner", "-cf", tarball, "."]);
    await docker(["import", "--change", `LABEL ${labLabel}`, tarball, ref]);
  });
  return ref;
});

/** Where this machine gets Debian from. */
export interface DebianMirrors {
  readonly debian: string;
  readonly security: string;
}

/** @throws Error when this machine's own apt does not name both */
export async function debianMirrors(): Promise<DebianMirrors> {
  const codename = /VERSION_CODENAME=(\w+)/.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "";
  // The lines that apt itself would fetch first: `'http://MIRROR/dists/SUITE/InRelease' name size`.
  return mirrorsOf(await run("apt-get", ["update", "--print-uris"]), codename);
}

/** The mirrors among what apt would fetch on a machine of that release. */
export function mirrorsOf(planned: string, codename: string): DebianMirrors {
  const found = [...planned.matchAll(/^'(\S+)\/dists\/([a-z-]+)\//gm)];
  const mirror = (suite: string): string => {
    const address = found.find(([, , named]) => named === suite)?.[1];
    if (address !== undefined) return address;
    throw new Error(
      `this machine's apt names no Debian mirror with ${suite}: add one to /etc/apt/sources.list.d, run apt-get update`,
    );
  };
  return { debian: mirror(codename), security: mirror(`${codename}-security`) };
}
