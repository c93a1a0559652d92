/** What of a request goes on to LiteLLM beside the body, and what of its answer comes back. Skipped where Python is not installed. */
import { chat, messages, describePython } from "./support/asks";
import { Door } from "./support/door";

jest.setTimeout(60_000);
const door = new Door();
afterAll(() => door.close());

describePython("what goes out and what comes back", () => {
  it("LiteLLM gets headers of the gate's, and of the caller the key alone", async () => {
    const headers = {
      ...{ host: "evil", "anthropic-version": "x", "anthropic-beta": "fast", "x-litellm-num-retries": "9" },
      ...{ cookie: "c", "user-agent": "u", "x-api-key": "other", "x-forwarded-for": "127.0.0.1" },
    };
    const told = await door.alone({ ...messages({}), headers });
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
    const told = await door.alone({
      ...chat({ stream: true }),
      answer: { headers, pieces: ["data: {}\n\n"] },
    });
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
    const told = await door.alone({ ...chat({}), answer: { status: 400, headers, pieces } });
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
    const told = await door.alone({
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
      const told = await door.alone({
        ...chat({ stream: true }),
        answer: { pieces: ["data: {}\n\n", error] },
      });
      expect(told.text).toMatch(/"message": "no"/);
      expect(told.text).not.toContain("Traceback");
    },
  );
});
