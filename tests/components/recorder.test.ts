/** The recorder itself: it notices what the other tests rely on it to notice. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { holdsSecret, recordAll, unknownMark, type RecordedResource } from "./graph";
import { generatedSecret } from "./recorder/answers";
import type { Run } from "./recorder/graph-types";

const program = "tests/components/recorder/planted.ts";
const planted = (fault: string, preview = false): Run => ({
  program,
  stack: "prod",
  values: { "planted:fault": fault },
  secretKeys: [],
  preview,
});
const graphs = recordAll({
  none: planted("none"),
  preview: planted("none", true),
  inApply: planted("in-apply"),
  twice: planted("twice"),
  call: planted("call"),
  unknownFault: planted("no such"),
});

const fine = (resources: readonly RecordedResource[]): RecordedResource | undefined =>
  resources.find(({ name }) => name === "fine");

it("records types, names, parents, inputs and options", () => {
  expect(existsSync(join(__dirname, "..", "..", program))).toBe(true);
  expect(graphs.none.error).toBeUndefined();
  expect(graphs.none.resources).toHaveLength(graphs.none.declaredAtOnce);
  expect(fine(graphs.none.resources)).toMatchObject({
    type: "command:remote:Command",
    parent: "clawkeep-prod",
    inputs: { create: "cat", stdin: { $secret: generatedSecret("prod", "password") } },
    options: { additionalSecretOutputs: ["connection"] },
    dependencies: ["password"],
  });
});

it("marks secrets, at whatever depth", () => {
  expect(holdsSecret(fine(graphs.none.resources)?.inputs["stdin"])).toBe(true);
  expect(holdsSecret(fine(graphs.none.resources)?.inputs["create"])).toBe(false);
  expect(holdsSecret({ a: [{ b: { $secret: "c" } }] })).toBe(true);
});

it("knows no ids and outputs in a preview", () => {
  expect(graphs.preview.error).toBeUndefined();
  expect(JSON.stringify(fine(graphs.preview.resources)?.inputs["stdin"])).toContain(unknownMark);
});

it("sees a resource that is made in an apply", () => {
  expect(graphs.inApply.error).toBeUndefined();
  expect(graphs.inApply.declaredAtOnce).toBe(1);
  expect(graphs.inApply.resources.map(({ name }) => name)).toEqual(["password", "late"]);
});

it.each([
  ["two resources of one name", graphs.twice, "two resources are called one (command:remote:Command)"],
  ["a call of a provider function", graphs.call, /^the program calls hcloud:index\/getImage:getImage/],
  ["a program that throws", graphs.unknownFault, "no such fault: no such"],
])("refuses %s", (_, { error }, expected) => {
  expect(error).toEqual(typeof expected === "string" ? expected : expect.stringMatching(expected));
});
