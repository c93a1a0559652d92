/** All rules, in the order in which the threat model tells them. */
import type { Rule } from "../rule";
import { edgeRules } from "./edge";
import { isolationRules } from "./isolation";
import { limitRules, limitStackRules } from "./limits";
import { protectionRules } from "./protection";
import { reachRules } from "./reach";
import { secretRules } from "./secrets";
import { supplyRules } from "./supply";

export const rules: readonly Rule[] = [
  ...edgeRules,
  ...isolationRules,
  ...limitRules,
  ...limitStackRules,
  ...reachRules,
  ...secretRules,
  ...supplyRules,
  ...protectionRules,
];
