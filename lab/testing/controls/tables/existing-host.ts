/** A host that somebody has already, and has set up otherwise than a new one: what is refused, and what is left alone. */
import { controlsOf, type Control } from "../control";

const baseline = "components/host-baseline.ts";

export const existingHostControls: readonly Control[] = controlsOf(
  { threat: undefined, file: baseline, test: "tests/components/command-words.test.ts" },
  [
    // Root's shell is zsh or fish there.
    {
      name: "host-any-login-shell",
      from: "const create = `${installUnits} && ${enableUnits}`;",
      to: "const create = `${installUnits} && ls ${unitDirectory}/* && ${enableUnits}`;",
      failing: "plain words, for whatever shell root has",
    },
  ],
);
