/** What the real LiteLLM is handed has a model without a usable price: it does not start, and says what to mend. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { attempt } from "../../../lab/lib/exec";
import { docker } from "../../../lab/lib/docker";
import { Deployment, gpt, sonnet } from "./support/deployment";

jest.setTimeout(180_000);

interface LimitsFile {
  models: Record<
    string,
    {
      price?: Record<string, unknown> | undefined;
      litellmModel: string;
      customPrice: boolean;
      contextTokens: number;
    }
  >;
}
let handedOver = "";
const deployment = new Deployment({
  models: [sonnet, { ...gpt, inputUsdPerMillionTokens: 1, outputUsdPerMillionTokens: 2 }],
  edit: (files) => (handedOver = files.get("limits.json") ?? ""),
});
const path = join(deployment.root, "config", "limits.json");
beforeAll(async () => {
  await deployment.prepare();
  await deployment.createLiteLLM();
});
afterAll(() => deployment.stop());

/** Starts LiteLLM with the changed file. @returns its exit code and what it has said; that it answers, if it does */
async function startedWith(change: (model: LimitsFile["models"][string]) => void, name = "sonnet") {
  const limits = JSON.parse(handedOver) as LimitsFile;
  const model = limits.models[name];
  if (model === undefined) throw new Error(`no model ${name}`);
  change(model);
  // Not JSON, but read as a number by Python: 1e999.
  writeFileSync(path, JSON.stringify(limits).replace('"1e999"', "1e999"));
  const since = new Date().toISOString();
  await docker(["restart", "--time", "1", deployment.litellm]);
  await deployment.findLiteLLM();
  let ended = "";
  for (const end = Date.now() + 120_000; ended === "" && Date.now() < end;) {
    const template = "{{.State.Running}} {{.State.ExitCode}}";
    const [running, code] = (await docker(["inspect", "--format", template, deployment.litellm])).split(/\s/);
    if (running === "false") ended = `ended with ${code}`;
    else if (await answers()) ended = "serves";
    else await new Promise((wake) => setTimeout(wake, 100));
  }
  const { stdout, stderr } = await attempt("docker", ["logs", "--since", since, deployment.litellm]);
  return { ended, said: (stdout + stderr).trim() };
}

const answers = (): Promise<boolean> =>
  fetch(`http://${deployment.address}:4000/health/liveliness`).then(
    () => true,
    () => false,
  );

const mend =
  /nothing is served; set inputUsdPerMillionTokens and outputUsdPerMillionTokens of sonnet in clawkeep:models and run pulumi up$/;

it.each<[string, Record<string, unknown> | undefined, RegExp]>([
  ["no price at all", undefined, /^limits\.json has no input price of sonnet .*it has None/],
  ["a price of nothing", { inputUsdPerMillionTokens: 0 }, /no input price .*it has 0\)/],
  ["a price that comes to nothing", { inputUsdPerMillionTokens: 0.0004 }, /it has 0\.0004\)/],
  ["a negative price", { outputUsdPerMillionTokens: -1 }, /no output price of sonnet .*it has -1\)/],
  ["a price in words", { cacheWriteUsdPerMillionTokens: "6" }, /no cacheWrite price .*it has '6'\)/],
  ["a price without end", { inputUsdPerMillionTokens: "1e999" }, /it has inf\)/],
])("%s: no start", async (_, price, reason) => {
  const { ended, said } = await startedWith((model) => {
    model.price = price === undefined ? undefined : { ...model.price, ...price };
    // As if it were the configuration's own, which LiteLLM's list has no say in.
    model.customPrice = true;
  });
  expect([ended, said]).toEqual(["ended with 1", expect.stringMatching(reason)]);
  expect(said).toMatch(mend);
});

it("a model whose context nobody knows: no start", async () => {
  const { ended, said } = await startedWith((model) => {
    model.contextTokens = 0;
  });
  expect([ended, said]).toEqual([
    "ended with 1",
    expect.stringMatching(/^limits\.json has no context of sonnet/),
  ]);
});

it("a model that LiteLLM's own list has no price of: no start", async () => {
  const { ended, said } = await startedWith((model) => {
    model.litellmModel = "anthropic/claude-next";
  });
  expect([ended, said.split("\n").at(-1)]).toEqual([
    "ended with 1",
    "LiteLLM knows no price of anthropic/claude-next: give sonnet prices in clawkeep:models",
  ]);
});

it.each(["input", "output"])("%s sold dearer by LiteLLM's list than was deployed: no start", async (kind) => {
  const { ended, said } = await startedWith((model) => {
    model.price = { ...model.price, [`${kind}UsdPerMillionTokens`]: 1 };
  });
  expect([ended, said.split("\n").at(-1)]).toEqual([
    "ended with 1",
    expect.stringMatching(
      /^LiteLLM's price of anthropic\/claude-sonnet\S+ is above the deployed one: update config/,
    ),
  ]);
});

it("as it was handed over, it serves", async () => {
  expect((await startedWith(() => undefined)).ended).toBe("serves");
  expect((await deployment.chat("sonnet", "hello")).status).toBe(200);
});
