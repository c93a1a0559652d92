/** What the gate hands on to LiteLLM, made anew, and how it reads a body. Skipped where Python is not installed. */
import {
  chatPath,
  messagesPath,
  embeddingsPath,
  evil,
  pixel,
  dataUrl,
  say,
  chat,
  messages,
  embed,
  functionTool,
  ownTool,
  refusedAll,
  describePython,
  type Json,
} from "./support/asks";
import { Door } from "./support/door";

jest.setTimeout(60_000);
const door = new Door();
afterAll(() => door.close());

describePython("a request without a call in it", () => {
  it("GET /v1/models with a body without end: answered, and not read", async () => {
    const headers = { "content-length": "600000000" };
    const ask = { path: "/v1/models", method: "GET", headers, body: "0".repeat(65_536), endless: true };
    const told = await door.alone(ask);
    expect([told.status, told.received, told.handedOn]).toEqual([200, 0, null]);
    const { data } = JSON.parse(told.text) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual(["sonnet", "gpt", "memory"]);
  });

  it("a body in chunks, on any route: 411 with a record, and not read", async () => {
    const bodies = { headers: { "transfer-encoding": "chunked" }, body: "0", endless: true };
    const routes = [chatPath, messagesPath, embeddingsPath].map((path) => ({ path, route: path }));
    const others = ["/v1/models", "/other"].map((path) => ({ path, route: "(other)", method: "GET" }));
    const asks = [...routes, ...others];
    const told = await door.through(asks.map((ask) => ({ ...ask, ...bodies })));
    for (const [index, { status, received, records }] of told.entries()) {
      expect([status, received]).toEqual([411, 0]);
      expect(records).toEqual([
        expect.objectContaining({ gateway: "openclaw", status: 411, route: asks[index]?.route }),
      ]);
    }
  });

  it("without a key that counts: 401 with a record of the address, and past a rate 429 with one", async () => {
    const ask = { path: chatPath, headers: { authorization: "Bearer wrong" }, body: "x", endless: true };
    const [{ status, received, records } = fail()] = await door.through([ask]);
    expect([status, received]).toEqual([401, 0]);
    const record = { gateway: "(172.31.250.9)", route: "(other)" };
    expect(records).toEqual([
      expect.objectContaining({ ...record, status: 401, result: "refused: auth_error" }),
    ]);
    for (const path of [chatPath, "/health/liveliness"]) {
      const [many = fail()] = await door.through([{ ...ask, path, method: "GET", together: 4_000 }]);
      expect(many.status).toBe(429);
      expect(many.records).toContainEqual(
        expect.objectContaining({ ...record, status: 429, result: "refused: rate_limit" }),
      );
    }
  });

  it.each(["HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"])(
    "%s /v1/models, and GET of the routes for calls: refused with a record, and not read",
    async (method) => {
      const bodies = { body: "x", endless: true };
      const asks = [
        { path: "/v1/models", method, ...bodies },
        ...[chatPath, messagesPath, embeddingsPath].map((path) => ({ path, method: "GET", ...bodies })),
      ];
      for (const { status, received, handedOn, records } of await door.through(asks)) {
        expect([status, received, handedOn]).toEqual([404, 0, null]);
        expect(records).toEqual([
          expect.objectContaining({ gateway: "openclaw", status: 404, route: "(other)" }),
        ]);
      }
    },
  );
});

