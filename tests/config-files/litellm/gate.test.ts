/** What the gate hands on to LiteLLM, and what it refuses: bodies are made anew. Skipped where Python is not installed. */
import { Door, python, type Ask, type Told } from "./support/door";

const chatPath = "/v1/chat/completions";
const messagesPath = "/v1/messages";
const embeddingsPath = "/v1/embeddings";
const evil = "https://attacker.example/c?d=secret";
const pixel = "iVBORw0KGgo=";
const dataUrl = `data:image/png;base64,${pixel}`;
const describePython = python ? describe : describe.skip;

jest.setTimeout(60_000);
const door = new Door();
afterAll(() => door.close());
const through = (asks: readonly Ask[]): Promise<Told[]> => door.through(asks);
const alone = (ask: Ask): Promise<Told> => door.alone(ask);

type Json = Record<string, unknown>;
const say = (content: unknown): Json => ({ role: "user", content });
const chat = (more: Json, model = "gpt"): Ask => ({
  path: chatPath,
  body: JSON.stringify({ model, messages: [say("hello")], ...more }),
});
const messages = (more: Json, model = "sonnet"): Ask => ({
  path: messagesPath,
  body: JSON.stringify({ model, max_tokens: 10, messages: [say("hello")], ...more }),
});
const embed = (more: Json): Ask => ({
  path: embeddingsPath,
  body: JSON.stringify({ model: "memory", input: ["one"], ...more }),
});
const functionTool = {
  type: "function",
  function: { name: "exec", description: "runs", parameters: { type: "object", properties: {} } },
};
const ownTool = { type: "custom", name: "exec", input_schema: { type: "object" } };

/** Each is refused with 400 and one record, and LiteLLM hears nothing of it. */
async function refusedAll(asks: Readonly<Record<string, Ask>>, reason?: RegExp): Promise<void> {
  const names = Object.keys(asks);
  const told = await through(Object.values(asks));
  const seen = told.map(({ status, handedOn, records, text }, index) => {
    if (reason !== undefined)
      expect([names[index], text]).toEqual([names[index], expect.stringMatching(reason)]);
    return [names[index], status, handedOn, records.map(({ status, result }) => [status, result])];
  });
  const expected = names.map((name) => [name, 400, null, [[400, "refused: invalid_request_error"]]]);
  expect(seen).toEqual(expected);
}

