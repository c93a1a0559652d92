/** Every rule: kept by both stacks, broken by each way to take its control away, and never passed over an unknown value. */
import { rules } from "../../policy/rules";
import { existing, prod, rawConfiguration, standby, twoGateways } from "../fixtures/stack-configuration";
import { programRun, recordGraphs } from "../components/graph";
import { cases, type Case } from "./cases";
import { stackResources } from "./graph";
import { judge } from "./judge";

const graphs = recordGraphs({
  prod: programRun(rawConfiguration(prod)),
  standby: programRun(rawConfiguration(standby)),
  existing: programRun(rawConfiguration(existing)),
  twoGateways: programRun(rawConfiguration(twoGateways)),
  firstPreview: programRun(rawConfiguration(prod), true),
});
const whole = stackResources(graphs.prod);

/** The graph of prod with one resource changed. */
function changed(row: Case, change: Case["unknown"]) {
  const resource = whole.find(({ name }) => name === row.resource);
  if (resource === undefined) throw new Error(`prod has no resource ${row.resource}`);
  return whole.map((other) => (other === resource ? { ...resource, ...change(resource) } : other));
}
/** What a finding is about: the container, where a command settles it. */
const subject = (row: Case): string => row.resource.replace(/-settled$/, "");

it("each rule has its cases, and there are no others", () => {
  expect(Object.keys(cases).sort()).toEqual(rules.map(({ name }) => name).sort());
  for (const { broken } of Object.values(cases)) expect(Object.keys(broken).length).toBeGreaterThan(0);
});

it("names are unique, and every rule says its promise and what to do", () => {
  expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length);
  for (const { promise, mend } of rules) {
    expect(promise).toMatch(/^\S.{20,}\.$/);
    expect(mend).toMatch(/^[A-Z].{8,}\.$/);
  }
});

describe.each(["prod", "standby", "existing", "twoGateways"] as const)("the stack %s", (stack) => {
  it.each(rules)("keeps $name, with every value known", (rule) => {
    expect(judge(rule, stackResources(graphs[stack]), false)).toEqual([]);
  });
});

it.each(rules)("a first preview, with ids and outputs unknown, is not stopped by $name", (rule) => {
  expect(judge(rule, stackResources(graphs.firstPreview), true)).toEqual([]);
});

describe.each(rules)("$name", (rule) => {
  const row = cases[rule.name];
  if (row === undefined) return;

  it.each(Object.entries(row.broken))("is broken by: %s", (_, change) => {
    for (const preview of [true, false]) {
      const found = judge(rule, changed(row, change), preview);
      expect(found.length).toBeGreaterThan(0);
      expect(found.filter((says) => !says.startsWith(`${subject(row)}: `))).toEqual([]);
    }
  });

  // It judges the type, which is always known.
  const judgesType = rule.name === "docker-resource-known";
  it(
    judgesType
      ? "reads no value"
      : `an unknown value ${rule.unknown === "waits" ? "may wait" : "breaks it"} in a preview, and breaks it in an update`,
    () => {
      const resources = changed(row, row.unknown);
      expect(judge(rule, resources, true).length > 0).toBe(!judgesType && rule.unknown === "refused");
      expect(judge(rule, resources, false).length > 0).toBe(!judgesType);
    },
  );
});
