import { Refusal } from "../http-service/refusal";

const flags = ["rw", "nosuid", "nodev", "noexec"];
const size = /^size=([1-9][0-9]{0,8})([kmg])$/;
const unitMiB = { k: 1 / 1024, m: 1, g: 1024 };

/**
 * Rebuilds HostConfig.Tmpfs: mount points from the list only, always nosuid, nodev and noexec, always with a size.
 *
 * @throws {Refusal} 403 `tmpfs`
 */
export function rebuildTmpfs(
  requested: { readonly [mountPoint: string]: string },
  limitsMiB: { readonly [mountPoint: string]: number },
): { readonly [mountPoint: string]: string } {
  return Object.fromEntries(
    Object.entries(requested).map(([mountPoint, options]) => {
      const limit = Object.hasOwn(limitsMiB, mountPoint) ? limitsMiB[mountPoint] : undefined;
      if (limit === undefined)
        throw new Refusal(403, "tmpfs", "a tmpfs is at a mount point that is not on the list");
      return [mountPoint, `rw,nosuid,nodev,noexec,size=${Math.floor(sizeMiB(options, limit) * 1024)}k`];
    }),
  );
}

function sizeMiB(options: string, limit: number): number {
  let wanted = limit;
  for (const option of options.split(",")) {
    const match = size.exec(option);
    if (match !== null) wanted = Number(match[1]) * unitMiB[match[2] as "k" | "m" | "g"];
    else if (!flags.includes(option))
      throw new Refusal(403, "tmpfs", "a tmpfs has an option that is not on the list");
  }
  if (wanted > limit) throw new Refusal(403, "tmpfs", `a tmpfs is larger than ${limit} MiB`);
  return wanted;
}
