import fc from "fast-check";
import { Refusal } from "../../../config-files/http-service/refusal";
import { parseStrictJson, type Json } from "../../../config-files/http-service/strict-json";

const parse = (text: string | Buffer): Json => parseStrictJson(Buffer.from(text as string));

/** JSON as the docker CLI writes it: integers, plain keys, well-formed strings. */
const value = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(null, true, false),
    fc.maxSafeInteger().map((n) => (Object.is(n, -0) ? 0 : n)),
    fc.string({ unit: "grapheme" }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.stringMatching(/^[A-Za-z_./-]{1,12}$/), tie("value"), { maxKeys: 4 }),
  ),
})).value;

test("reads what JSON.stringify writes, as JSON.parse does", () => {
  fc.assert(
    fc.property(value, (each) => {
      const text = JSON.stringify(each);
      expect(JSON.stringify(parse(text))).toBe(text);
    }),
  );
});

test("whatever it accepts, JSON.parse reads the same", () => {
  const pieces = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"a"',
    '"b"',
    '"\\u0041"',
    "1",
    "-1",
    "01",
    "1.5",
    "null",
    " ",
    "\t",
    "tru",
    "true",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const text = parts.join("");
      let mine: Json;
      try {
        mine = parse(text);
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal);
        return;
      }
      expect(JSON.stringify(mine)).toBe(JSON.stringify(JSON.parse(text)));
    }),
    { numRuns: 5_000 },
  );
});

test("refuses any key that is there twice, however deep", () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[A-Za-z]{1,8}$/),
      value,
      value,
      fc.nat(6),
      (key, first, second, depth) => {
        const twice = `{"${key}":${JSON.stringify(first)},"x y":0,"${key}":${JSON.stringify(second)}}`;
        const text = `${"[".repeat(depth)}${twice}${"]".repeat(depth)}`;
        expect(() => parse(text)).toThrow(/more than once|nested/);
      },
    ),
  );
});

test.each([
  ["", "an empty text"],
  ["{} {}", "two values"],
  ["{}\u0000", "a NUL behind"],
  ["\ufeff{}", "a byte order mark"],
  ['{"\\u0061":1}', "an escape in a key"],
  ['{"a":1,}', "a trailing comma"],
  ["[1 2]", "a missing comma"],
  ["{'a':1}", "single quotes"],
  ["{a:1}", "a bare key"],
  ["1.0", "a fraction"],
  ["1e2", "an exponent"],
  ["-0", "a negative zero"],
  ["01", "a leading zero"],
  ["+1", "a plus sign"],
  ["9007199254740993", "a number that is not exact"],
  ["NaN", "no number"],
  ['"\\ud800"', "a lone surrogate"],
  ['"\n"', "a line break in a string"],
  ['"\\x41"', "an unknown escape"],
  ['"a', "an unfinished string"],
  ["[".repeat(20) + "]".repeat(20), "deep nesting"],
])("refuses %j: %s", (text) => {
  expect(() => parse(text)).toThrow(Refusal);
});

test.each([
  [[0x22, 0xc1, 0x81, 0x22], "an overlong encoding"],
  [[0x22, 0xff, 0x22], "a byte that is never in UTF-8"],
  [[0x22, 0xe2, 0x82, 0x22], "an unfinished sequence"],
  [[0x22, 0xed, 0xa0, 0x80, 0x22], "an encoded surrogate"],
])("refuses the bytes %j: %s", (bytes) => {
  expect(() => parseStrictJson(Buffer.from(bytes))).toThrow("not valid UTF-8");
});

test("__proto__ is a key like any other", () => {
  expect(Object.keys(parse('{"__proto__":{"a":1}}') as object)).toEqual(["__proto__"]);
});

test("reads a string as long as a body may be", () => {
  const long = '\u00e4\\"'.repeat(20_000);
  expect(parse(JSON.stringify(long))).toBe(long);
});