describePython("a request without a call in it", () => {
  it.each(["chunked", "content-length"])(
    "GET /v1/models with a body without end (%s): answered, and not read",
    async (how) => {
      const headers =
        how === "chunked" ? { "transfer-encoding": "chunked" } : { "content-length": "600000000" };
      const told = await alone({
        path: "/v1/models",
        method: "GET",
        headers,
        body: "0".repeat(65_536),
        endless: true,
      });
      expect([told.status, told.received, told.handedOn]).toEqual([200, 0, null]);
      const { data } = JSON.parse(told.text) as { data: { id: string }[] };
      expect(data.map(({ id }) => id)).toEqual(["sonnet", "gpt", "memory"]);
    },
  );

  it.each(["HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"])(
    "%s /v1/models, and GET of the routes for calls: refused with a record, and not read",
    async (method) => {
      const bodies = { body: "x", endless: true };
      const asks = [
        { path: "/v1/models", method, ...bodies },
        ...[chatPath, messagesPath, embeddingsPath].map((path) => ({ path, method: "GET", ...bodies })),
      ];
      for (const { status, received, handedOn, records } of await through(asks)) {
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
    const told = await alone(
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
    const [message, vector] = await through([messages(own), embed({ input_type: "query", dimensions: 512 })]);
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
    const times = (await through(Array.from({ length: 101 }, () => ask))).map(({ ms }) => ms);
    times.sort((a, b) => a - b);
    expect(times[50]).toBeLessThan(5);
  });
});

describePython("sources by address, by id or by anything but themselves", () => {
  const places = (part: Json): Record<string, Ask> => ({
    "messages, content": messages({ messages: [say([part])] }),
    "messages, tool result": messages({
      messages: [say([{ type: "tool_result", tool_use_id: "t", content: [part] }])],
    }),
    "messages, assistant": messages({ messages: [{ role: "assistant", content: [part] }] }),
    "messages, system": messages({ system: [part] }),
    "messages to another provider": messages({ messages: [say([part])] }, "gpt"),
    "chat, user": chat({ messages: [say([part])] }),
    "chat, system": chat({ messages: [{ role: "system", content: [part] }] }),
    "chat, assistant": chat({ messages: [{ role: "assistant", content: [part] }] }),
    "chat, tool": chat({ messages: [{ role: "tool", tool_call_id: "t", content: [part] }] }, "sonnet"),
  });
  it.each<[string, Json]>([
    ["an image by address", { type: "image", source: { type: "url", url: evil } }],
    ["an image by id", { type: "image", source: { type: "file", file_id: "file_1" } }],
    [
      "an address in the place of base64",
      { type: "image", source: { type: "base64", media_type: "image/png", data: evil } },
    ],
    [
      "an address beside the data",
      { type: "image", source: { type: "base64", media_type: "image/png", data: pixel, url: evil } },
    ],
    ["a document by address", { type: "document", source: { type: "url", url: evil } }],
    [
      "a document of parts",
      {
        type: "document",
        source: { type: "content", content: [{ type: "image", source: { type: "url", url: evil } }] },
      },
    ],
    ["image_url", { type: "image_url", image_url: { url: evil } }],
    ["image_url as text", { type: "image_url", image_url: evil }],
    [
      "image_url with an address within data:",
      { type: "image_url", image_url: { url: `data:image/png;base64,${evil}` } },
    ],
    [
      "image_url with a file",
      { type: "image_url", image_url: { url: "file:///run/secrets/litellm/secrets.json" } },
    ],
    [
      "a picture that is markup",
      { type: "image_url", image_url: { url: `data:image/svg+xml;base64,${pixel}` } },
    ],
    ["image_url beside text", { type: "text", text: "x", image_url: { url: evil } }],
    ["a file id beside text", { type: "text", text: "x", file_id: "file_1" }],
    ["a file", { type: "file", file: { file_id: "file_1" } }],
    ["a file with data", { type: "file", file: { file_data: evil } }],
    ["a file of the responses API", { type: "input_file", file_url: evil }],
    ["a video", { type: "video_url", video_url: { url: evil } }],
    ["audio", { type: "input_audio", input_audio: { data: pixel, format: "wav" } }],
    ["a search result", { type: "search_result", source: evil, title: "x", content: [] }],
    ["an upload into a container", { type: "container_upload", file_id: "file_1" }],
    ["a server's tool", { type: "server_tool_use", id: "s", name: "web_search", input: {} }],
    ["an MCP tool", { type: "mcp_tool_use", id: "s", name: "x", server_name: "y", input: {} }],
    ["no type", { text: "x" }],
    ["a type that is null", { type: null, text: "x" }],
    ["a type that is a list", { type: ["text"], text: "x" }],
    ["a type that is an object", { type: {}, text: "x" }],
  ])("%s is refused in every place", (_, part) => refusedAll(places(part)));

  it.each<[string, unknown]>([
    ["an object", { type: "text", text: "x" }],
    ["a number", 5],
    ["a list in a list", [[{ type: "text", text: "x" }]]],
    ["a list of text", ["x"]],
  ])("content that is %s is refused", (_, content) =>
    refusedAll({
      chat: chat({ messages: [say(content)] }),
      messages: messages({ messages: [say(content)] }),
      system: messages({ system: content }),
      result: messages({ messages: [say([{ type: "tool_result", tool_use_id: "t", content }])] }),
    }),
  );

  it("a schema that is elsewhere is refused, one that refers to itself is counted as what it may become", async () => {
    const tool = ($ref: string) => ({
      type: "function",
      function: { name: "x", parameters: { items: [{ $ref }] } },
    });
    await refusedAll({ elsewhere: chat({ tools: [tool(evil)] }) }, /\$ref is not within the schema/);
    expect((await alone(chat({ tools: [tool("#/$defs/a")] }))).status).toBe(200);
  });
});

describePython("tools that the caller does not run", () => {
  const tools: Record<string, unknown> = {
    "no type": { name: "web_search" },
    null: { type: null, name: "web_search" },
    "a list": { type: [] },
    "a list with a type": { type: ["function"] },
    "an object": { type: {} },
    "a number": { type: 5 },
    "the provider's search": { type: "web_search_20250305", name: "web_search" },
    "the other provider's search": { type: "web_search_preview" },
    "type function, with no function": { type: "function", name: "web_search" },
    "an MCP server": { type: "mcp", server_url: evil, server_label: "x" },
    "a computer": { type: "computer_20250124", name: "computer" },
    "a function without a type": { function: functionTool.function },
    "a function whose type is null": { ...functionTool, type: null },
    "a function whose type is a list": { ...functionTool, type: ["function"] },
    "a function by another type": { ...functionTool, type: "web_search_preview" },
    "an own tool without a type": { ...ownTool, type: null },
    "an own tool by another type": { ...ownTool, type: "bash_20250124" },
    "a function with an address": { ...functionTool, server_url: evil },
    "a function that is text": { type: "function", function: "exec" },
    "a schema that is a list": { type: "function", function: { name: "x", parameters: [] } },
    text: "web_search",
  };
  it.each([
    ["chat", chat],
    ["messages", messages],
  ])("%s: each is refused, to a model of either provider", async (_, ask) => {
    const asks = Object.entries(tools).flatMap(([name, tool]) =>
      ["gpt", "sonnet"].map((model) => [`${name}, ${model}`, ask({ tools: [tool] }, model)] as const),
    );
    await refusedAll(Object.fromEntries(asks), /tools\[0\]/);
    await refusedAll({ "no list": ask({ tools: { type: "function" } }), "as text": ask({ tools: "x" }) });
  });

  it("what is not known of a tool is left out; a name that a bridge knows is refused", async () => {
    const strange = {
      ...functionTool,
      "x-other": 1,
      function: { ...functionTool.function, execution: "server" },
    };
    expect((await alone(chat({ tools: [strange] }))).handedOn?.body["tools"]).toEqual([functionTool]);
    const named = (name: string) => messages({ tools: [{ ...ownTool, name }] }, "gpt");
    await refusedAll(
      { search: named("web_search"), dated: named("web_search_20250305") },
      /caller's own function/,
    );
  });
});

describePython("whatever would widen a call", () => {
  it("is refused by its name", async () => {
    const wide: Json = {
      ...{
        n: 50,
        input_cost_per_token: 0,
        mock_response: "free",
        api_base: "http://203.0.113.9",
        api_key: "x",
      },
      ...{
        fallbacks: ["dear"],
        num_retries: 9,
        user_config: {},
        service_tier: "priority",
        web_search_options: {},
      },
      ...{
        extra_body: { n: 50 },
        extra_headers: { "x-evil": "1" },
        modalities: ["audio"],
        audio: { voice: "x" },
      },
      ...{
        mcp_servers: [{ url: evil }],
        container: "c",
        context_management: {},
        "no-log": true,
        base_url: evil,
      },
      ...{
        functions: [{ name: "x" }],
        prediction: {},
        success_callback: ["x"],
        speed: "fast",
        inference_geo: "us",
      },
    };
    const asks = Object.entries(wide).flatMap(([key, value]) =>
      [chat, messages, embed].map((ask, index) => [`${key} ${index}`, ask({ [key]: value })] as const),
    );
    await refusedAll(Object.fromEntries(asks), /is not allowed here/);
  });

  it("a stream says what it has cost, whatever the caller wants", async () => {
    const [asked, not] = await through([
      chat({ stream: true, stream_options: { include_usage: false } }),
      chat({}),
    ]);
    expect(asked?.handedOn?.body["stream_options"]).toEqual({ include_usage: true });
    expect(not?.handedOn?.body).not.toHaveProperty("stream_options");
  });

  it("values of the wrong kind are refused, whichever", async () => {
    const wrong = [null, [], {}, "x", -1, 1e400, true, 5.5];
    const keys = [
      "max_tokens",
      "stream",
      "temperature",
      "top_p",
      "seed",
      "stop",
      "tools",
      "tool_choice",
      "messages",
    ];
    const told = await through(keys.flatMap((key) => wrong.map((value) => chat({ [key]: value }))));
    expect(told.map(({ status }) => status).filter((status) => status !== 200 && status !== 400)).toEqual([]);
    expect(told.filter(({ status }) => status === 400).every(({ records }) => records.length === 1)).toBe(
      true,
    );
  });
});

describePython("embeddings", () => {
  it("have so many texts, bytes and numbers, and no tokens", () =>
    refusedAll({
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
    const [vectors, turns] = await through([
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
    const told = await alone({
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
  ])("%s: 400 with a record", (_, body) => refusedAll({ chat: { path: chatPath, body } }));

  it("the same key twice is one key, the one that LiteLLM sees", async () => {
    const body = '{"model": "gpt", "messages": [{"role": "user", "content": "a", "content": "b"}]}';
    expect((await alone({ path: chatPath, body })).handedOn?.body["messages"]).toEqual([say("b")]);
  });
});

describePython("what goes out and what comes back", () => {
  it("LiteLLM gets headers of the gate's, and of the caller the key alone", async () => {
    const headers = {
      ...{ host: "evil", "anthropic-version": "x", "anthropic-beta": "fast", "x-litellm-num-retries": "9" },
      ...{ cookie: "c", "user-agent": "u", "x-api-key": "other", "x-forwarded-for": "127.0.0.1" },
    };
    const told = await alone({ ...messages({}), headers });
    expect(told.handedOn?.query).toBe("");
    expect(told.handedOn?.headers).toEqual({
      host: "litellm",
      authorization: "Bearer the-gateways-key",
      "content-type": "application/json",
      "content-length": expect.any(String),
      "x-litellm-call-id": expect.any(String),
      "anthropic-version": "2023-06-01",
    });
  });

  it("the gateway gets three headers, and no more", async () => {
    const headers = {
      ...{
        "content-type": "text/event-stream",
        "llm_provider-organization": "org",
        "x-litellm-key-spend": "1",
      },
      ...{ "set-cookie": "c", server: "x", "retry-after": "5" },
    };
    const told = await alone({ ...chat({ stream: true }), answer: { headers, pieces: ["data: {}\n\n"] } });
    expect(told.headers).toEqual({ "content-type": "text/event-stream", "retry-after": "5" });
    expect(told.text).toBe("data: {}\n\n");
  });

  it("an error keeps its words and loses what is about LiteLLM", async () => {
    const message =
      "litellm.BadRequestError: AnthropicException - prompt is too long: 9 tokens > 8 maximum in /app/litellm/main.py " +
      `${"a".repeat(64)}. Received Model Group=dear\nTraceback (most recent call last):\n  File "/app/x.py", line 5`;
    const pieces = [
      JSON.stringify({ error: { message, type: "None", code: "400", provider_specific_fields: { x: 1 } } }),
    ];
    const headers = { "content-type": "text/html", "x-litellm-version": "1", "retry-after": "7" };
    const told = await alone({ ...chat({}), answer: { status: 400, headers, pieces } });
    expect(JSON.parse(told.text)).toEqual({
      type: "error",
      error: {
        message:
          "litellm.BadRequestError: AnthropicException - prompt is too long: 9 tokens > 8 maximum in (path) (hash).",
        type: "None",
        param: null,
        code: "400",
      },
    });
    expect(told.headers).toEqual({
      "content-type": "application/json",
      "content-length": String(told.text.length),
      "retry-after": "7",
    });
  });

  it.each([
    ["a page", "<html>Traceback (most recent call last): /app/x.py</html>"],
    ["a detail", JSON.stringify({ detail: "Invalid request format\nTraceback (most recent call last)" })],
    ["nothing", ""],
  ])("an error that is %s is made one without a traceback", async (_, text) => {
    const told = await alone({
      ...messages({}),
      answer: { status: 500, pieces: [text.slice(0, 20), text.slice(20)] },
    });
    expect(told.status).toBe(500);
    expect(told.text).not.toMatch(/Traceback|\/app/);
    expect(JSON.parse(told.text)).toMatchObject({ error: { code: "500" } });
  });

  it.each(['data: {"error": ', 'event: error\ndata: {"type": "error", "error": '])(
    "an error within a stream too (%s)",
    async (head) => {
      const end = "}\n\n";
      const error = `${head}{"message": "no\\nTraceback (most recent call last): /app/x.py"}${end}`;
      const told = await alone({ ...chat({ stream: true }), answer: { pieces: ["data: {}\n\n", error] } });
      expect(told.text).toMatch(/"message": "no"/);
      expect(told.text).not.toContain("Traceback");
    },
  );
});

function deep(levels: number): Json {
  let inner: Json = {};
  for (let level = 0; level < levels; level++) inner = { items: inner };
  return inner;
}
