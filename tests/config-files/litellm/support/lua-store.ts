/**
 * The ledger's scripts, run by a Lua of its own against a store in memory that has the commands they use. What Redis does
 * otherwise is tried with Redis (caps.docker.test.ts); this is fast enough for thousands of histories.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { folder } from "./door";
import { LuaMachine } from "./lua-machine";

type Hash = Map<string, string>;
type Script = (keys: readonly string[], argv: readonly string[]) => unknown[];

export class LuaStore {
  /** Milliseconds since 1970. */
  now = 1_795_359_600_000;
  readonly hashes = new Map<string, Hash>();
  private readonly ends = new Map<string, number>();

  private readonly lua = new LuaMachine();

  constructor() {
    this.lua.provide("redis", {
      call: (command, key, field, value) => this.call(command, String(key), String(field), value),
    });
    this.lua.provide("cjson", {
      encode: (value: unknown) => JSON.stringify(value),
      decode: (text: unknown) => JSON.parse(String(text)) as unknown,
    });
    for (const name of ["reserve", "settle"]) {
      const text = readFileSync(join(folder, `${name}.lua`), "utf8");
      this.lua.run(`function ${name}(KEYS, ARGV)\n${text}\nend`);
    }
  }

  readonly reserve: Script = (keys, argv) => this.run("reserve", keys, argv);
  readonly settle: Script = (keys, argv) => this.run("settle", keys, argv);

  /** Everything is forgotten, and some time passes. */
  clear(): void {
    this.hashes.clear();
    this.ends.clear();
    this.now += 1_000_000;
  }

  number(key: string, field: string): number {
    return Number(this.hash(key)?.get(field) ?? 0);
  }

  private run(name: string, keys: readonly string[], argv: readonly string[]): unknown[] {
    return this.lua.call(name, [keys, argv]) as unknown[];
  }

  private hash(key: string): Hash | undefined {
    if ((this.ends.get(key) ?? Infinity) <= this.now) {
      this.hashes.delete(key);
      this.ends.delete(key);
    }
    return this.hashes.get(key);
  }

  private made(key: string): Hash {
    const found = this.hash(key) ?? new Map<string, string>();
    this.hashes.set(key, found);
    return found;
  }

  private call(command: unknown, key: string, field: string, value: unknown): unknown {
    const hash = this.hash(key);
    switch (command) {
      // The marker, of a store that has none; the ledger of a test expects none.
      case "GET":
        return "";
      case "TIME":
        return [String(Math.floor(this.now / 1000)), String((this.now % 1000) * 1000)];
      case "HGET":
        return hash?.get(field) ?? false;
      case "EXISTS":
        return hash === undefined ? 0 : 1;
      case "HEXISTS":
        return hash?.has(field) === true ? 1 : 0;
      case "HSETNX":
        if (hash?.has(field) === true) return 0;
        this.made(key).set(field, String(value));
        return 1;
      case "HSET":
        this.made(key).set(field, String(value));
        return 1;
      case "HDEL":
        return hash?.delete(field) === true ? 1 : 0;
      case "HINCRBY": {
        const sum = Number(hash?.get(field) ?? 0) + Number(value);
        if (!Number.isSafeInteger(sum)) throw new Error(`${key} ${field} becomes ${sum}`);
        this.made(key).set(field, String(sum));
        return sum;
      }
      case "PTTL":
        return hash === undefined ? -2 : (this.ends.get(key) ?? this.now - 1) - this.now;
      case "PEXPIRE":
        this.ends.set(key, this.now + Number(field));
        return 1;
      default:
        throw new Error(`the store has no ${String(command)}`);
    }
  }
}
