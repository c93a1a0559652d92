import { embeddingList, inputs } from "./embeddings";
import type { Exchange } from "./exchange";
import type { Keys } from "./keys";
import { usageOf } from "./turn";

const dimensionsDefault = 1024;

/** Voyage AI's embeddings. */
export async function voyage(exchange: Exchange, keys: Keys): Promise<void> {
  const { json } = exchange;
  if (!keys.accepts("voyage", exchange.bearer)) {
    return exchange.send(401, { detail: "Provided API key is invalid." });
  }
  if (`${exchange.request.method} ${exchange.path}` !== "POST /v1/embeddings") {
    return exchange.send(404, { detail: "Not Found" });
  }
  if (json["input"] === undefined || typeof json["model"] !== "string") {
    return exchange.send(400, { detail: "Request body must have the fields 'input' and 'model'." });
  }
  const reply = await exchange.scripted(inputs(json).join("\n"));
  if (reply === undefined) return;
  if (reply.status !== undefined) {
    return exchange.send(reply.status, { detail: reply.error ?? "scripted by the lab" }, reply.headers);
  }
  exchange.send(200, embeddingList(json, dimensionsDefault, { total_tokens: usageOf(reply).input }));
}
