/** Runs rules over resources as a run of the engine does. */
import { isStackRule, judges, violations, type Rule, type StackResource } from "../../policy/rule";

/** `resource: what is wrong` of one rule. */
export function judge(rule: Rule, resources: readonly StackResource[], preview: boolean): string[] {
  if (isStackRule(rule)) {
    const byUrn = new Map(resources.map(({ urn, name }) => [urn, name]));
    return rule
      .checkStack(resources)
      .flatMap(({ urn, findings }) =>
        violations(rule, findings, preview).map((says) => `${byUrn.get(urn)}: ${says}`),
      );
  }
  return resources.flatMap((resource, index) =>
    judges(rule, resource.type)
      ? violations(rule, rule.check(resource, resources.slice(0, index)), preview).map(
          (says) => `${resource.name}: ${says}`,
        )
      : [],
  );
}
