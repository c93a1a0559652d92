/** The small internet's services, told what to answer next and asked what they were sent. */
import { endpoints } from "../internet/addresses";
import type { Reply } from "../internet/world/script";
import type { ServiceName } from "../internet/world/services";

async function call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(`${endpoints.worldControl}${path}`, {
    method,
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (!response.ok) throw new Error(`${method} ${path}: ${String(answer["error"])}`);
  return answer;
}

/** What a service answers next, in order; everything queued before is forgotten. */
export async function script(service: ServiceName, replies: readonly Reply[]): Promise<void> {
  await call("DELETE", `/script?service=${service}`);
  await addToScript(service, replies);
}

/** The same, behind what is queued: for several who script one service at once, each reply with its `match`. */
export async function addToScript(service: ServiceName, replies: readonly Reply[]): Promise<void> {
  await call("POST", "/script", { service, replies });
}

/** Keys that a service accepts from now on, beside those that it does. */
export async function acceptKeys(service: ServiceName, keys: readonly string[]): Promise<void> {
  await call("POST", "/keys", { [service]: keys });
}

/** Keys that a service accepts no longer: all but those named. */
export async function acceptOnly(service: ServiceName, keys: readonly string[]): Promise<void> {
  const known = ((await call("GET", "/keys"))[service] ?? []) as string[];
  await call("DELETE", "/keys", { [service]: known.filter((key) => !keys.includes(key)) });
}

/** A person, or a group, on the stand-in of Telegram. */
export interface TelegramMessage {
  readonly text: string;
  /** Id of the bot that it is for; may be left out where there is one. */
  readonly bot?: string;
  readonly from?: { readonly id: number; readonly first_name?: string };
  readonly chat?: { readonly id: number; readonly type: string; readonly title?: string };
  readonly photo?: { readonly base64: string };
  readonly document?: { readonly base64: string; readonly name: string; readonly mime: string };
}

export const telegramSays = async (message: TelegramMessage): Promise<void> => {
  await call("POST", "/telegram/updates", message);
};

/** What the bot sent, edited or deleted; the newest last. */
export interface Sent {
  readonly seq: number;
  /** ISO 8601: when Telegram had it. */
  readonly time: string;
  /** Id of the bot. */
  readonly bot: number;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly files: readonly { readonly field: string; readonly size: number; readonly sha256: string }[];
}

/** @param since the `seq` of the last one that is not wanted */
export const telegramSent = async (since = 0): Promise<Sent[]> =>
  (await call("GET", `/telegram/sent?since=${since}`))["sent"] as Sent[];

export const forgetTelegramSent = async (): Promise<void> => {
  await call("DELETE", "/telegram/sent");
};

/** A bot as Telegram sees it. */
export interface BotStatus {
  readonly id: number;
  readonly username: string;
  readonly polling: boolean;
  readonly conflicts: number;
  readonly pollers: readonly string[];
}

export const telegramBots = async (): Promise<BotStatus[]> =>
  (await call("GET", "/telegram/bots"))["bots"] as BotStatus[];
