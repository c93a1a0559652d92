/**
 * Clients of a gateway that draw each call and what its provider does with it from one seed: open routes, streamed or not, hung up
 * on at some moment. What happened is read from the stand-in providers' own record afterwards.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Reply } from "../../../../lab/internet/world/script";
import type { ServiceName } from "../../../../lab/internet/world/services";
import { drawsOf, type Draws } from "../../../../lab/load/draws";
import type { Deployment } from "../support/deployment";

/** Names one call, and whose it is, in what its provider reads. */
const markOf = (gateway: string, call: number): string => `CALL-${gateway}-${call}-END`;
const markPattern = /CALL-([a-z]+)-(\d+)-END/;

/** @returns the mark and the gateway of a request, by what is in its body; undefined for one without */
export function callIn(body: unknown): { mark: string; gateway: string } | undefined {
  const [mark, gateway] = markPattern.exec(JSON.stringify(body) ?? "") ?? [];
  return mark === undefined || gateway === undefined ? undefined : { mark, gateway };
}

/** As many as a call can have with any provider: one and its retry, of a model and of its fallbacks. */
const mostAttempts = 6;
const chatServices: readonly ServiceName[] = ["anthropic", "openai"];

/** `service mark` -> what it does with the requests of that call, in order. */
export type Plans = Map<string, readonly Reply[]>;

/** What came of the calls, as their clients saw it. */
export interface Seen {
  calls: number;
  answered: number;
  hungUp: number;
  atCap: number;
  /** LiteLLM was not there. */
  away: number;
}

/** What a provider does with one request. @param bytes of the text; @param most tokens of the answer */
function drawReply(draws: Draws, mark: string, bytes: number, most: number): Reply {
  const usage = { input: draws.whole(1, bytes), output: draws.whole(1, most) };
  const answer = { match: mark, usage };
  const kind = draws.share();
  if (kind < 0.45) return { ...answer, delayMs: draws.whole(0, 600) };
  // Past the patience of LiteLLM, which asks again or somebody else; the model has worked.
  if (kind < 0.55) return { ...answer, delayMs: draws.whole(2200, 3000) };
  if (kind < 0.75) return { match: mark, status: draws.of([429, 500, 529, 503]) };
  if (kind < 0.8) return { match: mark, status: 504 };
  if (kind < 0.87) return { match: mark, drop: "before" };
  if (kind < 0.95) return { match: mark, drop: "middle", usage };
  return { match: mark, hang: true };
}

interface Drawn {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly services: readonly ServiceName[];
  readonly mostTokens: number;
}

function drawCall(
  draws: Draws,
  mark: string,
  models: { readonly chat: string; readonly embedding: string },
): Drawn {
  const text = `${mark} ${draws.of(["x", "wörter ", "漢字", "a b c "]).repeat(draws.whole(1, 400))}`;
  const kind = draws.share();
  if (kind < 0.15) {
    const input = draws.share() < 0.5 ? text : [text, "and another"];
    const body = { model: models.embedding, input };
    return { path: "/v1/embeddings", body, services: ["voyage"], mostTokens: 1 };
  }
  const stream = draws.share() < 0.5;
  const mostTokens = draws.of([50, 300, 1000, 4000]);
  const body = {
    ...{ model: models.chat, stream, max_tokens: mostTokens },
    messages: [{ role: "user", content: text }],
  };
  const path = kind < 0.5 ? "/v1/messages" : "/v1/chat/completions";
  return { path, body, services: chatServices, mostTokens };
}

export interface Client {
  readonly deployment: Deployment;
  readonly gateway: string;
  readonly models: { readonly chat: string; readonly embedding: string };
  readonly seed: number;
  readonly plans: Plans;
  readonly seen: Seen;
  /** Numbers of calls that nobody else has. */
  readonly nextCall: () => number;
}

/** Calls one after the other until `over`. */
export async function callUntil(client: Client, over: () => boolean): Promise<void> {
  const draws = drawsOf(client.seed);
  while (!over()) await call(client, draws);
}

async function call(
  { deployment, gateway, models, plans, seen, nextCall }: Client,
  draws: Draws,
): Promise<void> {
  const mark = markOf(gateway, nextCall());
  const drawn = drawCall(draws, mark, models);
  const bytes = Buffer.byteLength(JSON.stringify(drawn.body["messages"] ?? drawn.body["input"]));
  for (const service of drawn.services) {
    const replies = Array.from({ length: mostAttempts }, () =>
      drawReply(draws, mark, Math.min(bytes, 400), drawn.mostTokens),
    );
    plans.set(`${service} ${mark}`, replies);
    deployment.world.script.add(service, replies);
  }
  const hangUp = draws.share() < 0.35 ? draws.whole(1, 1500) : undefined;
  const signal = AbortSignal.timeout(hangUp ?? 30_000);
  seen.calls += 1;
  try {
    const answer = await fetch(`http://${deployment.address}:4000${drawn.path}`, {
      method: "POST",
      signal,
      headers: {
        authorization: `Bearer ${deployment.keys[gateway] ?? ""}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(drawn.body),
    });
    const text = await answer.text();
    if (answer.status === 200) seen.answered += 1;
    else if (/spending cap/.test(text)) seen.atCap += 1;
  } catch {
    if (signal.aborted) seen.hungUp += 1;
    else seen.away += 1;
  }
  // What is refused, or finds nobody, is not asked without a pause.
  await sleep(draws.whole(20, 150));
}
