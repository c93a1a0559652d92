/** How settings arrive follows from their schemas: a new one is in no list. */
import { z } from "zod";
import { settingsShape } from "../../config/schema";
import { kindOf, rawValue, type ValueKind } from "../../config/value-kind";

it("every setting of today is text or structure, as it was when a list said so", () => {
  const kinds = Object.entries(settingsShape).map(([key, schema]) => [key, kindOf(schema)] as const);
  const of = (kind: ValueKind) => kinds.filter(([, found]) => found === kind).map(([key]) => key);
  expect(of("structure").sort()).toEqual(
    [
      "audit",
      "backups",
      "gateways",
      "host",
      "images",
      "models",
      "networks",
      "registryLogins",
      "storage",
      "zone",
    ].sort(),
  );
  expect(of("text").sort()).toEqual(
    ["extraCaCertificates", "hostname", "originCertificate", "pairedStack", "role", "tier"].sort(),
  );
});

it.each<[string, z.ZodType, string, unknown]>([
  ["a number with a default", z.int().min(1).default(5), "7", 7],
  ["a number that may be absent", z.number().optional(), "0.5", 0.5],
  ["a number that is none", z.int(), "seven", "seven"],
  ["a switch", z.boolean().prefault(false), "true", true],
  ["digits that are text", z.string(), "7", "7"],
  ["a word of some", z.enum(["true", "1"]), "true", "true"],
  ["a number or a switch", z.union([z.int(), z.boolean()]), "7", 7],
  ["a word or a structure", z.union([z.enum(["no"]), z.strictObject({ a: z.int() })]), '{"a":1}', { a: 1 }],
  ["a list", z.array(z.string()).prefault([]), '["a"]', ["a"]],
])("%s arrives as what it is", (_, schema, text, value) => {
  expect(rawValue(schema, text)).toEqual(value);
});

it("a number that is none is refused by its own schema, not as a structure", () => {
  const schema = z.int().default(5);
  expect([kindOf(schema), schema.safeParse(rawValue(schema, "seven")).error?.issues[0]?.message]).toEqual([
    "plain",
    "Invalid input: expected number, received string",
  ]);
});

it("one of a kind that nobody has thought of is noticed", () => {
  expect(() => kindOf(z.date())).toThrow(/a setting of type date: say in config\/value-kind\.ts/);
});
