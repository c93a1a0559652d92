/** The pack as the SDK runs it: values behind its proxies, secret marks from the first pass, reports in the second. */
import * as pulumi from "@pulumi/pulumi";
import {
  Secret,
  unknownCheckingProxy,
  type PolicyResource,
  type ResourceValidationArgs,
  type ResourceValidationPolicy,
  type StackValidationArgs,
  type StackValidationPolicy,
} from "@pulumi/policy";
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the proxy of the first pass is not exported
const { secretsPreservingProxy } = require("@pulumi/policy/secret") as {
  secretsPreservingProxy: <T>(value: T) => T;
};
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { policies, read } from "../../policy/pack";
import { isStackRule, unknown, type ResourceRule } from "../../policy/rule";
import { rules } from "../../policy/rules";

const folder = join(__dirname, "..", "..", "policy");
const secretType = "command:remote:Command";

/** What the SDK hands to a policy, in the pass for changes (secrets kept) or the one for reports. */
function args(props: Record<string, unknown>, keepSecrets: boolean): ResourceValidationArgs {
  const shown = keepSecrets ? secretsPreservingProxy(props) : unwrapped(props);
  return {
    urn: "urn:a",
    type: secretType,
    name: "a",
    props: unknownCheckingProxy(shown) as Record<string, unknown>,
    opts: { protect: false },
  } as unknown as ResourceValidationArgs;
}
function unwrapped(value: unknown): unknown {
  if (value instanceof Secret) return unwrapped(value.value);
  if (Array.isArray(value)) return value.map(unwrapped);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, unwrapped(part)]));
}

/** What one rule reports when the engine shows it a resource. */
async function reports(rule: ResourceRule, props: Record<string, unknown>, preview: boolean, marks = true) {
  const [policy] = policies([rule], preview) as [ResourceValidationPolicy];
  const said: string[] = [];
  if (marks) expect(await policy.remediateResource?.(args(props, true))).toBeUndefined();
  const validate = policy.validateResource;
  if (typeof validate !== "function") throw new Error("a policy has one check");
  await validate(args(props, false), (message) => void said.push(message));
  return said;
}

const secretRule = rules.find(({ name }) => name === "command-secret-on-stdin") as ResourceRule;

describe("reading", () => {
  const props = {
    plain: "a",
    hidden: new Secret("b"),
    list: [{ deep: new Secret(pulumi.runtime.unknownValue) }, pulumi.runtime.unknownValue],
    none: null,
  };

  it("opens secrets, notes where they were, and marks what is unknown", () => {
    expect(read(args(props, true).props)).toEqual({
      value: { plain: "a", hidden: "b", list: [{ deep: unknown }, unknown], none: null },
      secrets: ["hidden", "list[0].deep"],
    });
  });

  it("finds no mark in the second pass, which is why there is a first", () => {
    expect(read(args(props, false).props).secrets).toEqual([]);
  });

  it("does not take another fault for an unknown value", () => {
    const faulty = Object.defineProperty({}, "x", {
      enumerable: true,
      get: () => {
        throw new Error("broken");
      },
    });
    expect(() => read(faulty)).toThrow("broken");
  });
});

describe("a rule about secrets", () => {
  it("reports a mark that only the first pass shows", async () => {
    const said = await reports(secretRule, { create: new Secret("echo x"), stdin: new Secret("y") }, false);
    expect(said).toEqual(["create holds a value that is marked secret"]);
  });

  it("is silent about one on standard input", async () => {
    expect(await reports(secretRule, { create: "cat", stdin: new Secret("y") }, false)).toEqual([]);
  });

  it("does not pass where it was not shown what is secret", async () => {
    expect(await reports(secretRule, { create: "cat" }, false, false)).toEqual([
      expect.stringContaining("has not said which values are secret"),
    ]);
  });

  it("waits for an unknown text in a preview and not in an update", async () => {
    const props = { create: pulumi.runtime.unknownValue };
    expect(await reports(secretRule, props, true)).toEqual([]);
    expect(await reports(secretRule, props, false)).toEqual([expect.stringContaining("not known yet")]);
  });
});

