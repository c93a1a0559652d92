/** Requests as gateways send them, and what is expected of all that the gate refuses. */
import { python, type Ask, type Door } from "./door";

export const chatPath = "/v1/chat/completions";
export const messagesPath = "/v1/messages";
export const embeddingsPath = "/v1/embeddings";
export const evil = "https://attacker.example/c?d=secret";
export const pixel = "iVBORw0KGgo=";
export const dataUrl = `data:image/png;base64,${pixel}`;
/** Skipped where Python is not installed. */
export const describePython = python ? describe : describe.skip;

export type Json = Record<string, unknown>;
export const say = (content: unknown): Json => ({ role: "user", content });
export const chat = (more: Json, model = "gpt"): Ask => ({
  path: chatPath,
  body: JSON.stringify({ model, messages: [say("hello")], ...more }),
});
export const messages = (more: Json, model = "sonnet"): Ask => ({
  path: messagesPath,
  body: JSON.stringify({ model, max_tokens: 10, messages: [say("hello")], ...more }),
});
export const embed = (more: Json): Ask => ({
  path: embeddingsPath,
  body: JSON.stringify({ model: "memory", input: ["one"], ...more }),
});
export const functionTool = {
  type: "function",
  function: { name: "exec", description: "runs", parameters: { type: "object", properties: {} } },
};
export const ownTool = { type: "custom", name: "exec", input_schema: { type: "object" } };

/** Each is refused with 400 and one record, and LiteLLM hears nothing of it. */
export async function refusedAll(
  door: Door,
  asks: Readonly<Record<string, Ask>>,
  reason?: RegExp,
): Promise<void> {
  const names = Object.keys(asks);
  const told = await door.through(Object.values(asks));
  const seen = told.map(({ status, handedOn, records, text }, index) => {
    if (reason !== undefined)
      expect([names[index], text]).toEqual([names[index], expect.stringMatching(reason)]);
    return [names[index], status, handedOn, records.map(({ status, result }) => [status, result])];
  });
  const expected = names.map((name) => [name, 400, null, [[400, "refused: invalid_request_error"]]]);
  expect(seen).toEqual(expected);
}
