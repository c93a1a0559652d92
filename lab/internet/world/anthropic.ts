import * as crypto from "node:crypto";
import type { Exchange } from "./exchange";
import type { Keys } from "./keys";
import type { Reply } from "./script";
import { answerText, pieces, readTurn, usageOf } from "./turn";

const errorTypes: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  529: "overloaded_error",
};

/** Anthropic's Messages API: messages (plain and streamed), token counts, models. */
export async function anthropic(exchange: Exchange, keys: Keys): Promise<void> {
  const { request, json } = exchange;
  if (!keys.accepts("anthropic", exchange.header("x-api-key")))
    return fail(exchange, 401, "invalid x-api-key");
  if (exchange.header("anthropic-version") === undefined) {
    return fail(exchange, 400, "anthropic-version: header is required");
  }
  const route = `${request.method} ${exchange.path}`;
  if (route === "GET /v1/models") {
    return exchange.send(200, { data: [], first_id: null, last_id: null, has_more: false });
  }
  const model = json["model"];
  if (typeof model !== "string") return fail(exchange, 400, "model: Field required");
  if (!model.startsWith("claude-")) return fail(exchange, 404, `model: ${model}`);
  if (!Array.isArray(json["messages"])) return fail(exchange, 400, "messages: Field required");
  if (route === "POST /v1/messages/count_tokens") {
    return exchange.send(200, { input_tokens: Math.ceil(exchange.raw.length / 4) });
  }
  if (route !== "POST /v1/messages") return fail(exchange, 404, "Not found");
  if (typeof json["max_tokens"] !== "number") return fail(exchange, 400, "max_tokens: Field required");

  const turn = readTurn(json["messages"]);
  const reply = await exchange.scripted(turn.userText);
  if (reply === undefined) return;
  if (reply.status !== undefined) {
    return fail(exchange, reply.status, reply.error ?? "scripted by the lab", reply.headers);
  }
  const message = newMessage(model, answerText(turn, reply), reply);
  if (json["stream"] === true) exchange.stream(events(message), reply.drop === "middle");
  else exchange.send(200, message, reply.headers);
}

type Block =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; readonly input: unknown };

interface Message {
  readonly content: readonly Block[];
  readonly stop_reason: string;
  readonly stop_sequence: null;
  readonly usage: { readonly output_tokens: number };
}

function newMessage(model: string, text: string, reply: Reply): Message {
  const tools = (reply.tools ?? []).map((tool): Block => ({
    type: "tool_use",
    id: newId("toolu"),
    name: tool.name,
    input: tool.arguments,
  }));
  const usage = usageOf(reply);
  const message = {
    id: newId("msg"),
    type: "message",
    role: "assistant",
    model,
    content: [...(text === "" ? [] : [{ type: "text" as const, text }]), ...tools],
    stop_reason: tools.length > 0 ? "tool_use" : "end_turn",
    stop_sequence: null,
    usage: {
      input_tokens: usage.input,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: usage.output,
    },
  };
  return message;
}

function events(message: Message): { event: string; data: unknown }[] {
  const sent: { event: string; data: Record<string, unknown> & { type: string } }[] = [];
  const push = (data: Record<string, unknown> & { type: string }): void =>
    void sent.push({ event: data.type, data });
  const start = { ...message, content: [], stop_reason: null, usage: { ...message.usage, output_tokens: 1 } };
  push({ type: "message_start", message: start });
  push({ type: "ping" });
  for (const [index, block] of message.content.entries()) {
    const empty = block.type === "text" ? { ...block, text: "" } : { ...block, input: {} };
    push({ type: "content_block_start", index, content_block: empty });
    if (block.type === "text") {
      for (const text of pieces(block.text)) {
        push({ type: "content_block_delta", index, delta: { type: "text_delta", text } });
      }
    } else {
      for (const partial_json of pieces(JSON.stringify(block.input))) {
        push({ type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json } });
      }
    }
    push({ type: "content_block_stop", index });
  }
  const { stop_reason, stop_sequence, usage } = message;
  push({
    type: "message_delta",
    delta: { stop_reason, stop_sequence },
    usage: { output_tokens: usage.output_tokens },
  });
  push({ type: "message_stop" });
  return sent;
}

function fail(
  exchange: Exchange,
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const error = { type: errorTypes[status] ?? "api_error", message };
  exchange.send(status, { type: "error", error, request_id: newId("req") }, headers);
}

function newId(prefix: string): string {
  return `${prefix}_${crypto.randomBytes(12).toString("hex")}`;
}
