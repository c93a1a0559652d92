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
  await call("POST", "/script", { service, replies });
}

/** A person, or a group, on the stand-in of Telegram. */
export interface TelegramMessage {
  readonly text: string;
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
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly files: readonly { readonly field: string; readonly size: number; readonly sha256: string }[];
}

export const telegramSent = async (): Promise<Sent[]> =>
  (await call("GET", "/telegram/sent"))["sent"] as Sent[];

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
