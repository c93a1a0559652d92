/** What the engine's text of a setting stands for, as the setting's schema has it: every value arrives as a string. */
import type { z } from "zod";

/** `text` is taken as it stands; `plain` (numbers, booleans) and `structure` (YAML maps and lists) arrive as JSON. */
export type ValueKind = "text" | "plain" | "structure";

const kinds: Readonly<Record<string, ValueKind>> = {
  string: "text",
  enum: "text",
  number: "plain",
  boolean: "plain",
  object: "structure",
  array: "structure",
  record: "structure",
};

/** @throws Error for a schema of a kind that no setting has had so far: add it to the table */
export function kindOf(schema: z.core.$ZodType): ValueKind {
  const { def } = schema._zod;
  // What wraps another: optional, default, prefault.
  if ("innerType" in def) return kindOf(def.innerType as z.core.$ZodType);
  if ("options" in def) {
    const found = new Set((def.options as readonly z.core.$ZodType[]).map(kindOf));
    return found.has("structure") || found.size > 1 ? "structure" : ([...found][0] ?? "structure");
  }
  const kind = kinds[def.type];
  if (kind === undefined)
    throw new Error(`a setting of type ${def.type}: say in config/value-kind.ts how it arrives`);
  return kind;
}

/** The value that the text stands for; the text itself where it is meant as text, or is no JSON. */
export function rawValue(schema: z.core.$ZodType, text: string | undefined): unknown {
  if (text === undefined || kindOf(schema) === "text") return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
