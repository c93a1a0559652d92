import { embed } from "../../../lab/internet/world/embeddings";
import { eventData, keys, WorldHarness, type Any } from "./harness";

const world = new WorldHarness();
beforeAll(() => world.start());
afterAll(() => world.stop());
beforeEach(async () => {
  await world.control("DELETE", "/script");
  await world.control("DELETE", "/requests");
});

const exec = { name: "exec", arguments: { command: "id -u" } };

describe("Anthropic", () => {
  it("echoes the user's last words and reports 1000 tokens each way", async () => {
    const message = (await (await world.claude("good morning")).json()) as Any;
    expect(message).toMatchObject({
      type: "message",
      role: "assistant",
      model: "claude-sonnet-4-5",
      content: [{ type: "text", text: "stand-in model says: good morning" }],
      stop_reason: "end_turn",
      usage: { input_tokens: 1000, output_tokens: 1000 },
    });
  });

  it("calls a scripted tool, then answers with the tool's result", async () => {
    await world.script("anthropic", { tools: [exec] });
    const call = (await (await world.claude("who are you?")).json()) as Any;
    expect(call).toMatchObject({
      stop_reason: "tool_use",
      content: [{ type: "tool_use", input: exec.arguments }],
    });
    const messages = [
      { role: "user", content: "who are you?" },
      { role: "assistant", content: call.content },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: call.content[0].id, content: [{ type: "text", text: "1000" }] },
          { type: "text", text: "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>> not for the model" },
        ],
      },
    ];
    const final = (await (await world.claude("", { messages })).json()) as Any;
    expect(final.content[0].text).toBe("stand-in model says: tool result: 1000");
  });

  it("looks past OpenClaw's notes for the user's words, and counts images", async () => {
    const messages = [
      { role: "user", content: "first" },
      { role: "assistant", content: "yes" },
      {
        role: "user",
        content: [
          { type: "text", text: "look" },
          { type: "image", source: {} },
        ],
      },
      {
        role: "user",
        content: "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>> note <<<END_OPENCLAW_INTERNAL_CONTEXT>>>",
      },
    ];
    const answer = (await (await world.claude("", { messages })).json()) as Any;
    expect(answer.content[0].text).toBe("stand-in model says: look [1 image]");
  });

  it("streams text and tool calls as events", async () => {
    await world.script("anthropic", { text: "a text that is longer than one piece", tools: [exec] });
    const events = await eventData(await world.claude("go", { stream: true }));
    expect(events.map((event) => event.type).filter((type, i, all) => type !== all[i - 1])).toEqual([
      "message_start",
      "ping",
      ...["content_block_start", "content_block_delta", "content_block_stop"],
      ...["content_block_start", "content_block_delta", "content_block_stop"],
      "message_delta",
      "message_stop",
    ]);
    const deltas = events.filter((event) => event.type === "content_block_delta").map((event) => event.delta);
    expect(deltas.map((delta) => delta.text ?? "").join("")).toBe("a text that is longer than one piece");
    const json = deltas.map((delta) => delta.partial_json ?? "").join("");
    expect(JSON.parse(json)).toEqual(exec.arguments);
    expect(events.at(-2)).toMatchObject({
      delta: { stop_reason: "tool_use" },
      usage: { output_tokens: 1000 },
    });
  });

  it("refuses unknown keys and incomplete requests as the real one does", async () => {
    const headers = { "x-api-key": "wrong", "anthropic-version": "2023-06-01" };
    const wrong = await world.post("anthropic", "/v1/messages", {}, headers);
    expect([wrong.status, ((await wrong.json()) as Any).error]).toEqual([
      401,
      { type: "authentication_error", message: "invalid x-api-key" },
    ]);
    expect((await world.post("anthropic", "/v1/messages", {}, { "x-api-key": keys.anthropic })).status).toBe(
      400,
    );
    expect((await world.claude("x", { max_tokens: undefined })).status).toBe(400);
    expect((await world.claude("x", { model: "gpt-5" })).status).toBe(404);
  });

  it("counts tokens", async () => {
    const headers = { "x-api-key": keys.anthropic, "anthropic-version": "2023-06-01" };
    const body = { model: "claude-sonnet-4-5", messages: [] };
    const answer = await world.post("anthropic", "/v1/messages/count_tokens", body, headers);
    expect(((await answer.json()) as Any).input_tokens).toBeGreaterThan(0);
  });
});

