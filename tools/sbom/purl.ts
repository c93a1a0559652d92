/** Package URLs: the names by which databases of vulnerabilities know a package. */
import type { Package } from "./packages";

/** Distribution that a Debian or Alpine package belongs to. */
export type Distribution = { readonly id: string; readonly version: string } | undefined;

export function packageUrl(found: Package, distribution: Distribution): string {
  const { kind, version } = found;
  const system = distribution?.id ?? (kind === "apk" ? "alpine" : "debian");
  const qualifiers = {
    arch: found.architecture,
    distro: distribution === undefined ? undefined : `${distribution.id}-${distribution.version}`,
  };
  switch (kind) {
    case "deb":
    case "apk":
      return purl(kind, [system.toLowerCase()], found.name.toLowerCase(), version, qualifiers);
    case "pypi":
      return purl(kind, [], found.name.toLowerCase().replaceAll("_", "-"), version);
    case "npm":
    case "golang": {
      const parts = found.name.split("/");
      return purl(kind, parts.slice(0, -1), parts.at(-1) ?? "", version);
    }
  }
}

/** An image by its digest in the registry. @param reference `repository:tag@sha256:…` or less */
export function imageUrl(reference: string, digest: string): string {
  const repository = reference.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
  const tag = /:([^/:@]+)(?:@|$)/.exec(reference)?.[1];
  return purl("oci", [], (repository.split("/").at(-1) ?? "").toLowerCase(), digest, {
    repository_url: repository,
    tag,
  });
}

function purl(
  type: string,
  namespace: readonly string[],
  name: string,
  version: string,
  qualifiers: Readonly<Record<string, string | undefined>> = {},
): string {
  const path = [...namespace, name].filter((part) => part !== "").map(encode);
  const query = Object.entries(qualifiers)
    .flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${encode(value)}`]))
    .sort();
  const end = query.length === 0 ? "" : `?${query.join("&")}`;
  return `pkg:${type}/${path.join("/")}@${encode(version)}${end}`;
}

/** Everything but letters, digits and `.-_~` is encoded. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
