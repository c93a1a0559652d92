import * as crypto from "node:crypto";
import { embeddingList, inputs } from "./embeddings";
import type { Exchange, Json } from "./exchange";
import type { Keys } from "./keys";
import { respond } from "./openai-responses";
import type { Reply } from "./script";
import { answerText, pieces, readTurn, usageOf } from "./turn";

const dimensionsDefault = 1536;

/** OpenAI's chat completions and responses (plain and streamed), embeddings, models. */
export async function openai(exchange: Exchange, keys: Keys): Promise<void> {
  const { json } = exchange;
  if (!keys.accepts("openai", exchange.bearer)) {
    return fail(exchange, 401, "Incorrect API key provided.", "invalid_api_key");
  }
  const route = `${exchange.request.method} ${exchange.path}`;
  if (route === "GET /v1/models") return exchange.send(200, { object: "list", data: [] });
  const known = ["POST /v1/chat/completions", "POST /v1/embeddings", "POST /v1/responses"];
  if (!known.includes(route)) return fail(exchange, 404, `Invalid URL (${route})`);
  if (typeof json["model"] !== "string") return fail(exchange, 400, "you must provide a model parameter");

  const isEmbedding = route === "POST /v1/embeddings";
  const turn = readTurn(json["messages"] ?? responseMessages(json["input"]));
  const reply = await exchange.scripted(isEmbedding ? inputs(json).join("\n") : turn.userText);
  if (reply === undefined) return;
  if (reply.status !== undefined) {
    return fail(exchange, reply.status, reply.error ?? "scripted by the lab", null, reply.headers);
  }
  const usage = usageOf(reply);
  if (isEmbedding) {
    const counts = { prompt_tokens: usage.input, total_tokens: usage.input };
    return exchange.send(200, embeddingList(json, dimensionsDefault, counts));
  }
  const text = answerText(turn, reply);
  if (route === "POST /v1/responses") return respond(exchange, text, reply);
  complete(exchange, text, reply);
}

function complete(exchange: Exchange, text: string, reply: Reply): void {
  const { json } = exchange;
  const usage = usageOf(reply);
  const counts = {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
  };
  const tools = (reply.tools ?? []).map((tool) => ({
    id: `call_${crypto.randomBytes(12).toString("hex")}`,
    type: "function",
    function: { name: tool.name, arguments: JSON.stringify(tool.arguments) },
  }));
  const finish = tools.length > 0 ? "tool_calls" : "stop";
  const head = {
    id: `chatcmpl-${crypto.randomBytes(12).toString("hex")}`,
    created: Math.floor(Date.now() / 1000),
    model: json["model"],
  };
  if (json["stream"] !== true) {
    const message = {
      role: "assistant",
      content: text === "" ? null : text,
      ...(tools.length > 0 ? { tool_calls: tools } : {}),
    };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: finish }];
    return exchange.send(200, { ...head, object: "chat.completion", choices, usage: counts }, reply.headers);
  }
  const chunk = (delta: Json, finish_reason: string | null = null): { data: unknown } => ({
    data: { ...head, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] },
  });
  const withUsage = (json["stream_options"] as Json | undefined)?.["include_usage"] === true;
  const chunks = [
    chunk({ role: "assistant", content: "" }),
    ...(text === "" ? [] : pieces(text).map((content) => chunk({ content }))),
    ...tools.map((tool, index) => chunk({ tool_calls: [{ index, ...tool }] })),
    chunk({}, finish),
    ...(withUsage
      ? [{ data: { ...head, object: "chat.completion.chunk", choices: [], usage: counts } }]
      : []),
    { data: "[DONE]" },
  ];
  exchange.stream(chunks, reply.drop === "middle");
}

/** The items of a Responses request as chat messages. */
function responseMessages(input: unknown): Json[] {
  if (typeof input === "string") return [{ role: "user", content: input }];
  if (!Array.isArray(input)) return [];
  return (input as Json[]).map((item) => {
    if (item["type"] === "function_call_output") return { role: "tool", content: item["output"] };
    return item["type"] === "function_call" ? { role: "assistant" } : item;
  });
}

function fail(
  exchange: Exchange,
  status: number,
  message: string,
  code: string | null = null,
  headers: Readonly<Record<string, string>> = {},
): void {
  const type = status === 429 ? "requests" : status >= 500 ? "server_error" : "invalid_request_error";
  exchange.send(status, { error: { message, type, param: null, code } }, headers);
}