describe("scripts", () => {
  it("are played in order, each to the first request that it matches", async () => {
    await world.script(
      "anthropic",
      { match: "weather", text: "rain" },
      { text: "one", usage: { output: 7 } },
    );
    const said = async (text: string) => ((await (await world.claude(text)).json()) as Any).content[0].text;
    expect(await said("hello")).toBe("one");
    expect(await said("hello")).toBe("stand-in model says: hello");
    expect(await said("the weather, please")).toBe("rain");
  });

  it("can make a service fail, hang up or break off", async () => {
    await world.script(
      "anthropic",
      { status: 429, error: "slow down", headers: { "retry-after": "3" } },
      { drop: "before" },
      { drop: "middle", text: "this text never comes to its end, because the connection breaks" },
      { delayMs: 80, text: "late" },
    );
    const limited = await world.claude("x");
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "3"]);
    expect(((await limited.json()) as Any).error).toEqual({ type: "rate_limit_error", message: "slow down" });
    await expect(world.claude("x")).rejects.toThrow("fetch failed");
    await expect((await world.claude("x", { stream: true })).text()).rejects.toThrow("terminated");
    const began = Date.now();
    await world.claude("x");
    expect(Date.now() - began).toBeGreaterThanOrEqual(75);
  });

  it("can hang: the request is seen, never answered, and noted as given up", async () => {
    await world.script("anthropic", { hang: true });
    await expect(
      fetch(world.url("anthropic", "/v1/messages"), {
        method: "POST",
        headers: { "x-api-key": keys.anthropic, "anthropic-version": "1" },
        body: JSON.stringify({ model: "claude-x", max_tokens: 1, messages: [] }),
        signal: AbortSignal.timeout(100),
      }),
    ).rejects.toThrow("timeout");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await world.requests("anthropic"))[0].status).toBe(-1);
  });

  it("are refused when misspelt", async () => {
    await expect(world.script("anthropic", { txt: "x" })).rejects.toThrow("replies[0].txt is unknown");
    await expect(world.script("anthropic", { tools: [{ name: "exec" }] })).rejects.toThrow("wrong value");
    await expect(world.script("antropic" as Any, {})).rejects.toThrow("none of the services");
  });
});

describe("the request log", () => {
  it("keeps who asked what with which key", async () => {
    await world.claude("a secret question");
    const [entry] = await world.requests("anthropic");
    expect(entry).toMatchObject({
      service: "anthropic",
      kind: "request",
      source: "127.0.0.1",
      method: "POST",
      path: "/v1/messages",
      headers: { "x-api-key": keys.anthropic },
      body: { messages: [{ content: "a secret question" }] },
      status: 200,
    });
    expect((await world.control("GET", `/requests?since=${entry.seq}`)).requests).toEqual([]);
    await world.control("DELETE", "/requests");
    expect(await world.requests("anthropic")).toEqual([]);
  });

  it("shows a leak: nobody answers everybody", async () => {
    const answer = await fetch(world.url("nobody", "/steal?data=1"));
    expect(answer.status).toBe(200);
    expect((await world.requests("nobody"))[0]).toMatchObject({ path: "/steal?data=1" });
  });
});

describe("keys", () => {
  it("can be revoked and registered while everything runs", async () => {
    await world.control("DELETE", "/keys", { anthropic: [keys.anthropic] });
    expect((await world.claude("x")).status).toBe(401);
    await world.control("POST", "/keys", { anthropic: [keys.anthropic] });
    expect((await world.claude("x")).status).toBe(200);
  });
});

