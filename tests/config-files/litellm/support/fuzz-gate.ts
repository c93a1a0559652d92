/** The gate's fuzzer: what it hands on was said, in a second reading too, is on its list, and costs what it may cost. */
import fc from "fast-check";
import { fuzz, fuzzSeconds, hits, spelled } from "../../../fuzzing";
import { Door, python, type Told } from "./door";

const tool = { type: "function", function: { name: "exec", parameters: { type: "object" }, strict: false } };
const chat = {
  model: "sonnet",
  stream: false,
  max_tokens: 100,
  temperature: 1,
  messages: [
    { role: "system", content: "be kind" },
    {
      role: "user",
      content: [
        { type: "text", text: "hi" },
        { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
      ],
    },
    {
      role: "assistant",
      content: "",
      tool_calls: [{ id: "1", type: "function", function: { name: "exec", arguments: "{}" } }],
    },
    { role: "tool", tool_call_id: "1", content: "done" },
  ],
  tools: [tool],
  tool_choice: "auto",
};
const embeddings = { model: "memory", input: ["one", "two"], encoding_format: "float" };
const asks = [
  ["chat", "/v1/chat/completions", chat],
  ["embeddings", "/v1/embeddings", embeddings],
] as const;
/** Written down apart from the schemas. */
const allowed = new Set(
  (
    "model messages stream max_tokens max_completion_tokens temperature top_p tools tool_choice parallel_tool_calls stop " +
    "response_format seed presence_penalty frequency_penalty reasoning_effort verbosity stream_options input dimensions " +
    "encoding_format"
  ).split(" "),
);
/** What the gate sets by itself. */
const ownKeys = new Set(["max_tokens", "max_completion_tokens", "stream_options", "input"]);

/** Whether everything of one value is in the other, at the same place. */
function within(part: unknown, whole: unknown): boolean {
  if (Array.isArray(part))
    return (
      Array.isArray(whole) &&
      part.length === whole.length &&
      part.every((each, index) => within(each, whole[index]))
    );
  // Not `Object.is`: what was said as -0 is handed on as 0.
  if (typeof part !== "object" || part === null) return part === whole;
  return (
    typeof whole === "object" &&
    whole !== null &&
    Object.entries(part).every(
      ([key, value]) =>
        // What the assistant said without a content gets one that is nothing.
        (key === "content" && value === null) ||
        (Object.hasOwn(whole, key) && within(value, (whole as never)[key])),
    )
  );
}

/** JSON as the standard says, of repeated keys the last; undefined where it is none. */
function independently(text: string): Record<string, unknown> | undefined {
  try {
    // A mark that says the byte order is no part of the text for Python.
    return JSON.parse(text.replace(/^\ufeff/, "")) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function look(text: string, { status, handedOn, records }: Told): void {
  if (handedOn === null) {
    expect([400, 403, 413]).toContain(status);
    expect(records).toHaveLength(1);
    return;
  }
  const { body } = handedOn;
  expect(Object.keys(body).filter((key) => !allowed.has(key))).toEqual([]);
  const said = independently(text);
  expect(said).toBeDefined();
  const kept = Object.fromEntries(Object.entries(body).filter(([key]) => !ownKeys.has(key)));
  expect([kept, within(kept, said)]).toEqual([kept, true]);
  const tools = (body["tools"] ?? []) as { type?: unknown }[];
  expect(tools.filter(({ type }) => type !== "function")).toEqual([]);
  expect(JSON.stringify(body["messages"] ?? [])).not.toMatch(/"(?:url|image_url)":"(?!data:)/);
  if (body["messages"] === undefined) return;
  const most = body["max_completion_tokens"] ?? body["max_tokens"];
  expect(Number.isInteger(most) && Number(most) >= 1 && Number(most) <= 8192).toBe(true);
}

export function fuzzGate(): void {
  const door = new Door();
  afterAll(() => door.close());
  (python ? test : test.skip).each(asks)(
    "%s: what is handed on was said, and is on the list",
    async (_, path, legal) => {
      const seen = { through: 0, refused: 0 };
      await fuzz(
        fc.asyncProperty(fc.array(hits, { minLength: 8, maxLength: 8 }), async (many) => {
          const texts = [...many.map((all) => spelled(legal, all)), spelled(legal, [])];
          const told = await door.through(texts.map((body) => ({ path, body })));
          told.forEach((one, index) => {
            look(texts[index] ?? "", one);
            seen[one.handedOn === null ? "refused" : "through"]++;
          });
        }),
      );
      expect(Math.min(seen.through, seen.refused)).toBeGreaterThan(0);
    },
    fuzzSeconds * 1000 + 90_000,
  );
}
