/**
 * What the gate refuses: sources elsewhere, tools that LiteLLM or a provider would run, whatever widens a call. Skipped where
 * Python is not installed.
 */
import {
  evil,
  pixel,
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
import { Door, type Ask } from "./support/door";

jest.setTimeout(60_000);
const door = new Door();
afterAll(() => door.close());

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
  ])("%s is refused in every place", (_, part) => refusedAll(door, places(part)));

  it.each<[string, unknown]>([
    ["an object", { type: "text", text: "x" }],
    ["a number", 5],
    ["a list in a list", [[{ type: "text", text: "x" }]]],
    ["a list of text", ["x"]],
  ])("content that is %s is refused", (_, content) =>
    refusedAll(door, {
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
    await refusedAll(door, { elsewhere: chat({ tools: [tool(evil)] }) }, /\$ref is not within the schema/);
    expect((await door.alone(chat({ tools: [tool("#/$defs/a")] }))).status).toBe(200);
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
    await refusedAll(door, Object.fromEntries(asks), /tools\[0\]/);
    await refusedAll(door, {
      "no list": ask({ tools: { type: "function" } }),
      "as text": ask({ tools: "x" }),
    });
  });

  it("what is not known of a tool is left out; a name that a bridge knows is refused", async () => {
    const strange = {
      ...functionTool,
      "x-other": 1,
      function: { ...functionTool.function, execution: "server" },
    };
    expect((await door.alone(chat({ tools: [strange] }))).handedOn?.body["tools"]).toEqual([functionTool]);
    const named = (name: string) => messages({ tools: [{ ...ownTool, name }] }, "gpt");
    await refusedAll(
      door,
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
    await refusedAll(door, Object.fromEntries(asks), /is not allowed here/);
  });

  it("a stream says what it has cost, whatever the caller wants", async () => {
    const [asked, not] = await door.through([
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
    const told = await door.through(keys.flatMap((key) => wrong.map((value) => chat({ [key]: value }))));
    expect(told.map(({ status }) => status).filter((status) => status !== 200 && status !== 400)).toEqual([]);
    expect(told.filter(({ status }) => status === 400).every(({ records }) => records.length === 1)).toBe(
      true,
    );
  });
});
