/** The program itself: what its npm lock names, and the engine and providers that this stands for. */
import { z } from "zod";

const entry = z.object({
  version: z.string().optional(),
  integrity: z.string().optional(),
  dev: z.boolean().optional(),
});
const lock = z.object({
  name: z.string(),
  version: z.string(),
  packages: z.record(z.string(), entry),
});

export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** SHA-512 of the package as the registry hands it out, hexadecimal. */
  readonly sha512: string | undefined;
  /** Only for tests and checks of the program, not for a deployment. */
  readonly development: boolean;
}

export interface ProgramContents {
  readonly name: string;
  readonly version: string;
  readonly packages: readonly LockedPackage[];
  /** Pulumi's engine and provider plugins: the versions that the npm packages ask for. */
  readonly plugins: readonly { readonly name: string; readonly version: string }[];
}

/** @param text package-lock.json */
export function readLock(text: string): ProgramContents {
  const { name, version, packages: entries } = lock.parse(JSON.parse(text));
  const packages = Object.entries(entries).flatMap(([path, found]): LockedPackage[] => {
    const [, package_] = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? [];
    if (package_ === undefined || found.version === undefined) return [];
    const [, base64] = /(?:^|\s)sha512-([A-Za-z0-9+/=]+)/.exec(found.integrity ?? "") ?? [];
    return [
      {
        name: package_,
        version: found.version,
        sha512: base64 === undefined ? undefined : Buffer.from(base64, "base64").toString("hex"),
        development: found.dev === true,
      },
    ];
  });
  const plugins = packages.flatMap(({ name: full, version: number, development }) => {
    const [, short] = /^@pulumi\/(.+)$/.exec(full) ?? [];
    if (short === undefined || development) return [];
    return [{ name: short === "pulumi" ? "pulumi" : `pulumi-resource-${short}`, version: number }];
  });
  return { name, version, packages, plugins };
}