it("judges a container by the networks that were shown before it", async () => {
  const rule = rules.find(({ name }) => name === "container-networks") as ResourceRule;
  const [policy] = policies([rule], true) as [ResourceValidationPolicy];
  const validate = policy.validateResource as (...args: unknown[]) => void;
  const show = async (type: string, name: string, props: Record<string, unknown>): Promise<string[]> => {
    const said: string[] = [];
    await Promise.resolve(
      validate({ ...args(props, false), type, urn: name }, (text: string) => said.push(text)),
    );
    return said;
  };
  const network = (name: string, subnet: string) =>
    show("docker:index/network:Network", name, { name, ipamConfigs: [{ subnet }] });
  await network("openclaw-net", "172.30.1.0/24");
  await network("egress-net", "172.30.3.0/24");
  const container = (ipv4Address: string) =>
    show("docker:index/container:Container", "c", {
      name: "openclaw-litellm",
      networkMode: "bridge",
      networksAdvanced: [{ name: pulumi.runtime.unknownValue, ipv4Address }],
    });
  expect(await container("172.30.1.20")).toEqual([]);
  expect(await container("172.30.3.20")).toEqual(['it is on "egress-net", at 172.30.3.20']);
});

it("passes over what is not made: a component, and a resource that --target leaves out", async () => {
  const rule = rules.find(({ name }) => name === "command-host-key-checked") as ResourceRule;
  expect(await reports(rule, {}, false)).toEqual([]);
  expect(await reports(rule, { create: "true" }, false)).not.toEqual([]);
});

it("judges the whole stack by what each resource was asked for, not by what a preview says came of it", async () => {
  const all = policies(
    rules.filter((rule) => rule.name === "container-settled" || rule.name === "container-cpu-limited"),
    false,
  );
  const resourcePolicy = all.find((policy) => "validateResource" in policy) as ResourceValidationPolicy;
  const stackPolicy = all.find((policy) => "validateStack" in policy) as StackValidationPolicy;
  await (resourcePolicy.validateResource as (...args: unknown[]) => unknown)(
    {
      ...args({ name: "openclaw", cpus: "1.0" }, false),
      type: "docker:index/container:Container",
      urn: "urn:c",
    },
    () => undefined,
  );
  const said: string[] = [];
  // A provider that is not configured yet answers a preview with nothing.
  const resources = [{ urn: "urn:c", props: {}, dependencies: [] }] as unknown as PolicyResource[];
  await stackPolicy.validateStack(
    { resources } as unknown as StackValidationArgs,
    (message, urn) => void said.push(`${urn}: ${message}`),
  );
  expect(said).toEqual(["urn:c: no command settles it, so it has no limit on its processes"]);
});

describe("every policy", () => {
  const made = policies(rules, true);

  it.each(made.map((policy, index) => ({ name: policy.name, policy, rule: rules[index] })))(
    "$name stops what breaks it and says what was promised",
    ({ policy, rule }) => {
      if (rule === undefined) throw new Error("a policy for each rule");
      expect(policy.description).toBe(`${rule.promise} ${rule.mend}`);
      // The engine counts what is left after a pass for changes as mandatory.
      const marks = !isStackRule(rule) && rule.readsSecretMarks === true;
      expect(policy.enforcementLevel).toBe(marks ? "remediate" : "mandatory");
      expect("remediateResource" in policy).toBe(marks);
    },
  );
});

describe("the shipped folder", () => {
  const text = (name: string): string => readFileSync(join(folder, name), "utf8");
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );

  it("runs under Pulumi's own language host, with the packages of the program", () => {
    expect(text("PulumiPolicy.yaml")).toMatch(/^runtime: nodejs$/m);
    const own = JSON.parse(text("package.json")) as Record<string, unknown>;
    const program = JSON.parse(readFileSync(join(folder, "..", "package.json"), "utf8")) as Record<
      string,
      unknown
    >;
    expect(own).toMatchObject({ main: "index.ts", version: program["version"] });
    expect(own["dependencies"]).toBeUndefined();
  });

  it("judges the program without knowing its components", () => {
    expect(sources.length).toBeGreaterThan(8);
    for (const name of sources) {
      const imports = [...text(name).matchAll(/from "([^"]+)"/g)].map(([, from]) => from);
      expect({
        name,
        imports: imports.filter((from) => /components|lab|tests|@pulumi\/(?!policy)/.test(from ?? "")),
      }).toEqual({
        name,
        imports: [],
      });
    }
  });
});
