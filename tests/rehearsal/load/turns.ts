/** People who write to gateways by Telegram, each with one turn at a time, and how long the answers take. */
import { setTimeout as sleep } from "node:timers/promises";
import { addToScript, telegramSays, telegramSent, type Sent } from "../../../lab/rehearsal/world";
import { machine, type Tenant } from "./stack";

/** What a turn uses beside the model: a command in a sandbox, the memory, nothing. */
export const kinds = ["exec", "memory", "words"] as const;
export type Kind = (typeof kinds)[number];

/** A turn that takes longer has not been answered. */
const turnSeconds = 90;

interface Waiting {
  readonly wanted: (sent: Sent) => boolean;
  readonly found: (sent: Sent) => void;
}

/** Reads what bots send, once for all who wait for something. */
export class Inbox {
  private readonly waiting = new Set<Waiting>();
  private reading: Promise<void> | undefined;
  private ended = false;
  private problem = "";

  start(): void {
    this.reading = this.read().catch((error: unknown) => {
      this.problem = `; what bots send cannot be read: ${error instanceof Error ? error.message : "an error"}`;
    });
  }

  async stop(): Promise<void> {
    this.ended = true;
    await this.reading;
  }

  /** The next one of that kind from now on. @throws Error where there is none in time */
  async next(what: string, wanted: (sent: Sent) => boolean): Promise<Sent> {
    let one: Waiting | undefined;
    const found = new Promise<Sent>((resolve) => {
      one = { wanted, found: resolve };
      this.waiting.add(one);
    });
    const limit = new AbortController();
    try {
      const late = sleep(turnSeconds * 1000, undefined, { signal: limit.signal });
      const sent = await Promise.race([found, late]);
      if (sent !== undefined) return sent;
      throw new Error(`${what}: no answer within ${turnSeconds} s${this.problem}`);
    } finally {
      limit.abort();
      if (one !== undefined) this.waiting.delete(one);
    }
  }

  private async read(): Promise<void> {
    let last = (await telegramSent()).at(-1)?.seq ?? 0;
    while (!this.ended) {
      for (const sent of await telegramSent(last)) {
        last = sent.seq;
        for (const each of this.waiting) if (each.wanted(sent)) each.found(sent);
      }
      await sleep(100);
    }
  }
}

/** What a gateway remembers, found by its memory alone. */
const parrotOf = ({ name }: Tenant): string => `Ferdinand-of-${name}`;

/** Writes down something to be found, and has it indexed by way of the provider of embeddings. */
export async function remember(tenant: Tenant): Promise<void> {
  const note = `# Notes\n\nThe lighthouse keeper's parrot is called ${parrotOf(tenant)}.\n`;
  await machine.nodeIn(
    tenant.name,
    `import { mkdirSync, writeFileSync } from "node:fs";
const folder = "/home/node/.openclaw/workspace/memory";
mkdirSync(folder, { recursive: true });
writeFileSync(folder + "/2026-01-01.md", ${JSON.stringify(note)});`,
  );
  await machine.inside(`docker exec ${tenant.name} openclaw memory index --force --agent main`);
}

let turns = 0;

/** How a turn is asked for, and what its answer holds. */
async function begin(tenant: Tenant, kind: Kind): Promise<{ text: string; holds: string }> {
  turns += 1;
  const mark = `turn-${tenant.name}-${turns}-${Date.now()}`;
  if (kind === "words") return { text: `Say: ${mark}`, holds: mark };
  // In capitals, so that it was the command that said it.
  const command = `echo ${mark} | tr a-z A-Z`;
  const query = "what is the parrot of the lighthouse keeper called";
  const tool =
    kind === "exec"
      ? { name: "exec", arguments: { command } }
      : { name: "memory_search", arguments: { query } };
  await addToScript("anthropic", [{ match: mark, tools: [tool] }]);
  return { text: `please ${mark}`, holds: kind === "exec" ? mark.toUpperCase() : parrotOf(tenant) };
}

/** One message and its answer, by the clock of Telegram's stand-in. @returns milliseconds @throws Error without an answer */
export async function turn(inbox: Inbox, tenant: Tenant, kind: Kind): Promise<number> {
  const { text, holds } = await begin(tenant, kind);
  const bot = tenant.botToken.split(":")[0] ?? "";
  const answer = inbox.next(
    `a turn of ${tenant.name} (${kind})`,
    ({ bot: from, params }) =>
      String(from) === bot &&
      Number(params["chat_id"]) === tenant.person &&
      typeof params["text"] === "string" &&
      params["text"].includes(holds),
  );
  const began = Date.now();
  await telegramSays({ bot, text, from: { id: tenant.person, first_name: tenant.name } });
  return Date.parse((await answer).time) - began;
}

/**
 * Turns of several at once, each one after the other and of every kind in turn, until the seconds are over and each has so many.
 * @returns name -> milliseconds of each turn
 */
export async function turnsOf(
  inbox: Inbox,
  tenants: readonly Tenant[],
  { seconds, least }: { readonly seconds: number; readonly least: number },
): Promise<Map<string, number[]>> {
  const end = Date.now() + seconds * 1000;
  const measured = new Map<string, number[]>(tenants.map(({ name }) => [name, []]));
  await Promise.all(
    tenants.map(async (tenant) => {
      const own = measured.get(tenant.name) ?? [];
      while (own.length < least || Date.now() < end) {
        own.push(await turn(inbox, tenant, kinds[own.length % kinds.length] ?? "words"));
      }
    }),
  );
  return measured;
}
