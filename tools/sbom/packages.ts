/** What package managers leave behind in a file system, read into one shape. Pure: text in, packages out. */
export const packageKinds = ["deb", "apk", "pypi", "npm", "golang"] as const;

export interface Package {
  readonly kind: (typeof packageKinds)[number];
  readonly name: string;
  readonly version: string;
  readonly architecture?: string;
  /** Path of what names it, where it is a file of its own. */
  readonly location?: string;
}

/** `/var/lib/dpkg/status`, or one of a distroless image's `/var/lib/dpkg/status.d/*`. Only what is installed. */
export function dpkgPackages(status: string): Package[] {
  return status.split(/\n\s*\n/).flatMap((paragraph) => {
    const state = field(paragraph, "Status");
    if (state !== undefined && !/ installed$/.test(state)) return [];
    return pack("deb", field(paragraph, "Package"), field(paragraph, "Version"), {
      architecture: field(paragraph, "Architecture"),
    });
  });
}

/** Alpine's and Wolfi's `/lib/apk/db/installed`. */
export function apkPackages(installed: string): Package[] {
  return installed.split(/\n\s*\n/).flatMap((paragraph) => {
    const line = (letter: string): string | undefined =>
      new RegExp(`^${letter}:(.+)$`, "m").exec(paragraph)?.[1]?.trim();
    return pack("apk", line("P"), line("V"), { architecture: line("A") });
  });
}

/** `METADATA` of a `.dist-info`, or `PKG-INFO` of an `.egg-info`. */
export function pythonPackage(metadata: string, location: string): Package[] {
  // What follows the first empty line is the description, free text.
  const [header = ""] = metadata.replaceAll("\r\n", "\n").split("\n\n", 1);
  return pack("pypi", field(header, "Name"), field(header, "Version"), { location });
}

/** A `package.json`. Not everything called so is a package: one without a name and a version is none. */
export function nodePackage(text: string, location: string): Package[] {
  try {
    const { name, version } = JSON.parse(text) as { name?: unknown; version?: unknown };
    return pack("npm", name, version, { location });
  } catch {
    return [];
  }
}

/** Name and version of the distribution in `/etc/os-release`. */
export function osRelease(text: string): { readonly id: string; readonly version: string } | undefined {
  const value = (key: string): string | undefined =>
    new RegExp(`^${key}=["']?([^"'\\n]*)["']?$`, "m").exec(text)?.[1];
  const id = value("ID");
  // Debian's testing has no version.
  return id === undefined ? undefined : { id, version: value("VERSION_ID") ?? "unknown" };
}

function field(paragraph: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(.+)$`, "mi").exec(paragraph)?.[1]?.trim();
}

function pack(
  kind: Package["kind"],
  name: unknown,
  version: unknown,
  more: { readonly architecture?: string | undefined; readonly location?: string },
): Package[] {
  if (typeof name !== "string" || typeof version !== "string" || name === "" || version === "") return [];
  const { architecture, location } = more;
  return [
    {
      kind,
      name,
      version,
      ...(architecture === undefined ? {} : { architecture }),
      ...(location === undefined ? {} : { location }),
    },
  ];
}