describe("OpenAI", () => {
  it("completes a chat, and uses the tool result in its answer", async () => {
    const plain = (await (await world.gpt("hi")).json()) as Any;
    expect(plain.choices[0]).toMatchObject({
      message: { content: "stand-in model says: hi" },
      finish_reason: "stop",
    });
    expect(plain.usage).toEqual({ prompt_tokens: 1000, completion_tokens: 1000, total_tokens: 2000 });
    const messages = [
      { role: "user", content: "hi" },
      { role: "assistant", tool_calls: [] },
      { role: "tool", tool_call_id: "call_1", content: "uid=1000" },
      { role: "user", content: "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>> note" },
    ];
    const final = (await (await world.gpt("", { messages })).json()) as Any;
    expect(final.choices[0].message.content).toBe("stand-in model says: tool result: uid=1000");
  });

  it("streams tool calls, with usage when asked", async () => {
    await world.script("openai", { tools: [exec] });
    const chunks = await eventData(
      await world.gpt("go", { stream: true, stream_options: { include_usage: true } }),
    );
    const call = chunks.flatMap((chunk) => chunk.choices?.[0]?.delta?.tool_calls ?? [])[0];
    expect(call).toMatchObject({ index: 0, function: { name: "exec", arguments: '{"command":"id -u"}' } });
    expect(chunks.at(-3).choices[0].finish_reason).toBe("tool_calls");
    expect(chunks.at(-2).usage.total_tokens).toBe(2000);
    expect(chunks.at(-1)).toBe("[DONE]");
  });

  it("speaks the Responses API, plain and streamed", async () => {
    const ask = (more: object) =>
      world.post(
        "openai",
        "/v1/responses",
        { model: "gpt-5", ...more },
        { authorization: `Bearer ${keys.openai}` },
      );
    const plain = (await (await ask({ input: "hi" })).json()) as Any;
    expect(plain.output[0].content[0].text).toBe("stand-in model says: hi");
    const input = [{ type: "function_call" }, { type: "function_call_output", call_id: "1", output: "done" }];
    const events = await eventData(await ask({ input, stream: true }));
    expect(events[0].type).toBe("response.created");
    expect(events.at(-1).response.output[0].content[0].text).toBe("stand-in model says: tool result: done");
  });

  it("refuses an unknown key", async () => {
    const answer = await world.post("openai", "/v1/embeddings", {}, { authorization: "Bearer wrong" });
    expect([answer.status, ((await answer.json()) as Any).error.code]).toEqual([401, "invalid_api_key"]);
  });
});

describe("embeddings", () => {
  const near = (a: string, b: string) => {
    const [x, y] = [embed(a, 256), embed(b, 256)];
    return x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  };

  it("put texts that share words near each other", () => {
    expect(near("the cat sat on the mat", "the cat sat on the mat")).toBeCloseTo(1);
    expect(near("the cat sat on the mat", "a cat on a mat")).toBeGreaterThan(
      near("the cat sat", "stock prices fell"),
    );
    expect(near("", "")).toBe(1);
  });

  it("come from Voyage and OpenAI, as numbers or as base64", async () => {
    const headers = { authorization: `Bearer ${keys.voyage}` };
    const body = { model: "voyage-3.5", input: ["a", "b"], output_dimension: 256 };
    const answer = (await (await world.post("voyage", "/v1/embeddings", body, headers)).json()) as Any;
    expect(answer.data.map((item: Any) => item.embedding.length)).toEqual([256, 256]);
    expect(answer.data[0].embedding).toEqual(embed("a", 256));
    expect(
      (await world.post("voyage", "/v1/embeddings", body, { authorization: "Bearer wrong" })).status,
    ).toBe(401);
    const coded = (await (
      await world.post(
        "openai",
        "/v1/embeddings",
        { model: "text-embedding-3-small", input: "a", encoding_format: "base64" },
        { authorization: `Bearer ${keys.openai}` },
      )
    ).json()) as Any;
    expect(Buffer.from(coded.data[0].embedding, "base64")).toHaveLength(1536 * 4);
  });
});
