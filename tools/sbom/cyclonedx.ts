/** The document: CycloneDX 1.6, one component for the host, one for each image, one for the program, parts inside them. */
import { parseReference } from "../../config/images";
import type { HostContents, HostImage } from "./host";
import type { Package } from "./packages";
import type { LockedPackage, ProgramContents } from "./program";
import { imageUrl, packageUrl, type Distribution } from "./purl";

export interface Component {
  readonly type: "application" | "library" | "container" | "operating-system" | "platform";
  readonly "bom-ref": string;
  readonly name: string;
  readonly version?: string;
  readonly scope?: "required" | "excluded";
  readonly hashes?: readonly { readonly alg: "SHA-512"; readonly content: string }[];
  readonly purl?: string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
  readonly components?: readonly Component[];
  readonly evidence?: { readonly occurrences: readonly { readonly location: string }[] };
}

export interface Document {
  readonly $schema: string;
  readonly bomFormat: "CycloneDX";
  readonly specVersion: "1.6";
  readonly serialNumber: string;
  readonly version: number;
  readonly metadata: {
    readonly timestamp: string;
    readonly lifecycles: readonly { readonly phase: "operations" }[];
    readonly tools: { readonly components: readonly Component[] };
    readonly component: Component;
  };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
  readonly compositions: readonly {
    readonly aggregate: "complete" | "incomplete";
    readonly assemblies: readonly string[];
  }[];
}

/** @param made when and under which number (a UUID) */
export function sbom(
  stack: string,
  host: HostContents,
  program: ProgramContents,
  made: { readonly at: Date; readonly serial: string },
): Document {
  const root = `stack:${stack}`;
  const [machine, images, deployer] = [
    hostComponent(host),
    host.images.map(imageComponent),
    programComponent(program),
  ];
  const parts = [machine, ...images, deployer];
  const refs = (components: readonly Component[]): string[] =>
    components.map((component) => component["bom-ref"]);
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${made.serial}`,
    version: 1,
    metadata: {
      timestamp: made.at.toISOString(),
      lifecycles: [{ phase: "operations" }],
      tools: {
        components: [
          {
            type: "application",
            "bom-ref": "tool:sbom",
            name: `${program.name}-sbom`,
            version: program.version,
          },
        ],
      },
      component: {
        type: "platform",
        "bom-ref": root,
        name: `${program.name} ${stack}`,
        version: program.version,
      },
    },
    components: parts,
    dependencies: [
      { ref: root, dependsOn: refs(parts) },
      ...parts.map((part) => ({ ref: part["bom-ref"], dependsOn: refs(part.components ?? []) })),
    ],
    compositions: [
      // Programs that no package manager put there are in no list.
      { aggregate: "incomplete", assemblies: refs([machine, ...images]) },
      { aggregate: "complete", assemblies: refs([deployer]) },
    ],
  };
}

function hostComponent({ os, kernel, engine, packages }: HostContents): Component {
  const ref = "host";
  return {
    type: "operating-system",
    "bom-ref": ref,
    name: os.id,
    version: os.version,
    properties: [
      { name: "clawkeep:kernel", value: kernel },
      { name: "clawkeep:docker-engine", value: engine },
    ],
    components: libraries(ref, packages, os),
  };
}

function imageComponent(image: HostImage): Component {
  const ref = `image:${image.id}`;
  const parsed = parseReference(image.reference);
  const digest = image.digests[0]?.split("@")[1] ?? parsed?.digest;
  const version = parsed?.tag ?? /:([^/:@]+)(?:@|$)/.exec(image.reference)?.[1];
  const property = (name: string, values: readonly string[]) => values.map((value) => ({ name, value }));
  return {
    type: "container",
    "bom-ref": ref,
    name: image.reference.replace(/@.*$/, "").replace(/:[^/:]*$/, ""),
    ...(version === undefined ? {} : { version }),
    // An image that was built on the host is in no registry.
    ...(digest === undefined ? {} : { purl: imageUrl(image.reference, digest) }),
    properties: [
      ...property("clawkeep:reference", [image.reference]),
      ...property("clawkeep:image-id", [image.id]),
      ...property("clawkeep:digest", image.digests),
      ...property("clawkeep:architecture", [image.architecture]),
      ...property("clawkeep:container", image.containers),
      ...property("clawkeep:not-read", image.unread),
    ],
    components: libraries(ref, image.packages, image.os),
  };
}

function programComponent(program: ProgramContents): Component {
  const ref = "program";
  return {
    type: "application",
    "bom-ref": ref,
    name: program.name,
    version: program.version,
    components: [
      ...program.plugins.map(({ name, version }): Component => ({
        type: "application",
        "bom-ref": `${ref}/plugin/${name}`,
        name,
        version,
      })),
      ...lockedLibraries(ref, program.packages),
    ],
  };
}

function lockedLibraries(parent: string, packages: readonly LockedPackage[]): Component[] {
  const byUrl = new Map<string, Component>();
  for (const { name, version, sha512, development } of packages) {
    const purl = packageUrl({ kind: "npm", name, version }, undefined);
    const known = byUrl.get(purl);
    // Needed once for a deployment, it is needed.
    if (known !== undefined && (known.scope === "required" || development)) continue;
    byUrl.set(purl, {
      ...{ type: "library", "bom-ref": `${parent}/${purl}`, name, version, purl },
      scope: development ? "excluded" : "required",
      ...(sha512 === undefined ? {} : { hashes: [{ alg: "SHA-512", content: sha512 }] }),
    });
  }
  return [...byUrl.values()];
}

/** Packages as components, one for each name and version, with all places where it lies. */
function libraries(parent: string, packages: readonly Package[], distribution: Distribution): Component[] {
  const byUrl = new Map<string, { readonly found: Package; readonly places: Set<string> }>();
  for (const found of packages) {
    const purl = packageUrl(found, distribution);
    const known = byUrl.get(purl) ?? { found, places: new Set<string>() };
    if (found.location !== undefined) known.places.add(found.location);
    byUrl.set(purl, known);
  }
  return [...byUrl].sort().map(([purl, { found, places }]) => ({
    type: "library",
    "bom-ref": `${parent}/${purl}`,
    name: found.name,
    version: found.version,
    purl,
    ...(places.size === 0
      ? {}
      : { evidence: { occurrences: [...places].sort().map((location) => ({ location })) } }),
  }));
}
