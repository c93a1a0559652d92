/** What the user gets, and how long he waits, when a provider fails; each fallback counts against its own cap. */
import {
  gpt,
  sonnet,
  sonnetCallUsd,
  type Answer,
  type Deployment,
  type DeploymentArgs,
} from "../support/deployment";

export const name = "fallbacks";

const timeoutSeconds = 2;
const quick = { timeoutSeconds, retries: 1 };
const gateway = "patient";
const models: NonNullable<DeploymentArgs["models"]> = [
  { ...sonnet, ...quick, name: "first", fallbacks: ["second", "third"] },
  { ...gpt, ...quick, name: "second", budgetUsd: 1 },
  { ...sonnet, ...quick, name: "third" },
  { ...sonnet, ...quick, name: "alone" },
  { ...sonnet, ...quick, name: "capped", budgetUsd: 0.03, fallbacks: ["reserve"] },
  { ...sonnet, ...quick, name: "reserve", budgetUsd: 0.05 },
  {
    name: "memory",
    provider: "voyage",
    model: "voyage-3.5",
    mode: "embedding",
    budgetUsd: 1,
    requestsPerMinute: 100,
    retries: 0,
  },
  {
    ...{ name: "own", model: "llama", budgetUsd: 1, requestsPerMinute: 100 },
    provider: { host: "models.example.org", secret: "exampleApiKey" },
    ...{ inputUsdPerMillionTokens: 1, outputUsdPerMillionTokens: 2, contextTokens: 100_000 },
  },
];
export const wants: DeploymentArgs = {
  gateways: [{ name: gateway, requestsPerMinute: 10_000 }],
  // Gateways of other parts may use them too, and would have their shares.
  models: models.map((model) => ({ ...model, shares: { [gateway]: 1 } })),
};

const faults = {
  "429": { status: 429 },
  "500": { status: 500 },
  "529": { status: 529 },
  nothing: { hang: true },
  "a closed connection": { drop: "before" },
} as const;

export function tests(deployment: Deployment): void {
  const key = deployment.keys[gateway] ?? "";
  const chat = (model: string, text: string): Promise<Answer> => deployment.chat(model, text, {}, key);
  const ask = (path: string, body: unknown): Promise<Answer> => deployment.ask(path, body, { key });

  beforeAll(async () => {
    // What is slow once after a start is not what is measured.
    for (const model of ["third", "second", "own"]) await chat(model, "warm");
    await ask("/v1/messages", {
      model: "third",
      max_tokens: 10,
      messages: [{ role: "user", content: "warm" }],
    });
  });
  afterEach(() => deployment.world.script.clear());

  const measured: string[] = [];
  afterAll(() => console.log(measured.join("\n")));

  const asked = (service: "anthropic" | "openai", since: number): number =>
    deployment.world.recorder.list(since, service).filter(({ body }) => body !== null).length;
  const now = (): number => deployment.world.recorder.list(0).at(-1)?.seq ?? 0;

  describe.each(Object.entries(faults))("the first provider answers %s", (name, fault) => {
    it.each([
      ["/v1/chat/completions", false],
      ["/v1/chat/completions", true],
      ["/v1/messages", false],
    ])("%s, stream %s: the fallback answers, in time", async (path, stream) => {
      deployment.world.script.add(
        "anthropic",
        Array.from({ length: 4 }, () => ({ ...fault })),
      );
      const since = now();
      const body = {
        model: "first",
        max_tokens: 1000,
        stream,
        messages: [{ role: "user", content: "anybody?" }],
      };
      const answer = await ask(path, body);
      measured.push(
        `${path}${stream ? " streamed" : ""}, first answers ${name}: ${answer.status} in ${Math.round(answer.ms)} ms`,
      );
      expect(answer.status).toBe(200);
      expect(answer.text).toContain("stand-in model");
      expect(asked("openai", since)).toBe(1);
      // The setting: one retry. Not the provider library's, nor LiteLLM's, beside it.
      expect(asked("anthropic", since)).toBeLessThanOrEqual(2);
      expect(answer.ms).toBeLessThan(2 * (timeoutSeconds + 2) * 1000 + 3000);
    });
  });

  it("all of them fail: an error, within the time that the settings make", async () => {
    deployment.world.script.add(
      "anthropic",
      Array.from({ length: 8 }, () => ({ hang: true })),
    );
    deployment.world.script.add(
      "openai",
      Array.from({ length: 8 }, () => ({ hang: true })),
    );
    const answer = await chat("first", "nobody");
    measured.push(`three models, all silent: ${answer.status} in ${Math.round(answer.ms)} ms`);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.ms).toBeLessThan(3 * 2 * (timeoutSeconds + 2) * 1000 + 1500);
  });

  it("an error costs nothing, an attempt whose end is not known its worst case", async () => {
    const spent = async () => (await deployment.spending("model:alone")).spent;
    deployment.world.script.add("anthropic", [{ status: 500 }, { status: 429 }]);
    expect((await chat("alone", "x")).status).toBeGreaterThanOrEqual(400);
    await deployment.settled("model:alone");
    expect(await spent()).toBe(0);
    deployment.world.script.add("anthropic", [{ hang: true }]);
    expect((await chat("alone", "x")).status).toBe(200);
    await deployment.settled("model:alone");
    expect(await spent()).toBeGreaterThan(2 * sonnetCallUsd);
  });

  it("a model at its cap hands over to its fallback, and that one stops at its own cap", async () => {
    const answers = [];
    for (let index = 0; index < 6; index++) {
      answers.push(await chat("capped", "more"));
      await deployment.settled("model:reserve");
    }
    const [capped, reserve] = await Promise.all(
      ["capped", "reserve"].map((name) => deployment.spending(`model:${name}`)),
    );
    expect(capped?.spent).toBeCloseTo(sonnetCallUsd, 9);
    expect(reserve?.spent).toBeCloseTo(2 * sonnetCallUsd, 9);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429, 429]);
    expect(answers[5]?.text).toMatch(/spending cap: model:reserve/);
    const records = (await deployment.audit(1)).filter(({ model }) => model === "capped");
    expect(records.map(({ answeredBy }) => answeredBy)).toEqual([
      "capped",
      "reserve",
      "reserve",
      null,
      null,
      null,
    ]);
  });

  it("embeddings are answered and booked", async () => {
    const answer = await ask("/v1/embeddings", { model: "memory", input: ["one", "two"] });
    expect(answer.status).toBe(200);
    expect((JSON.parse(answer.text) as { data: unknown[] }).data).toHaveLength(2);
    await deployment.settled("model:memory");
    expect((await deployment.spending("model:memory")).spent).toBeCloseTo(0.00006, 9);
    expect((await chat("memory", "talk")).status).toBe(400);
    expect((await ask("/v1/embeddings", { model: "third", input: "x" })).status).toBe(400);
  });

  it("a provider of one's own answers, at the price that was given", async () => {
    const before = (await deployment.spending("model:own")).spent;
    expect((await chat("own", "hello")).status).toBe(200);
    await deployment.settled("model:own");
    expect((await deployment.spending("model:own")).spent - before).toBeCloseTo(0.003, 9);
  });
}
