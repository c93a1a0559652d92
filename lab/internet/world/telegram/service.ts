import * as crypto from "node:crypto";
import type { Exchange, Json } from "../exchange";
import type { Keys } from "../keys";
import { Bot, type Update } from "./bot";
import { inject } from "./inject";
import { BotApiError, callMethod, isVisible } from "./methods";
import { numeric, readParams, type Params } from "./params";

/** Something a bot did that a user would notice. */
export interface Sent {
  readonly seq: number;
  readonly time: string;
  readonly bot: number;
  readonly source: string;
  readonly method: string;
  readonly params: Params["values"];
  readonly files: readonly { field: string; name: string; size: number; sha256: string }[];
  readonly result: unknown;
}

const maxUpdates = 100;

/** Telegram's Bot API for the bots whose tokens are registered as keys. */
export class Telegram {
  private readonly bots = new Map<string, Bot>();
  private sentLog: Sent[] = [];
  private seq = 0;

  constructor(private readonly keys: Keys) {}

  async serve(exchange: Exchange): Promise<void> {
    const [, isFile, token = "", rest = ""] = /^(\/file)?\/bot([^/]+)\/(.+)$/.exec(exchange.path) ?? [];
    if (token === "") return fail(exchange, 404, "Not Found");
    if (!this.keys.accepts("telegram", decodeURIComponent(token))) return fail(exchange, 401, "Unauthorized");
    const bot = this.bot(decodeURIComponent(token));
    if (isFile !== undefined) {
      const file = bot.fileAt(rest);
      return file === undefined ? fail(exchange, 404, "Not Found") : exchange.send(200, file.bytes);
    }
    const reply = await exchange.scripted(rest);
    if (reply === undefined) return;
    if (reply.status !== undefined) {
      const wait = reply.status === 429 ? { parameters: { retry_after: 1 } } : {};
      return fail(exchange, reply.status, reply.error ?? "scripted by the lab", wait);
    }
    const params = await readParams(exchange);
    try {
      const result =
        rest.toLowerCase() === "getupdates"
          ? await this.poll(bot, exchange, params)
          : this.call(bot, exchange, rest, params);
      exchange.send(200, { ok: true, result });
    } catch (error) {
      if (!(error instanceof BotApiError)) throw error;
      fail(exchange, error.code, error.message);
    }
  }

  /** @param bot a token or bot id; may be left out when one bot is registered. */
  inject(bot: unknown, body: Json): Update {
    const tokens = this.keys.list("telegram");
    const token =
      bot === undefined && tokens.length === 1
        ? tokens[0]
        : tokens.find((candidate) => candidate === bot || candidate.startsWith(`${String(bot)}:`));
    if (token === undefined)
      throw new Error(`no such bot among the ${tokens.length} registered; name one in "bot"`);
    return inject(this.bot(token), body);
  }

  sent(since: number): readonly Sent[] {
    return this.sentLog.filter((entry) => entry.seq > since);
  }

  clearSent(): void {
    this.sentLog = [];
  }

  status(): Json[] {
    return [...this.bots.values()].map(({ id, username, polling, conflicts, pollers, commands }) => ({
      ...{ id, username, polling, conflicts, pollers: [...pollers], commands },
    }));
  }

  private async poll(bot: Bot, exchange: Exchange, { values }: Params): Promise<readonly Update[]> {
    if (bot.webhookUrl !== "") {
      const hint = "use deleteWebhook to delete the webhook first";
      throw new BotApiError(409, `Conflict: can't use getUpdates method while webhook is active; ${hint}`);
    }
    const gone = new Promise<void>((resolve) => exchange.response.once("close", () => resolve()));
    const query = {
      offset: numeric(values, "offset", 0),
      limit: Math.min(maxUpdates, Math.max(1, numeric(values, "limit", maxUpdates))),
      timeoutSeconds: Math.max(0, numeric(values, "timeout", 0)),
      source: exchange.source,
    };
    const updates = await bot.updates(query, gone);
    if (updates === "conflict") {
      const hint = "make sure that only one bot instance is running";
      throw new BotApiError(409, `Conflict: terminated by other getUpdates request; ${hint}`);
    }
    return updates;
  }

  private call(bot: Bot, exchange: Exchange, method: string, params: Params): unknown {
    const result = callMethod(bot, method, params);
    if (isVisible(method)) {
      const files = params.files.map(({ field, name, bytes }) => ({
        ...{ field, name, size: bytes.length },
        sha256: crypto.createHash("sha256").update(bytes).digest("hex"),
      }));
      const { source } = exchange;
      const entry = { seq: ++this.seq, time: new Date().toISOString(), bot: bot.id, source };
      this.sentLog.push({ ...entry, method, params: params.values, files, result });
    }
    return result;
  }

  private bot(token: string): Bot {
    const bot = this.bots.get(token) ?? new Bot(token);
    this.bots.set(token, bot);
    return bot;
  }
}

function fail(exchange: Exchange, code: number, description: string, more: Json = {}): void {
  exchange.send(code, { ok: false, error_code: code, description, ...more });
}
