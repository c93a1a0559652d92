/** What the program and its lab are built from is named exactly, and where a lock can hold a hash it does. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const all = ["lab", "config-files"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((path) => `${folder}/${path}`),
);
/** Files of the repository that could fetch or name something. */
const files = (pattern: RegExp): string[] => ["package.json", ...all].filter((path) => pattern.test(path));

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly overrides?: Record<string, unknown>;
}
interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly inBundle?: boolean;
}
interface Lock {
  readonly lockfileVersion: number;
  readonly packages: Record<string, Locked & Manifest>;
}

const exact = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;
const wanted = ({
  dependencies,
  devDependencies,
  optionalDependencies,
}: Manifest): Record<string, string> => ({
  ...dependencies,
  ...devDependencies,
  ...optionalDependencies,
});

/** What in a package.json is no exact version. */
const loose = (manifest: Manifest): string[] =>
  Object.entries(wanted(manifest)).flatMap(([name, version]) =>
    exact.test(version) ? [] : [`${name} ${version}`],
  );

/** What in a package-lock.json could become something else without anybody noticing. */
function lockProblems({ lockfileVersion, packages }: Lock, manifest: Manifest): string[] {
  const problems = lockfileVersion === 3 ? [] : [`lockfileVersion ${lockfileVersion}`];
  for (const [path, entry] of Object.entries(packages)) {
    if (path === "") continue;
    if (!exact.test(entry.version ?? "")) problems.push(`${path} has the version ${entry.version}`);
    if (entry.link === true) problems.push(`${path} is a link`);
    // A package that comes inside another has that one's hash.
    if (entry.inBundle !== true && !/^sha512-[A-Za-z0-9+/]{86}==$/.test(entry.integrity ?? ""))
      problems.push(`${path} has the integrity ${entry.integrity}`);
    if (entry.resolved !== undefined && !entry.resolved.startsWith("https://"))
      problems.push(`${path} comes from ${entry.resolved}`);
  }
  for (const [name, version] of Object.entries(wanted(manifest))) {
    const locked = packages[`node_modules/${name}`]?.version;
    if (locked !== version) problems.push(`${name} ${version} is locked as ${locked}`);
  }
  return problems;
}

const parse = <T>(path: string): T => JSON.parse(read(path)) as T;

describe.each(files(/(^|\/)package\.json$/))("%s", (path) => {
  const manifest = parse<Manifest>(path);
  const lock = parse<Lock>(path.replace(/package\.json$/, "package-lock.json"));

  it("names exact versions", () => {
    expect(Object.keys(wanted(manifest)).length).toBeGreaterThan(0);
    expect(loose(manifest)).toEqual([]);
  });

  it("is locked, every package with its hash", () => {
    expect(Object.keys(lock.packages).length).toBeGreaterThan(100);
    expect(lockProblems(lock, manifest)).toEqual([]);
  });
});

it("both are there", () => {
  const found = files(/(^|\/)package\.json$/);
  expect(found).toContain("package.json");
  expect(found.some((path) => /^lab\/images\/npm\/openclaw-.*\/package\.json$/.test(path))).toBe(true);
});

describe("a lock that is none is noticed", () => {
  const good: Locked = { version: "1.0.0", integrity: `sha512-${"a".repeat(86)}==` };
  const problems = (entry: Locked, lockfileVersion = 3, wantedVersion = "1.0.0"): string[] =>
    lockProblems(
      { lockfileVersion, packages: { "": {}, "node_modules/a": entry } },
      { dependencies: { a: wantedVersion } },
    );

  it.each<[string, string[], number]>([
    ["nothing wrong", problems(good), 0],
    ["no hash", problems({ version: "1.0.0" }), 1],
    ["a weak hash", problems({ ...good, integrity: "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=" }), 1],
    ["a git address", problems({ ...good, resolved: "git+ssh://git@example.org/a.git#main" }), 1],
    ["a link", problems({ ...good, link: true }), 1],
    ["another version than package.json's", problems(good, 3, "1.0.1"), 1],
    ["an old lock", problems(good, 1), 1],
  ])("%s", (_, found, count) => {
    expect(found).toHaveLength(count);
  });

  it.each(["^1.0.0", "~1.0.0", "1.x", "1", "latest", "*", ">=1.0.0", "file:../a", "github:a/b", ""])(
    "package.json with %j",
    (version) => {
      expect(loose({ devDependencies: { a: version } })).toHaveLength(1);
    },
  );
});

