/** Each row of the policy is noticed when the running gateway answers anything else for any of its values. */
import { expectedValues, hardeningPolicy } from "../../../config-files/gateway/hardening-policy";
import { judgePolicyRow } from "../../../tools/verify/gateway";
import { variations } from "../../config-files/gateway/support/policy-args";

const [name, args] = Object.entries(variations("2026.9")).at(-1) ?? [];
if (args === undefined) throw new Error("there is no variation of the policy to ask about");

/** A configuration that answers as the policy wants; `changed` answers something else. */
function answers(changed?: string): unknown {
  const configuration: Record<string, unknown> = {};
  for (const { path, value } of expectedValues(args as NonNullable<typeof args>)) {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    let parent = configuration;
    for (const key of keys) parent = (parent[key] ??= {}) as Record<string, unknown>;
    parent[last] = path === changed ? "something else" : value;
  }
  return configuration;
}

const values = expectedValues(args);
const intents = new Map(hardeningPolicy.map(({ id, intent }) => [id, intent]));

test(`with every value as wanted (${name}), every row holds`, () => {
  for (const { row } of values) expect(judgePolicyRow(answers(), args, row, "intent")).toBe("intent");
});

test.each(values.map(({ row, path }) => [row, path]))("%s fails when %s is something else", (row, path) => {
  const intent = intents.get(row) ?? "";
  expect(() => judgePolicyRow(answers(path), args, row, intent)).toThrow(`${path} is not `);
});
