/** The committed stack files, and the schema that editors check them with. */
import Ajv2020 from "ajv/dist/2020";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { parseConfiguration, type RawConfiguration } from "../../config/parse";
import { stackSchema } from "../../config/stack-schema";
import { requiredSecrets } from "../../config/secrets";
import { existing, prod, standby, twoGateways, type StackFixture } from "../fixtures/stack-configuration";

const root = join(__dirname, "..", "..");
const read = (name: string): string => readFileSync(join(root, name), "utf8");
const config = (name: string): Record<string, unknown> =>
  (parse(read(name)) as { config: Record<string, unknown> }).config;

/** As Pulumi would hand the committed file over: no secret in it, so none is known. */
function raw(stack: string): RawConfiguration {
  const values = Object.entries(config(`Pulumi.${stack}.yaml`)).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return { stack, values: Object.fromEntries(values) as Record<string, string>, secretKeys: new Set() };
}

describe.each(["prod", "standby"])("Pulumi.%s.yaml", (stack) => {
  const parsed = parseConfiguration(raw(stack));
  const problems = "problems" in parsed ? parsed.problems : [];
  const withMessage = (message: string): string[] =>
    problems.filter((problem) => problem.message.startsWith(message)).map(({ key }) => key);

  it("is refused until every placeholder is replaced", () => {
    expect(withMessage("is still the placeholder").sort()).toEqual([
      "clawkeep:host.adminCidrs[0]",
      // The standby names the key that prod has put at Hetzner.
      ...(stack === "prod" ? ["clawkeep:host.sshKey"] : []),
      "clawkeep:hostname",
      "clawkeep:originCertificate",
      "clawkeep:zone.id",
      "clawkeep:zone.name",
    ]);
  });

  it("is refused until every secret is set", () => {
    expect(withMessage("is missing")).toEqual([
      "clawkeep:litellmMasterKey",
      "clawkeep:originKey",
      "clawkeep:anthropicApiKey",
      ...(stack === "standby" ? ["clawkeep:cloudflareReadToken"] : []),
      "clawkeep:gatewayToken-openclaw",
      "clawkeep:litellmKey-openclaw",
      "hcloud:token",
      "cloudflare:apiToken",
    ]);
  });

  it("has nothing else wrong with it", () => {
    expect(withMessage("").length).toBe(
      withMessage("is still the placeholder").length + withMessage("is missing").length,
    );
  });

  it("holds no secret, encrypted or in the clear", () => {
    const rules = requiredSecrets({
      models: [{ provider: "anthropic" }, { provider: "openai" }, { provider: "voyage" }],
      gateways: [{ name: "openclaw", telegram: true }],
    });
    const values = read(`Pulumi.${stack}.yaml`).split(/\s+/);
    for (const { shape } of rules) expect(values.filter((value) => shape.test(value))).toEqual([]);
    expect(read(`Pulumi.${stack}.yaml`)).not.toMatch(/secure:|PRIVATE KEY|encryptionsalt/);
    const keys = Object.keys(config(`Pulumi.${stack}.yaml`));
    expect(keys.filter((key) => /token|secret|password|key/i.test(key))).toEqual([]);
  });

  it("names the schema for editors", () => {
    expect(read(`Pulumi.${stack}.yaml`)).toMatch(
      /^# yaml-language-server: \$schema=\.\/config\/stack\.schema\.json\n/,
    );
  });
});

it("the two stacks differ in role, pair, place and who brings the SSH key", () => {
  const [one, two] = [config("Pulumi.prod.yaml"), config("Pulumi.standby.yaml")];
  // Prod names its standby once there is one.
  const { "clawkeep:pairedStack": paired, ...rest } = two;
  expect(paired).toBe("prod");
  expect(Object.keys(rest)).toEqual(Object.keys(one));
  expect({
    ...rest,
    "clawkeep:role": "active",
    "clawkeep:host": { ...(two["clawkeep:host"] as object), location: "fsn1", sshKey: "REPLACE_ME" },
  }).toEqual(one);
  expect([one["clawkeep:role"], two["clawkeep:role"]]).toEqual(["active", "standby"]);
});

it("no stack gets a role that its file does not name", () => {
  const project = parse(read("Pulumi.yaml")) as { config: Record<string, unknown> };
  expect(Object.keys(project.config)).not.toContain("clawkeep:role");
});

it("Pulumi loads the program without type checks, by the file that the lab names too", () => {
  const { runtime } = parse(read("Pulumi.yaml")) as { runtime: { options: { tsconfig: string } } };
  const { tsconfig } = runtime.options;
  // Pulumi reads `noCheck` in this file alone, not in what it extends.
  expect(read(tsconfig)).toMatch(/"extends": ".\/tsconfig.json"/);
  expect(read(tsconfig)).toMatch(/"compilerOptions": \{ "noCheck": true \}/);
  expect(read("tsconfig.json")).not.toContain("noCheck");
  expect(read("lab/rehearsal/environment.ts")).toContain(`PULUMI_NODEJS_TSCONFIG_PATH: "${tsconfig}"`);
});

describe("config/stack.schema.json", () => {
  const schema = JSON.parse(read("config/stack.schema.json")) as object;
  const validate = new Ajv2020({ allErrors: true, strict: false, validateFormats: false }).compile(schema);
  const file = (fixture: StackFixture, changes: Record<string, unknown> = {}) => ({
    encryptionsalt: "v1:made-up",
    config: {
      ...fixture.settings,
      ...Object.fromEntries(Object.keys(fixture.secrets).map((key) => [key, { secure: "v1:made-up" }])),
      ...changes,
    },
  });

  it("is what the rules of the program give", () => {
    expect(schema).toEqual(JSON.parse(JSON.stringify(stackSchema())));
  });

  it.each(Object.entries({ prod, standby, existing, twoGateways }))(
    "accepts a whole file: %s",
    (_, fixture) => {
      validate(file(fixture));
      expect(validate.errors).toBeNull();
    },
  );

  it.each(["Pulumi.prod.yaml", "Pulumi.standby.yaml"])("accepts the outline of %s", (name) => {
    validate(parse(read(name)));
    expect(validate.errors).toBeNull();
  });

  const host = prod.settings["clawkeep:host"] as object;
  it.each<[string, Record<string, unknown>]>([
    ["an unknown key", { "clawkeep:colour": "red" }],
    ["an unknown nested key", { "clawkeep:host": { ...host, colour: "red" } }],
    ["an unknown key of a gateway", { "clawkeep:gateways": [{ name: "openclaw", colour: "red" }] }],
    ["an unknown image", { "clawkeep:images": { nginx: "docker.io/library/nginx:1.29.0" } }],
    ["an unknown region", { "clawkeep:host": { ...host, location: "mars1" } }],
    ["an unknown role", { "clawkeep:role": "primary" }],
    ["a volume too small", { "clawkeep:host": { ...host, volumeGiB: 1 } }],
    ["a secret in the clear", { "clawkeep:litellmMasterKey": `sk-${"0".repeat(64)}` }],
    ["a provider's token in the clear", { "hcloud:token": "0".repeat(64) }],
    ["text where structure has to be", { "clawkeep:zone": "example.org" }],
  ])("refuses %s", (_, changes) => {
    expect(validate(file(prod, changes))).toBe(false);
  });
});
