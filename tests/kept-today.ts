/** What is dear to make and the same for everybody who asks, kept in the cache for a day: certificates end. */
import { createHash } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../lab/lib/paths";

const today = new Date().toISOString().slice(0, 10);
const days = (): string => join(cacheDir(), "tests");
const fileOf = (kind: string, madeFrom: string): string =>
  join(days(), today, `${kind}-${createHash("sha256").update(madeFrom).digest("hex").slice(0, 32)}`);

/** @param madeFrom everything that it is made from @returns undefined where nobody has made it today */
export function keptToday<T>(kind: string, madeFrom: string): T | undefined {
  const file = fileOf(kind, madeFrom);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as T) : undefined;
}

/** Keeps it for whoever asks next. @returns what is kept: of two that are made side by side, the first */
export function keepToday<T>(kind: string, madeFrom: string, value: T): T {
  mkdirSync(join(days(), today), { recursive: true, mode: 0o700 });
  for (const day of readdirSync(days()).filter((name) => name < today))
    rmSync(join(days(), day), { recursive: true, force: true });
  const file = fileOf(kind, madeFrom);
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(value), { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  rmSync(draft);
  return keptToday<T>(kind, madeFrom) ?? value;
}