describe("Pulumi", () => {
  const { dependencies = {} } = parse<Manifest>("package.json");

  it("SDK, providers and engine are those that were tried together", () => {
    expect(dependencies).toMatchObject({
      "@pulumi/pulumi": "3.230.0",
      "@pulumi/command": "1.2.1",
      "@pulumi/hcloud": "1.32.1",
      "@pulumi/docker": "5.2.0",
      "@pulumi/random": "4.21.2",
      "@pulumi/cloudflare": "6.22.1",
    });
  });

  it("the engine that is built is the SDK's version, and so are the plugins", () => {
    const sdk = dependencies["@pulumi/pulumi"] ?? "";
    expect(read("lab/toolchain/pulumi/go.mod")).toMatch(`require github.com/pulumi/pulumi/pkg/v3 v${sdk}\n`);
    const script = read("lab/toolchain/build.sh");
    expect(`${/^engine=(.*)$/m.exec(script)?.[1]}.0`).toBe(sdk);
    const plugins = /^plugins=\((.*)\)$/m.exec(script)?.[1]?.split(" ") ?? [];
    expect(plugins.length).toBe(5);
    for (const plugin of plugins) {
      const [name = "", version] = plugin.split(":");
      expect([name, version]).toEqual([name, dependencies[`@pulumi/${name}`]]);
    }
  });

  it("there is one SDK in the lock", () => {
    const { packages } = parse<Lock>("package-lock.json");
    const copies = Object.keys(packages).filter((path) => path.endsWith("node_modules/@pulumi/pulumi"));
    expect(copies).toEqual(["node_modules/@pulumi/pulumi"]);
  });
});

/** What in a go.mod names no version, or lies outside the checksum database. */
function goModProblems(text: string, sums: string): string[] {
  const problems: string[] = [];
  const blocks = text.replace(/^(?:require|replace) \(\n([\s\S]*?)^\)/gm, "$1");
  for (const line of blocks.split("\n")) {
    const bare = line
      .replace(/\/\/.*$/, "")
      .trim()
      .replace(/^(require|replace)\s+/, "");
    if (bare === "" || /^(module|go|toolchain|tool|exclude|retract)\b/.test(bare)) continue;
    // A module of ours that stands for one that is left out.
    if (/ => \.\.\/left-out\/[a-z-]+$/.test(bare)) continue;
    const named = bare.includes("=>") ? (bare.split("=>")[1] ?? "").trim() : bare;
    const [module = "", version = ""] = named.split(/\s+/);
    if (!/^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+incompatible)?$/.test(version))
      problems.push(`${bare}: no version`);
    else if (!sums.includes(`${module} ${version}`) && !text.includes(`${module} => `))
      problems.push(`${bare}: no sum`);
  }
  return problems;
}

const goMods = files(/^lab\/toolchain\/(?!left-out\/).*go\.mod$/);

it("what stands for a module that is left out needs no other", () => {
  const leftOut = files(/^lab\/toolchain\/left-out\/.*go\.mod$/);
  expect(leftOut.length).toBeGreaterThan(0);
  expect(leftOut.filter((path) => /require|replace/.test(read(path)))).toEqual([]);
});

it("the toolchain has its six modules", () => {
  expect(goMods.length).toBe(6);
});

it.each(goMods)("%s: versions and sums for all it needs", (path) => {
  expect(goModProblems(read(path), read(path.replace(/go\.mod$/, "go.sum")))).toEqual([]);
  expect(read(path.replace(/go\.mod$/, "go.sum"))).toMatch(/^\S+ v\S+ h1:[A-Za-z0-9+/]{43}=$/m);
});

it.each([
  ["require example.org/a latest\n", 1],
  ["require (\n\texample.org/a v1.0.0\n\texample.org/b main // indirect\n)\n", 1],
  ["require example.org/a v1.0.0\nreplace example.org/a => ../a\n", 1],
  ["require example.org/c v1.0.0\n", 1],
  ["module m\n\ngo 1.26\n\nrequire example.org/a v1.0.0\n", 0],
])("go.mod %j", (text, count) => {
  expect(goModProblems(text, "example.org/a v1.0.0 h1:x\n")).toHaveLength(count);
});

it("nothing in the toolchain or the images is fetched as whatever is newest", () => {
  // Controls are broken on purpose, in a copy.
  const scripts = files(/^(lab(?!\/testing\/controls)|config-files)\/.*(\.sh|\.ts|Dockerfile|\.txt)$/);
  expect(scripts.length).toBeGreaterThan(50);
  const newest = /@latest\b|:latest\b|--upgrade\b|curl[^\n]*\|\s*(ba)?sh\b/;
  expect(scripts.filter((path) => newest.test(read(path)))).toEqual([]);
});

const pypi = /^[A-Za-z0-9][A-Za-z0-9._-]*(\[[a-z0-9,-]+\])?==\d[0-9A-Za-z.!+]*$/;

it.each(files(/^lab\/images\/pypi\/.*\.txt$/))("%s names exact versions", (path) => {
  const lines = read(path)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  expect(lines.length).toBeGreaterThan(50);
  expect(lines.filter((line) => !pypi.test(line))).toEqual([]);
});

it.each(["a>=1", "a", "a~=1.0", "a==1.*", "git+https://example.org/a", "-r other.txt", "a @ file:///a"])(
  "a list with %j is noticed",
  (line) => {
    expect(line).not.toMatch(pypi);
  },
);