describePython("what OpenClaw sends comes through", () => {
  it("a turn of chat completions, with the keys that LiteLLM need not see left out", async () => {
    const history = [
      { role: "system", content: "you are" },
      say([
        { type: "text", text: "look" },
        { type: "image_url", image_url: { url: dataUrl } },
      ]),
      {
        role: "assistant",
        content: null,
        tool_calls: [
          { id: "call_1", type: "function", function: { name: "no such tool!", arguments: "{}" } },
        ],
      },
      { role: "tool", content: "result", tool_call_id: "call_1" },
      { role: "assistant", content: "said", reasoning_content: "thought" },
      say("<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>"),
    ];
    const body = {
      ...{
        messages: history,
        stream: true,
        tools: [functionTool],
        tool_choice: "auto",
        temperature: 1,
        stop: ["x"],
      },
      ...{ response_format: { type: "json_object" }, reasoning_effort: "low", parallel_tool_calls: true },
    };
    const left_out = { store: false, prompt_cache_key: "k", user: "u", metadata: {}, n: 1, seed: null };
    const told = await door.alone(
      chat({ ...body, ...left_out, max_completion_tokens: 100_000, stream_options: {} }),
    );
    expect(told.text).toBe("{}");
    expect(told.handedOn?.body).toEqual({
      ...{ model: "gpt", ...body },
      stream_options: { include_usage: true },
      max_completion_tokens: 8192,
    });
  });

  it("/v1/messages and embeddings", async () => {
    const content = [
      { type: "image", source: { type: "base64", media_type: "image/png", data: pixel } },
      { type: "document", source: { type: "base64", media_type: "application/pdf", data: pixel } },
      { type: "tool_result", tool_use_id: "t", content: [{ type: "text", text: "x" }], is_error: false },
      { type: "text", text: "y", cache_control: { type: "ephemeral", ttl: "1h" } },
    ];
    const said = [{ type: "tool_use", id: "t", name: "exec", input: { url: evil } }];
    const own = {
      messages: [say("hi"), { role: "assistant", content: said }, say(content)],
      system: [{ type: "text", text: "you are" }],
      tools: [ownTool],
      tool_choice: { type: "tool", name: "exec" },
    };
    const [message, vector] = await door.through([
      messages(own),
      embed({ input_type: "query", dimensions: 512 }),
    ]);
    expect(message?.handedOn?.body).toEqual({ model: "sonnet", max_tokens: 10, ...own });
    expect(vector?.handedOn?.body).toEqual({ model: "memory", input: ["one"], dimensions: 512 });
  });

  it("in little time", async () => {
    // As large as OpenClaw's first turn: 27 kB.
    const tools = Array.from({ length: 20 }, (_, index) => ({
      type: "function",
      function: {
        name: `tool_${index}`,
        description: "d".repeat(500),
        parameters: {
          type: "object",
          properties: Object.fromEntries(
            Array.from({ length: 10 }, (__, place) => [
              `p${place}`,
              { type: "string", description: "about it" },
            ]),
          ),
        },
      },
    }));
    const ask = chat({ tools, messages: [say("x".repeat(5000))] });
    const times = (await door.through(Array.from({ length: 101 }, () => ask))).map(({ ms }) => ms);
    times.sort((a, b) => a - b);
    expect(times[50]).toBeLessThan(5);
  });
});

describePython("embeddings", () => {
  it("have so many texts, bytes and numbers, and no tokens", () =>
    refusedAll(door, {
      texts: embed({ input: Array<string>(257).fill("abc") }),
      bytes: embed({ input: ["x".repeat(600_000), "x".repeat(600_000)] }),
      numbers: embed({ dimensions: 3073 }),
      none: embed({ dimensions: 0 }),
      "numbers as text": embed({ dimensions: "512" }),
      tokens: embed({ input: [1, 2, 3] }),
      "lists of tokens": embed({ input: [[1, 2, 3]] }),
      object: embed({ input: { url: evil } }),
      format: embed({ encoding_format: "int8" }),
    }));

  it("of one gateway one is on its way at a time; chat is not held up by that", async () => {
    const [vectors, turns] = await door.through([
      { ...embed({}), together: 5 },
      { ...chat({}), together: 5 },
    ]);
    expect([vectors?.status, vectors?.most]).toEqual([200, 1]);
    expect([turns?.status, turns?.most]).toEqual([200, 5]);
  });
});

describePython("the gate's own reading", () => {
  it("what it did not expect is 400 with a record too", async () => {
    const parameters = '{"type": "function", "function": {"name": "x", "parameters": {"maximum": 1e400}}}';
    const told = await door.alone({
      path: chatPath,
      body: `{"model": "gpt", "messages": [], "tools": [${parameters}]}`,
    });
    expect([told.status, told.handedOn]).toEqual([400, null]);
    expect(told.records.map(({ result, status }) => [status, result])).toEqual([
      [400, "refused: ValueError"],
    ]);
  });

  it.each([
    ["no JSON", "no JSON"],
    ["NaN", '{"model": "gpt", "temperature": NaN, "messages": []}'],
    ["no end", '{"model": "gpt"'],
    ["nesting", `{"model": "gpt", "messages": ${"[".repeat(5000)}`],
    [
      "a deep schema",
      JSON.stringify({
        model: "gpt",
        messages: [],
        tools: [{ type: "function", function: { name: "x", parameters: deep(100) } }],
      }),
    ],
    ["half a character", '{"model": "gpt", "messages": [{"role": "user", "content": "\\ud800"}]}'],
    ["a number of 5000 digits", `{"model": "gpt", "seed": ${"9".repeat(5000)}, "messages": []}`],
    ["a list", "[]"],
    ["nothing", ""],
  ])("%s: 400 with a record", (_, body) => refusedAll(door, { chat: { path: chatPath, body } }));

  it("the same key twice is one key, the one that LiteLLM sees", async () => {
    const body = '{"model": "gpt", "messages": [{"role": "user", "content": "a", "content": "b"}]}';
    expect((await door.alone({ path: chatPath, body })).handedOn?.body["messages"]).toEqual([say("b")]);
  });
});

function fail(): never {
  throw new Error("no answer");
}

function deep(levels: number): Json {
  let inner: Json = {};
  for (let level = 0; level < levels; level++) inner = { items: inner };
  return inner;
}
