import * as crypto from "node:crypto";
import { StateFile } from "./state-file";

/** The API tokens an emulator accepts. A `read` token may only read, like the ones for previews. */
export interface Tokens {
  readonly write: string;
  readonly read: string;
}

/** Reads the tokens from `file`, or makes them there. @param length characters, as long as the real service's. */
export function loadTokens(file: string, length: number): Tokens {
  const store = new StateFile<Tokens | undefined>(file);
  const existing = store.load(undefined);
  if (existing !== undefined) return existing;
  const made = { write: randomToken(length), read: randomToken(length) };
  store.save(made);
  return made;
}

/** @returns what the bearer of this `Authorization` header may do. */
export function access(tokens: Tokens, authorization: string | undefined): "write" | "read" | "none" {
  if (authorization === `Bearer ${tokens.write}`) return "write";
  if (authorization === `Bearer ${tokens.read}`) return "read";
  return "none";
}

function randomToken(length: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return Array.from({ length }, () => alphabet[crypto.randomInt(alphabet.length)]).join("");
}
