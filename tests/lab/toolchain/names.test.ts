/** The toolchain's names and versions against those of the npm packages: no engine is needed. */
import * as fs from "node:fs";
import * as path from "node:path";
import { tables } from "../../../lab/toolchain/stand-ins/tables/tables";
import { TypeReader } from "../../../lab/toolchain/stand-ins/tables/read-types";

const root = path.join(__dirname, "..", "..", "..");
const toolchain = path.join(root, "lab/toolchain");
const read = (file: string): string => fs.readFileSync(path.join(toolchain, file), "utf8");

interface Schema {
  provider: { inputProperties?: Record<string, unknown> };
  resources: Record<string, { inputProperties?: Record<string, unknown> }>;
}

/** What the npm package has beside the wrapped Terraform provider; the bridged plugin lacks it. */
const beyondTerraform: Record<string, readonly string[]> = { docker: ["docker:index/image:Image"] };

describe.each(["docker", "hcloud", "random"])("the bridged provider %s", (name) => {
  const folder = path.join(root, "node_modules/@pulumi", name);
  const { provider, resources } = JSON.parse(read(`${name}/generated/schema.json`)) as Schema;

  // Another name (registryAuths for registryAuth) is no error until somebody sets it: then the value arrives as a text.
  test("takes the npm package's own settings", () => {
    const declared = new TypeReader(folder).inputNames("provider.d.ts", "ProviderArgs");
    expect(Object.keys(provider.inputProperties ?? {}).sort()).toEqual(declared.sort());
  });

  test("has every resource of the npm package, and no other", () => {
    const sources = fs.readdirSync(folder).filter((file) => file.endsWith(".js"));
    const tokens = sources.flatMap((file) => {
      const text = fs.readFileSync(path.join(folder, file), "utf8");
      return [...text.matchAll(/__pulumiType = '([^']+:[^']+)'/g)].map((match) => match[1] ?? "");
    });
    const expected = tokens.filter((token) => !(beyondTerraform[name] ?? []).includes(token));
    expect(Object.keys(resources).sort()).toEqual(expected.sort());
  });

  test.each(Object.keys(resources))("%s takes the npm package's inputs", (token) => {
    const [, file = "", type = ""] = /^\w+:index\/(\w+):(\w+)$/.exec(token) ?? [];
    const declared = new TypeReader(folder).inputNames(`${file}.d.ts`, `${type}Args`);
    expect(Object.keys(resources[token]?.inputProperties ?? {}).sort()).toEqual(declared.sort());
  });
});

test("the stand-ins' property tables are those of the npm packages", () => {
  for (const [file, text] of tables()) expect(fs.readFileSync(file, "utf8")).toBe(text);
});

test("plugins are installed under the versions that the npm packages ask for", () => {
  const listed = /^plugins=\((.*)\)$/m.exec(read("build.sh"))?.[1]?.split(" ") ?? [];
  expect(listed.map((entry) => entry.split(":")[0]).sort()).toEqual([
    ...["cloudflare", "command", "docker", "hcloud", "random"],
  ]);
  for (const entry of listed) {
    const [name = "", version] = entry.split(":");
    const manifest = fs.readFileSync(path.join(root, "node_modules/@pulumi", name, "package.json"), "utf8");
    const { pulumi } = JSON.parse(manifest) as { pulumi: { version: string } };
    expect([name, version]).toEqual([name, pulumi.version]);
    const source = path.join(toolchain, name, "provider.go");
    if (fs.existsSync(source)) expect(fs.readFileSync(source, "utf8")).toContain(`Version = "${version}"`);
  }
});

test("the engine's version is the SDK's", () => {
  const manifest = fs.readFileSync(path.join(root, "node_modules/@pulumi/pulumi/package.json"), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  expect(read("pulumi/go.mod")).toContain(`require github.com/pulumi/pulumi/pkg/v3 v${version}\n`);
});
