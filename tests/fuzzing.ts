/**
 * How long fuzzers look, and from where: CLAWKEEP_FUZZ_SECONDS (2 unless said; `make test-long NAME=fuzz` takes minutes) and
 * CLAWKEEP_FUZZ_SEED (another one each time unless said; a failure names it).
 */
import fc from "fast-check";

const number = (name: string, otherwise: number): number => {
  const said = process.env[name];
  if (said !== undefined && !/^\d{1,9}$/.test(said)) throw new Error(`${name} is no whole number: ${said}`);
  return said === undefined ? otherwise : Number(said);
};
export const fuzzSeconds = number("CLAWKEEP_FUZZ_SECONDS", 2);
/** Where draws begin. */
export const fuzzSeed = number("CLAWKEEP_FUZZ_SEED", Date.now() % 1_000_000_000);

/** Runs a property until the time is up. A time that is too short for one run fails. */
export const fuzz = async <T>(property: fc.IRawProperty<T>): Promise<void> => {
  await fc.assert(property, {
    seed: fuzzSeed,
    numRuns: 1_000_000_000,
    interruptAfterTimeLimit: fuzzSeconds * 1000,
    markInterruptAsFailure: false,
  });
};

/** What is done to the text of a JSON body, at one of its members or to the whole. */
export interface Hit {
  readonly at: number;
  readonly how: string;
  readonly value: string;
}

/** JSON texts, and others, that have a meaning somewhere or that readers of JSON disagree about. */
const values = [
  ...["null", "true", "false", "0", "1", '""', "[]", "{}", '"host"', '["ALL"]', '{"a":1}', '"data:,x"'],
  ...["1.0", "1e0", "1e400", "-0", "01", "+1", "0x1", "NaN", "Infinity", "-Infinity", "tru", "'a'"],
  ...["9007199254740993", "18446744073709551617", `1${"0".repeat(400)}`, "-9223372036854775809"],
  ...['"\\ud800"', '"\ud800"', '"\\u0000"', '"\n"', '"\\x41"', '"\u2028"', '"\\ud83d\\ude00"'],
  ...['"https://attacker.example/x"', '[{"type":"web_search"}]', '{"url":"https://attacker.example/x"}'],
  `${"[".repeat(13)}${"]".repeat(13)}`,
  `${"[".repeat(20_000)}${"]".repeat(20_000)}`,
];
const hows = [
  ...[
    "replaced",
    "again",
    "before",
    "recased",
    "recased again",
    "folded",
    "folded again",
    "escaped",
    "escaped again",
  ],
  ...["beside", "left out", "proto", "behind", "byte order mark", "two", "spaces", "cut", "comment", "comma"],
];
export const hits = fc.array(
  fc.record({
    at: fc.oneof(fc.nat(40), fc.nat(120)),
    how: fc.oneof(fc.constant("replaced"), fc.constantFrom(...hows)),
    value: fc.constantFrom(...values),
  }),
  { maxLength: 3 },
);

const recased = (key: string): string =>
  key.replace(/[A-Za-z]/, (letter) =>
    letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
  );
/** Letters that Go takes for s and k, and nobody else does. */
const folded = (key: string): string => key.replace(/s/i, "\u017f").replace(/k/i, "\u212a");
const escaped = (key: string): string =>
  `\\u${key.charCodeAt(0).toString(16).padStart(4, "0")}${key.slice(1)}`;

/** The body as text, with what the hits do to it. Places are counted over all members, so that any can be hit. */
export function spelled(body: unknown, all: readonly Hit[]): string {
  let place = 0;
  const member = (key: string, value: unknown): string[] => {
    const own = `${JSON.stringify(key)}:${text(value)}`;
    const here = place++;
    return all
      .filter(({ at }) => at === here)
      .reduce<string[]>(
        (texts, { how, value: other }) => {
          const as = (name: string): string => `"${name}":${other}`;
          switch (how) {
            case "replaced":
              return [as(key)];
            case "again":
              return [...texts, as(key)];
            case "before":
              return [as(key), ...texts];
            case "recased":
              return [own.replace(key, recased(key))];
            case "recased again":
              return [...texts, as(recased(key))];
            case "folded":
              return [own.replace(key, folded(key))];
            case "folded again":
              return [...texts, as(folded(key))];
            case "escaped":
              return [own.replace(key, escaped(key))];
            case "escaped again":
              return [...texts, as(escaped(key))];
            case "beside":
              return [...texts, as(`x${key}`)];
            case "left out":
              return [];
            case "proto":
              return [...texts, as("__proto__")];
            case "comment":
              return [...texts.map((each) => `/* x */${each}`)];
            case "comma":
              return [...texts, ""];
            default:
              return texts;
          }
        },
        [own],
      );
  };
  const text = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map(text).join(",")}]`;
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    return `{${Object.entries(value)
      .flatMap(([key, part]) => member(key, part))
      .join(",")}}`;
  };
  return all.reduce((whole, { how, value }) => {
    if (how === "behind") return `${whole}${value}`;
    if (how === "byte order mark") return `\ufeff${whole}`;
    if (how === "two") return `${whole}\n${whole}`;
    if (how === "spaces") return ` \t\r\n${whole}\n`;
    if (how === "cut") return whole.slice(0, -1);
    return whole;
  }, text(body));
}
