import { readFileSync } from "node:fs";
import { parseStrictJson } from "../http-service/strict-json";
import type { RelayedGateway } from "./configuration";
import { placeholderToken, tokenShape } from "./placeholder";

/** The bot of one gateway. */
export interface Bot {
  /** The real token. */
  readonly token: string;
  /** Its part behind the colon: what must never be seen. */
  readonly secret: string;
  /** What the gateway has in its place. */
  readonly placeholder: string;
}

/**
 * Reads the bots of the gateways, strictly.
 *
 * @throws {Error} saying what is wrong with the file, and quoting nothing of it
 */
export function readBots(path: string, gateways: readonly RelayedGateway[]): ReadonlyMap<string, Bot> {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    throw new Error(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  let tokens: unknown;
  try {
    tokens = parseStrictJson(content);
  } catch {
    throw new Error(`${path} is not JSON`);
  }
  if (typeof tokens !== "object" || tokens === null || Array.isArray(tokens))
    throw new Error(`${path} is not a JSON object`);
  const byName = new Map(Object.entries(tokens));
  const bots = new Map<string, Bot>();
  for (const { name } of gateways) {
    const token: unknown = byName.get(name);
    const [, , secret] = typeof token === "string" ? (tokenShape.exec(token) ?? []) : [];
    if (typeof token !== "string" || secret === undefined)
      throw new Error(`${path} has no bot token for the gateway ${name}`);
    const placeholder = placeholderToken(token);
    const other = [...bots].find(([, bot]) => bot.placeholder === placeholder);
    // Telegram ends one poll of a bot when another begins: each would hear half.
    if (other !== undefined) throw new Error(`the gateways ${other[0]} and ${name} have the same bot`);
    bots.set(name, { token, secret, placeholder });
  }
  if (byName.size !== bots.size) throw new Error(`${path} has a token for a gateway that is not relayed`);
  return bots;
}
