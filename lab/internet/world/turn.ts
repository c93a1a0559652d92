import { asText, type Json } from "./exchange";
import type { Reply } from "./script";

/** What the model is asked: everything after the last message of its own. */
export interface Turn {
  readonly userText: string;
  readonly images: number;
  readonly toolResults: readonly string[];
}

/** OpenClaw appends notes of its own to the conversation, as a user's message between these marks. */
const internalContext =
  /<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>[\s\S]*?(<<<END_OPENCLAW_INTERNAL_CONTEXT>>>|$)/g;

/** Reads chat messages of either API: OpenAI's `tool` messages and Anthropic's `tool_result` blocks. */
export function readTurn(messages: unknown): Turn {
  const all = Array.isArray(messages) ? (messages as Json[]) : [];
  const lastOwn = all.map((message) => message["role"]).lastIndexOf("assistant");
  let userText = "";
  let images = 0;
  const toolResults: string[] = [];
  const text = (value: unknown): void => {
    const said = asText(value).replace(internalContext, "").trim();
    if (said !== "") userText = said;
  };
  for (const message of all.slice(lastOwn + 1)) {
    const { role, content } = message;
    if (role === "tool") toolResults.push(flatten(content));
    if (role !== "user") continue;
    for (const block of Array.isArray(content) ? (content as Json[]) : [{ type: "text", text: content }]) {
      if (block["type"] === "text" || block["type"] === "input_text") text(block["text"]);
      else if (block["type"] === "tool_result") toolResults.push(flatten(block["content"]));
      else if (String(block["type"]).includes("image")) images += 1;
    }
  }
  return { userText, images, toolResults };
}

/** The model's answer: the scripted one, or an echo from which a test can tell what reached the model. */
export function answerText(turn: Turn, reply: Reply): string {
  if (reply.text !== undefined) return reply.text;
  if ((reply.tools ?? []).length > 0) return "";
  const images = turn.images === 0 ? "" : ` [${turn.images} image${turn.images === 1 ? "" : "s"}]`;
  const said = turn.toolResults.length > 0 ? `tool result: ${turn.toolResults.join("\n")}` : turn.userText;
  return `stand-in model says: ${said}${images}`;
}

/** Tokens to report. Fixed numbers, so that a test can compute what a turn must have cost. */
export function usageOf(reply: Reply): { input: number; output: number } {
  return { input: reply.usage?.input ?? 1000, output: reply.usage?.output ?? 1000 };
}

/** A text in pieces, as a stream brings it. */
export function pieces(text: string): string[] {
  return text.match(/[\s\S]{1,24}/g) ?? [""];
}

function flatten(content: unknown): string {
  if (!Array.isArray(content)) return asText(content);
  return (content as Json[]).map((block) => asText(block["text"], JSON.stringify(block))).join("\n");
}
