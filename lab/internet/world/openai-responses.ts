import * as crypto from "node:crypto";
import type { Exchange, Json } from "./exchange";
import type { Reply } from "./script";
import { pieces, usageOf } from "./turn";

/** The answer to `POST /v1/responses`: one message, or the scripted function calls. */
export function respond(exchange: Exchange, text: string, reply: Reply): void {
  const usage = usageOf(reply);
  const output = outputItems(text, reply);
  const response = {
    id: newId("resp"),
    object: "response",
    created_at: Math.floor(Date.now() / 1000),
    status: "completed",
    error: null,
    model: exchange.json["model"],
    output,
    usage: {
      input_tokens: usage.input,
      output_tokens: usage.output,
      total_tokens: usage.input + usage.output,
    },
  };
  if (exchange.json["stream"] === true) exchange.stream(events(response, output), reply.drop === "middle");
  else exchange.send(200, response, reply.headers);
}

function outputItems(text: string, reply: Reply): Json[] {
  const calls = (reply.tools ?? []).map((tool) => ({
    type: "function_call",
    id: newId("fc"),
    call_id: newId("call"),
    name: tool.name,
    arguments: JSON.stringify(tool.arguments),
    status: "completed",
  }));
  const content = [{ type: "output_text", text, annotations: [] }];
  const message = { type: "message", id: newId("msg"), role: "assistant", status: "completed", content };
  return text === "" ? calls : [message, ...calls];
}

function events(response: Json, output: readonly Json[]): { event: string; data: unknown }[] {
  const sent: { event: string; data: Json }[] = [];
  const push = (type: string, data: Json): void => {
    sent.push({ event: type, data: { type, sequence_number: sent.length, ...data } });
  };
  push("response.created", { response: { ...response, status: "in_progress", output: [], usage: null } });
  for (const [output_index, item] of output.entries()) {
    const item_id = item["id"];
    if (item["type"] === "message") {
      const part = (item["content"] as Json[])[0] ?? {};
      const at = { item_id, output_index, content_index: 0 };
      push("response.output_item.added", {
        output_index,
        item: { ...item, status: "in_progress", content: [] },
      });
      push("response.content_part.added", { ...at, part: { ...part, text: "" } });
      for (const delta of pieces(String(part["text"]))) push("response.output_text.delta", { ...at, delta });
      push("response.output_text.done", { ...at, text: part["text"] });
      push("response.content_part.done", { ...at, part });
    } else {
      const at = { item_id, output_index };
      push("response.output_item.added", {
        output_index,
        item: { ...item, status: "in_progress", arguments: "" },
      });
      push("response.function_call_arguments.delta", { ...at, delta: item["arguments"] });
      push("response.function_call_arguments.done", { ...at, arguments: item["arguments"] });
    }
    push("response.output_item.done", { output_index, item });
  }
  push("response.completed", { response });
  return sent;
}

function newId(prefix: string): string {
  return `${prefix}_${crypto.randomBytes(12).toString("hex")}`;
}
