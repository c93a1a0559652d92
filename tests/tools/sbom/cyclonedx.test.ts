/** The document, by the rules of CycloneDX 1.6 that it relies on. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseInventory, type HostContents } from "../../../tools/sbom/host";
import { sbom, type Component } from "../../../tools/sbom/cyclonedx";
import { readLock } from "../../../tools/sbom/program";

const root = join(__dirname, "..", "..", "..");
const lock = readFileSync(join(root, "package-lock.json"), "utf8");
const digest = `sha256:${"d".repeat(64)}`;
const [redisId, sandboxId] = ["1", "2"].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];

const host: HostContents = {
  os: { id: "debian", version: "13" },
  kernel: "6.12.57+deb13-amd64",
  engine: "26.1.5",
  packages: [{ kind: "deb", name: "docker.io", version: "26.1.5+dfsg1-9", architecture: "amd64" }],
  images: [
    {
      id: redisId,
      reference: "docker.io/library/redis:7.4.7-bookworm",
      digests: [`redis@${digest}`],
      architecture: "amd64",
      containers: ["openclaw-redis"],
      os: { id: "debian", version: "12" },
      packages: [
        { kind: "deb", name: "libc6", version: "2.36", architecture: "amd64" },
        { kind: "golang", name: "stdlib", version: "1.26.8", location: "usr/bin/b" },
        { kind: "golang", name: "stdlib", version: "1.26.8", location: "usr/bin/a" },
      ],
      unread: [],
    },
    {
      id: sandboxId,
      reference: "clawkeep/sandbox:0123456789ab",
      digests: [],
      architecture: "amd64",
      containers: [],
      os: { id: "debian", version: "12" },
      packages: [{ kind: "deb", name: "libc6", version: "2.36", architecture: "amd64" }],
      unread: ["var/lib/dpkg/status.d/x"],
    },
  ],
};
const serial = "3e671687-395b-41f5-a30f-a58921a69b79";
const document = sbom("prod", host, readLock(lock), { at: new Date("2026-11-25T12:00:00Z"), serial });
const flat = (components: readonly Component[]): Component[] =>
  components.flatMap((component) => [component, ...flat(component.components ?? [])]);
const all = [
  document.metadata.component,
  ...document.metadata.tools.components,
  ...flat(document.components),
];
const part = (ref: string): Component | undefined => all.find((component) => component["bom-ref"] === ref);

describe("the schema's rules", () => {
  it("top level", () => {
    expect(Object.keys(document)).toEqual([
      ...["$schema", "bomFormat", "specVersion", "serialNumber", "version"],
      ...["metadata", "components", "dependencies", "compositions"],
    ]);
    expect([document.bomFormat, document.specVersion]).toEqual(["CycloneDX", "1.6"]);
    expect(document.serialNumber).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
    );
    expect(new Date(document.metadata.timestamp).toISOString()).toBe(document.metadata.timestamp);
  });

  it("components: known keys, type and name, digests of their length", () => {
    const keys = [
      "type",
      "bom-ref",
      "name",
      "version",
      "scope",
      "hashes",
      "purl",
      "properties",
      "components",
      "evidence",
    ];
    const types = ["application", "library", "container", "operating-system", "platform"];
    for (const component of all) {
      expect(Object.keys(component).filter((key) => !keys.includes(key))).toEqual([]);
      expect(types).toContain(component.type);
      expect(component.name).not.toBe("");
      for (const hash of component.hashes ?? []) expect(hash.content).toMatch(/^[0-9a-f]{128}$/);
      for (const { name, value } of component.properties ?? [])
        expect([typeof name, typeof value]).toEqual(["string", "string"]);
    }
  });

  it("references are unique, and everything that refers finds something", () => {
    const refs = all.map((component) => component["bom-ref"]);
    expect(new Set(refs).size).toBe(refs.length);
    const used = [
      ...document.dependencies.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn]),
      ...document.compositions.flatMap(({ assemblies }) => assemblies),
    ];
    expect(used.filter((ref) => !refs.includes(ref))).toEqual([]);
    for (const { dependsOn } of document.dependencies) expect(new Set(dependsOn).size).toBe(dependsOn.length);
    const nodes = document.dependencies.map(({ ref }) => ref);
    expect(new Set(nodes).size).toBe(nodes.length);
  });

  it("package URLs have their form", () => {
    const urls = all.flatMap(({ purl }) => purl ?? []);
    expect(urls.length).toBeGreaterThan(100);
    for (const url of urls)
      expect(url).toMatch(
        /^pkg:[a-z]+\/([A-Za-z0-9.~_%-]+\/)*[A-Za-z0-9.~_%-]+@[A-Za-z0-9.~_%-]+(\?[a-z_]+=[^&]+(&[a-z_]+=[^&]+)*)?$/,
      );
  });
});

it("names the host, every image with its digest and containers, and the program", () => {
  expect(document.components.map(({ type, name, version }) => [type, name, version])).toEqual([
    ["operating-system", "debian", "13"],
    ["container", "docker.io/library/redis", "7.4.7-bookworm"],
    ["container", "clawkeep/sandbox", "0123456789ab"],
    ["application", "clawkeep", "0.1.0"],
  ]);
  const redis = part(`image:${redisId}`);
  expect(redis?.purl).toContain(encodeURIComponent(digest));
  expect(redis?.properties).toEqual(
    expect.arrayContaining([
      { name: "clawkeep:container", value: "openclaw-redis" },
      { name: "clawkeep:image-id", value: redisId },
    ]),
  );
  expect(part(`image:${sandboxId}`)?.purl).toBeUndefined();
  expect(part(`image:${sandboxId}`)?.properties).toContainEqual({
    name: "clawkeep:not-read",
    value: "var/lib/dpkg/status.d/x",
  });
});

it("a package that lies in two places is one, with both", () => {
  expect(
    part(`image:${redisId}`)?.components?.map(({ name, evidence }) => [name, evidence?.occurrences]),
  ).toEqual([
    ["libc6", undefined],
    ["stdlib", [{ location: "usr/bin/a" }, { location: "usr/bin/b" }]],
  ]);
});

it("says that images may hold more than is listed", () => {
  const incomplete = document.compositions.find(({ aggregate }) => aggregate === "incomplete");
  expect(incomplete?.assemblies).toEqual(["host", `image:${redisId}`, `image:${sandboxId}`]);
});

it("the program: engine, providers and the npm lock, with what is only for its development", () => {
  const program = part("program");
  const versions = Object.fromEntries(
    (program?.components ?? []).map(({ name, version }) => [name, version]),
  );
  expect(versions).toMatchObject({
    ...{ pulumi: "3.230.0", "pulumi-resource-command": "1.2.1", "pulumi-resource-hcloud": "1.32.1" },
    ...{ "pulumi-resource-docker": "5.2.0", "pulumi-resource-random": "4.21.2", zod: "4.6.7" },
  });
  const scope = (name: string) => program?.components?.find((component) => component.name === name)?.scope;
  expect([scope("zod"), scope("jest")]).toEqual(["required", "excluded"]);
  const names = new Set((program?.components ?? []).map(({ name, version }) => `${name}@${version}`));
  const { packages } = JSON.parse(lock) as { packages: Record<string, { version?: string }> };
  for (const [path, { version }] of Object.entries(packages))
    if (path !== "") expect(names).toContain(`${path.replace(/^.*node_modules\//, "")}@${version}`);
});

describe("what a host says of itself", () => {
  const json = JSON.stringify;
  const lines = [
    ...['os PRETTY_NAME="Debian"', "os ID=debian", 'os VERSION_ID="13"', "kernel 6.12", "engine 26.1.5"],
    "package installed libc6 2.41-12 amd64",
    "package config-files nano 8.4-1 amd64",
    `container ${json({ id: "c", name: "/openclaw-redis", imageId: redisId, reference: "redis:7", running: true })}`,
    "container ",
    `image ${json({ id: redisId, tags: null, digests: ["redis@sha256:1"], architecture: "amd64" })}`,
  ];

  it("is read", () => {
    const inventory = parseInventory(lines.join("\n"));
    expect(inventory).toMatchObject({
      os: { id: "debian", version: "13" },
      kernel: "6.12",
      engine: "26.1.5",
    });
    expect(inventory.packages.map(({ name }) => name)).toEqual(["libc6"]);
    expect(inventory.containers.map(({ name }) => name)).toEqual(["/openclaw-redis"]);
  });

  it("and refused when it says too little, or something else", () => {
    expect(() => parseInventory(lines.slice(0, 3).join("\n"))).toThrow(/did not say which system/);
    expect(() => parseInventory([...lines, 'container {"id":1}'].join("\n"))).toThrow();
  });
});
