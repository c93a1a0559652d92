/** What providers would bill, reckoned from what they were sent and have done, apart from the gate's own arithmetic. */
import { priceOf } from "../../../../config/model-prices";
import type { ModelSettings } from "../../../../config/model-schema";
import type { Entry } from "../../../../lab/internet/world/recorder";
import type { Reply } from "../../../../lab/internet/world/script";

/** Somebody in front of the model has stopped waiting for it; the model may have gone on. */
const gaveUpWaiting = [408, 504, 524];
/** Around a message, a part of one, a text. */
const marks = 4;

/** Every text that the provider reads, keys of objects too. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)]);
}

interface Sent {
  readonly model?: unknown;
  readonly messages?: unknown;
  readonly system?: unknown;
  readonly tools?: unknown;
  readonly input?: unknown;
  readonly stream?: unknown;
  readonly max_tokens?: unknown;
  readonly max_completion_tokens?: unknown;
}

/** Most tokens of a request's input: one for each byte of its texts, and what is put around them. */
export function mostInputTokens({ messages, system, tools, input }: Sent): number {
  const texts = textsIn([messages, system, tools, input]);
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text) + marks, 0);
}

/**
 * Dollars for one request at list price. An error is free, but for those of somebody who gave up waiting. A request whose answer
 * never came, or broke off, is billed as the longest answer that it allows: nobody knows how far the model had come.
 *
 * @param reply what the provider did with it
 * @param models those of the deployment, one of which is the request's by its provider's name
 */
export function billed(
  { body }: Pick<Entry, "body">,
  reply: Reply,
  models: readonly ModelSettings[],
): number {
  const sent = (typeof body === "object" && body !== null ? body : {}) as Sent;
  const settings = models.find(({ model }) => model === sent.model);
  const price = settings === undefined ? undefined : priceOf(settings);
  if (price === undefined) throw new Error(`the provider was asked for ${JSON.stringify(sent.model)}`);
  const dollars = (input: number, output: number): number =>
    (input * price.inputUsdPerMillionTokens + output * price.outputUsdPerMillionTokens) / 1e6;
  const embeds = sent.input !== undefined;
  const longest = sent.max_completion_tokens ?? sent.max_tokens;
  if (!embeds && typeof longest !== "number")
    throw new Error("a request without a limit of its answer: it may cost anything");
  const worst = (): number => dollars(mostInputTokens(sent), embeds ? 0 : (longest as number));
  if (reply.status !== undefined) return gaveUpWaiting.includes(reply.status) ? worst() : 0;
  // What is not streamed has no middle: it comes whole.
  const cut = reply.drop === "before" || (reply.drop === "middle" && sent.stream === true);
  if (reply.hang === true || cut) return worst();
  const { input, output } = reply.usage ?? {};
  if (input === undefined || output === undefined) throw new Error("an answer whose tokens nobody drew");
  return dollars(input, embeds ? 0 : output);
}
