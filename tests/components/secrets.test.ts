/** No secret reaches the engine but marked as one: the engine then encrypts it in the state and hides it in previews. */
import { placeholderToken } from "../../config-files/relay/deployment";
import { hostKeyFrom } from "../../config-files/ssh/host-key";
import {
  everything,
  existing,
  prod,
  rawConfiguration,
  standby,
  twoGateways,
  type StackFixture,
} from "../fixtures/stack-configuration";
import {
  commands,
  holdsSecret,
  label,
  nameOnHost,
  ofType,
  opened,
  programRun,
  recordAll,
  recordGraphs,
  containers,
  type Graph,
} from "./graph";
import { generatedSecret } from "./recorder/answers";
import { needle, sweep, type Needle } from "./sweep";

const fixtures = { prod, standby, existing, twoGateways, everything };
const names = Object.keys(fixtures) as (keyof typeof fixtures)[];
const graphs = recordGraphs({
  prod: programRun(rawConfiguration(prod)),
  standby: programRun(rawConfiguration(standby)),
  existing: programRun(rawConfiguration(existing)),
  twoGateways: programRun(rawConfiguration(twoGateways)),
  everything: programRun(rawConfiguration(everything)),
});

/** Configured secrets, generated ones, and what is derived from those. */
function needles(fixture: StackFixture, graph: Graph): Needle[] {
  const generated = ofType(graph, "random:index/randomPassword:RandomPassword").map(({ name }) => name);
  const derived = generated.map((name) => hostKeyFrom(generatedSecret(fixture.stack, name)).privateKey);
  return [
    ...Object.entries(fixture.secrets).map(([name, value]) => needle(name, value)),
    ...generated.map((name) => needle(name, generatedSecret(fixture.stack, name))),
    ...derived.map((value, index) => needle(`key derived from ${generated[index]}`, value)),
  ];
}

describe.each(names)("%s", (name) => {
  const graph = graphs[name];
  const wanted = needles(fixtures[name], graph);

  it("shows no secret, configured or generated, in plain or encoded", () => {
    expect(wanted.length).toBeGreaterThan(Object.keys(fixtures[name].secrets).length);
    expect(sweep(graph, wanted)).toEqual([]);
  });

  it("has every configured secret somewhere behind a mark, so that the sweep looked for what is used", () => {
    const everything = JSON.stringify(
      opened([...graph.resources.map(({ inputs }) => inputs), graph.stackOutputs]),
    );
    const unused = Object.entries(fixtures[name].secrets).filter(
      ([key, value]) => !needle(key, value).forms.some((form) => everything.includes(form)),
    );
    expect(unused.map(([key]) => key)).toEqual([]);
  });

  it("prints nothing of a command that is given a secret", () => {
    const given = commands(graph).filter(({ inputs }) => holdsSecret(inputs["stdin"]));
    expect(given.length).toBeGreaterThan(1);
    for (const { inputs } of given) {
      expect(inputs["logging"]).toMatch(/^(none|stderr)$/);
      // It would go through sshd's environment.
      expect(inputs["addPreviousOutputInEnv"]).toBe(false);
    }
  });

  it("gives secrets to commands on standard input only", () => {
    for (const command of commands(graph)) {
      const { connection, stdin, ...others } = command.inputs;
      expect({ command: label(command), marked: holdsSecret(others) }).toEqual({
        command: label(command),
        marked: false,
      });
      expect(
        [connection, stdin].every(
          (value) => value === undefined || typeof value === "string" || holdsSecret(value),
        ),
      ).toBe(true);
    }
  });

  it("gives no container a secret, marked or not: docker inspect shows them all", () => {
    for (const container of containers(graph)) {
      expect([nameOnHost(container), holdsSecret(container.inputs)]).toEqual([nameOnHost(container), false]);
    }
  });

  it("gives a bot's token to the relay alone, and to the gateway what stands for it", () => {
    const token = fixtures[name].secrets["clawkeep:telegramBotToken-openclaw"] ?? "";
    const { forms } = needle("bot token", token.split(":")[1] ?? "");
    const holders = graph.resources.filter(({ inputs }) =>
      forms.some((form) => JSON.stringify(opened(inputs)).includes(form)),
    );
    expect(holders.map(label)).toEqual(["Command egress-proxy-relay-secrets"]);
    const order = (name: string): unknown => {
      const found = commands(graph).find((command) => command.name === name);
      return JSON.parse(opened(found?.inputs["stdin"]) as string);
    };
    expect(order("egress-proxy-relay-secrets")).toMatchObject({
      root: "/opt/openclaw/secrets/relay",
      directoryMode: "0500",
      uid: 65533,
      files: [{ path: "tokens.json", mode: "0400", content: JSON.stringify({ openclaw: token }) }],
    });
    const { files } = order("gateway-openclaw-secrets") as { files: { content: string }[] };
    expect(JSON.parse(files[0]?.content ?? "")).toMatchObject({ telegramBotToken: placeholderToken(token) });
  });

  it("marks what is random", () => {
    for (const { options } of ofType(graph, "random:index/randomPassword:RandomPassword")) {
      expect(options.additionalSecretOutputs).toContain("result");
    }
  });
});

describe("the sweep", () => {
  const { leak, none } = recordAll({
    leak: {
      program: "tests/components/recorder/planted.ts",
      stack: "prod",
      values: { "planted:fault": "leak" },
      secretKeys: [],
      preview: false,
    },
    none: {
      program: "tests/components/recorder/planted.ts",
      stack: "prod",
      values: { "planted:fault": "none" },
      secretKeys: [],
      preview: false,
    },
  });
  const planted = [needle("password", generatedSecret("prod", "password"))];

  it("finds what is planted, in every form and place", () => {
    expect(
      sweep(leak, planted)
        .map(({ place }) => place)
        .sort(),
    ).toEqual([
      "Command base64-0.inputs.stdin",
      "Command base64-1.inputs.stdin",
      "Command base64-2.inputs.stdin",
      "Command nested.inputs.triggers[0].deep[0]",
      "Command plain.inputs.create",
      "Command url.inputs.create",
      "Component component.inputs.token",
    ]);
  });

  it("is silent about what is marked", () => {
    expect(sweep(none, planted)).toEqual([]);
    expect(JSON.stringify(none.resources)).toContain(generatedSecret("prod", "password"));
  });

  it("finds a secret with several lines in one line, escaped, and by one of its lines", () => {
    const pem = prod.secrets["clawkeep:originKey"] ?? "";
    const graph = (text: string): Graph => ({ ...none, resources: [], stackOutputs: { text }, log: "" });
    const body = pem.split("\n")[1] ?? "";
    for (const text of [
      pem,
      JSON.stringify({ pem }),
      JSON.stringify({ json: JSON.stringify({ pem }) }),
      encodeURIComponent(pem),
      `x ${body} y`,
    ]) {
      expect(sweep(graph(text), [needle("originKey", pem)])).toEqual([
        { secret: "originKey", place: "stack outputs.text" },
      ]);
    }
    expect(sweep(graph("-----BEGIN PRIVATE KEY-----"), [needle("originKey", pem)])).toEqual([]);
  });
});
