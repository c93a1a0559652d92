/**
 * How Go reads JSON into a struct, written down apart from the filter's own reading: of repeated keys the last, keys without
 * regard to case (and two letters that are folded like s and k), broken text mended, numbers of 64 bits.
 * Values are such that two readings can be compared: numbers as text, as exactly as they were written.
 */

export type Read = null | boolean | string | { readonly number: string } | Read[] | { [key: string]: Read };

const deepest = 10_000;
const least = -(2n ** 63n);
const most = 2n ** 63n - 1n;

const fold = (key: string): string =>
  [...key].map((letter) => ({ "\u017f": "s", "\u212a": "k" })[letter] ?? letter.toLowerCase()).join("");

/**
 * @param names fields of the struct, at any depth
 * @throws Error where Go refuses the text
 */
export function goReads(bytes: Uint8Array, names: readonly string[]): Read {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const known = new Map(names.map((name) => [fold(name), name]));
  let at = 0;
  const token = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const space = (): void => void token(/[ \t\r\n]*/y);
  const wanted = (character: string): void => {
    space();
    if (text[at++] !== character) throw new Error(`no ${character} at ${at}`);
  };
  const has = (character: string): boolean => {
    space();
    return text[at] === character;
  };
  const string = (): string => {
    const found = token(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
    if (found === undefined) throw new Error(`no string at ${at}`);
    return (JSON.parse(found) as string).replace(/\p{Surrogate}/gu, "\ufffd");
  };
  const list = <T>(open: string, close: string, one: () => T): void => {
    wanted(open);
    if (!has(close))
      for (;;) {
        one();
        if (!has(",")) break;
        at++;
      }
    wanted(close);
  };
  const value = (depth: number): Read => {
    if (depth > deepest) throw new Error("too deep");
    space();
    if (text[at] === "{") {
      const entries = new Map<string, Read>();
      list("{", "}", () => {
        space();
        const key = string();
        wanted(":");
        entries.set(known.get(fold(key)) ?? key, value(depth + 1));
      });
      return Object.fromEntries(entries);
    }
    if (text[at] === "[") {
      const values: Read[] = [];
      list("[", "]", () => values.push(value(depth + 1)));
      return values;
    }
    if (text[at] === '"') return string();
    const word = token(/true|false|null/y);
    if (word !== undefined) return JSON.parse(word) as boolean | null;
    const number = token(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y);
    if (number === undefined) throw new Error(`no value at ${at}`);
    if (!/^-?[0-9]+$/.test(number)) return { number };
    const whole = BigInt(number);
    if (whole < least || whole > most) throw new Error(`${number} has more than 64 bits`);
    return { number: whole.toString() };
  };
  const read = value(1);
  space();
  if (at !== text.length) throw new Error("there is more behind it");
  return read;
}

/** The same form, of a value that JavaScript has read or is about to write. */
export function comparable(value: unknown): Read {
  if (typeof value === "number") return { number: Object.is(value, -0) ? "-0" : String(value) };
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value as Read;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([key, part]) => [key, comparable(part)]),
  );
}
