import { Refusal } from "./refusal";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

const maxDepth = 12;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Parses JSON so that no other parser can read the same bytes differently: no repeated key, no escape in a key,
 * no lone surrogate, no invalid UTF-8, no byte order mark, integers only, one value and nothing behind it.
 *
 * Go's decoder behind the Docker API takes the last of repeated keys, ignores the case of keys and mends broken
 * text; what is ambiguous is therefore refused here rather than interpreted.
 *
 * @throws {Refusal} 400 `json`
 */
export function parseStrictJson(bytes: Uint8Array): Json {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw bad("is not valid UTF-8");
  }
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function bad(what: string): Refusal {
  return new Refusal(400, "json", `the body ${what}`);
}

class Reader {
  private position = 0;

  constructor(private readonly text: string) {}

  end(): void {
    this.space();
    if (this.position !== this.text.length) throw bad("has data behind its JSON value");
  }

  value(depth: number): Json {
    if (depth > maxDepth) throw bad(`is nested deeper than ${maxDepth} levels`);
    this.space();
    const next = this.text[this.position];
    if (next === "{") return this.object(depth);
    if (next === "[") return this.array(depth);
    if (next === '"') return this.string();
    return this.literal();
  }

  private object(depth: number): JsonObject {
    this.position++;
    // No prototype: "__proto__" is then a key like any other, and is refused as an unknown one.
    const result: { [key: string]: Json } = Object.create(null) as { [key: string]: Json };
    if (this.skip("}")) return result;
    do {
      this.space();
      const start = this.position;
      const key = this.string();
      if (this.text.slice(start, this.position).includes("\\")) throw bad("has an escape sequence in a key");
      if (key in result) throw bad(`has the key ${JSON.stringify(key.slice(0, 40))} more than once`);
      this.expect(":");
      result[key] = this.value(depth + 1);
    } while (this.skip(","));
    this.expect("}");
    return result;
  }

  private array(depth: number): readonly Json[] {
    this.position++;
    const result: Json[] = [];
    if (this.skip("]")) return result;
    do result.push(this.value(depth + 1));
    while (this.skip(","));
    this.expect("]");
    return result;
  }

  private string(): string {
    const token = this.match(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
    if (token === undefined) throw bad("is not JSON: a string was expected or is malformed");
    const value = JSON.parse(token) as string;
    if (/\p{Surrogate}/u.test(value)) throw bad("has a lone surrogate in a string");
    return value;
  }

  private literal(): Json {
    const word = this.match(/true|false|null/y);
    if (word !== undefined) return JSON.parse(word) as Json;
    // The Docker API has no fraction or exponent in anything that is allowed here; both invite rounding tricks.
    const digits = this.match(/(?:0|-?[1-9][0-9]*)(?![0-9.eE])/y);
    if (digits === undefined) throw bad("is not JSON, or has a number that is no plain integer");
    const number = Number(digits);
    if (!Number.isSafeInteger(number)) throw bad("has a number outside the exact range");
    return number;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const token = pattern.exec(this.text)?.[0];
    if (token !== undefined) this.position += token.length;
    return token;
  }

  private space(): void {
    this.match(/[ \t\r\n]*/y);
  }

  private skip(character: string): boolean {
    this.space();
    if (this.text[this.position] !== character) return false;
    this.position++;
    return true;
  }

  private expect(character: string): void {
    if (!this.skip(character)) throw bad(`is not JSON: "${character}" was expected`);
  }
}
