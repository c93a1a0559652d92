import { isJsonObject, type Json } from "./strict-json";

export type TypeName = "object" | "array" | "string" | "integer" | "boolean";

/** The part of JSON Schema 2020-12 that the filter's schemas use; {@link compileSchema} refuses any other keyword. */
export interface Schema {
  readonly $schema?: string;
  readonly $comment?: string;
  readonly title?: string;
  readonly type?: TypeName | readonly [TypeName, "null"];
  readonly const?: Json;
  readonly enum?: readonly Json[];
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  readonly additionalProperties?: false | Schema;
  readonly maxProperties?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Returns what is wrong, as `path: problem`, or undefined. */
export type Validator = (value: Json, path?: string) => string | undefined;

const annotations = ["$schema", "$comment", "title"];
const keywords: { readonly [type: string]: readonly string[] } = {
  object: ["properties", "required", "additionalProperties", "maxProperties"],
  array: ["items", "minItems", "maxItems"],
  string: ["pattern", "maxLength"],
  integer: ["minimum", "maximum"],
  boolean: [],
};

/**
 * Compiles a schema. Stricter than the standard where laxness would be a hole: every object must close itself with
 * `additionalProperties`, every array and string must have a bound, patterns must be anchored at both ends.
 *
 * @throws {Error} for a schema that uses anything else; that is a mistake in the filter, found when it starts
 */
export function compileSchema(schema: Schema, path = "body"): Validator {
  if (schema.const !== undefined || schema.enum !== undefined) return compileValues(schema, path);
  const type = schema.type;
  if (type === undefined) throw new Error(`schema ${path}: "type", "const" or "enum" is missing`);
  if (typeof type !== "string") {
    const validate = compileSchema({ ...schema, type: type[0] }, path);
    return (value, at = path) => (value === null ? undefined : validate(value, at));
  }
  allowOnly(schema, ["type", ...(keywords[type] ?? [])], path);
  switch (type) {
    case "object":
      return compileObject(schema, path);
    case "array":
      return compileArray(schema, path);
    case "string":
      return compileString(schema, path);
    case "integer": {
      const { minimum = -Infinity, maximum = Infinity } = schema;
      return (value, at = path) =>
        typeof value === "number" && Number.isInteger(value) && value >= minimum && value <= maximum
          ? undefined
          : `${at}: must be an integer from ${minimum} to ${maximum}`;
    }
    case "boolean":
      return (value, at = path) => (typeof value === "boolean" ? undefined : `${at}: must be true or false`);
  }
}

function compileValues(schema: Schema, path: string): Validator {
  allowOnly(schema, ["const", "enum"], path);
  const allowed = (schema.enum ?? [schema.const]).map((value) => JSON.stringify(value));
  return (value, at = path) =>
    allowed.includes(JSON.stringify(value)) ? undefined : `${at}: must be ${allowed.join(" or ")}`;
}

function compileObject(schema: Schema, path: string): Validator {
  const { properties = {}, required = [], additionalProperties, maxProperties = Infinity } = schema;
  if (additionalProperties === undefined)
    throw new Error(`schema ${path}: "additionalProperties" is missing`);
  const known = new Map(
    Object.entries(properties).map(([name, each]) => [name, compileSchema(each, `${path}.${name}`)]),
  );
  const other = additionalProperties === false ? undefined : compileSchema(additionalProperties, `${path}.*`);
  return (value, at = path) => {
    if (!isJsonObject(value)) return `${at}: must be an object`;
    const names = Object.keys(value);
    const missing = required.find((name) => !names.includes(name));
    if (missing !== undefined) return `${at}.${missing}: is missing`;
    if (names.length > maxProperties) return `${at}: must have at most ${maxProperties} properties`;
    for (const name of names) {
      const validate = known.get(name) ?? other;
      const at2 = `${at}.${name.slice(0, 60)}`;
      const problem = validate === undefined ? `${at2}: is not allowed` : validate(value[name] ?? null, at2);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

function compileArray(schema: Schema, path: string): Validator {
  const { items, minItems = 0, maxItems } = schema;
  if (items === undefined || maxItems === undefined)
    throw new Error(`schema ${path}: "items" or "maxItems" is missing`);
  const validate = compileSchema(items, `${path}[]`);
  return (value, at = path) => {
    if (!Array.isArray(value)) return `${at}: must be a list`;
    if (value.length < minItems || value.length > maxItems)
      return `${at}: must have ${minItems} to ${maxItems} entries`;
    for (const [index, item] of (value as readonly Json[]).entries()) {
      const problem = validate(item, `${at}[${index}]`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

function compileString(schema: Schema, path: string): Validator {
  const { pattern, maxLength } = schema;
  if (maxLength === undefined) throw new Error(`schema ${path}: "maxLength" is missing`);
  if (pattern !== undefined && !/^\^.*\$$/s.test(pattern))
    throw new Error(`schema ${path}: "pattern" is not anchored`);
  const expression = pattern === undefined ? undefined : new RegExp(pattern, "u");
  return (value, at = path) => {
    if (typeof value !== "string") return `${at}: must be a string`;
    if (value.length > maxLength) return `${at}: must have at most ${maxLength} characters`;
    if (expression !== undefined && !expression.test(value)) return `${at}: must match ${pattern}`;
    return undefined;
  };
}

function allowOnly(schema: Schema, allowed: readonly string[], path: string): void {
  const unknown = Object.keys(schema).find((keyword) => ![...allowed, ...annotations].includes(keyword));
  if (unknown !== undefined)
    throw new Error(`schema ${path}: the keyword "${unknown}" is not supported here`);
}
