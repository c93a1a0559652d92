import Ajv from "ajv/dist/2020";
import fc from "fast-check";
import { compileSchema, type Schema } from "../../../config-files/http-service/json-schema";
import configuration from "../../../config-files/socket-proxy/schemas/configuration.schema.json";
import createBodySchema from "../../../config-files/socket-proxy/schemas/create-body.schema.json";
import execBodySchema from "../../../config-files/socket-proxy/schemas/exec-body.schema.json";
import execStartBodySchema from "../../../config-files/socket-proxy/schemas/exec-start-body.schema.json";
import { exampleConfiguration } from "./support/configuration";
import {
  createBody,
  execBody,
  execStartBody,
  olderCreateBody,
  selfExecBody,
  type Body,
} from "./support/legal";
import { mutated } from "./support/mutated";

const place = {
  image: "openclaw-sandbox:bookworm-slim",
  hostDirectory: "/srv/sandboxes",
  workspace: "workspace-1",
};

describe.each([
  ["create", createBodySchema, [createBody(place), olderCreateBody(place)]],
  ["exec", execBodySchema, [execBody("id"), selfExecBody("/usr/local/bin/node")]],
  ["exec start", execStartBodySchema, [execStartBody]],
  ["configuration", configuration, [exampleConfiguration()]],
] as [string, object, Body[]][])("the schema of %s", (_, schema, examples) => {
  const mine = compileSchema(schema);
  const theirs = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true }).compile(schema);

  test("accepts what is measured", () => {
    for (const example of examples) {
      expect(mine(example)).toBeUndefined();
      expect(theirs(example)).toBe(true);
    }
  });

  test("accepts and refuses what another implementation of JSON Schema does", () => {
    // One difference is meant: a constant object must have its keys in the order in which the CLI writes them.
    fc.assert(
      fc.property(fc.constantFrom(...examples).chain(mutated), (body) => {
        expect([JSON.stringify(body), mine(body) === undefined]).toEqual([
          JSON.stringify(body),
          theirs(body),
        ]);
      }),
      { numRuns: 1_000 },
    );
  });
});

test.each([
  [{ type: "object", properties: {} }, "additionalProperties"],
  [{ type: "string" }, "maxLength"],
  [{ type: "string", maxLength: 9, pattern: "a" }, "not anchored"],
  [{ type: "array", items: { type: "boolean" } }, "maxItems"],
  [{ type: "integer", multipleOf: 2 }, "multipleOf"],
  [{ const: 1, minimum: 0 }, "minimum"],
  [{}, "missing"],
] as [Schema, string][])("does not compile the lax schema %j", (schema, message) => {
  expect(() => compileSchema(schema)).toThrow(message);
});
