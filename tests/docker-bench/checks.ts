/** Checks after the CIS Docker Benchmark 1.6, in our own words: sections 1 to 5, what a host can answer. */
import type { Check, Result } from "./check";
import { daemonChecks } from "./daemon";
import type { Facts } from "./facts";
import { fileChecks } from "./files";
import { hostChecks } from "./host";
import { imageChecks } from "./images";
import { runtimeChecks } from "./runtime";

export const checks: readonly Check[] = [
  ...hostChecks,
  ...daemonChecks,
  ...fileChecks,
  ...imageChecks,
  ...runtimeChecks,
];

/** Number -> result. */
export const judge = (facts: Facts): Map<string, Result> =>
  new Map(checks.map((check) => [check.id, check.judge(facts)]));
