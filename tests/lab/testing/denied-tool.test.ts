/** Which answers the rehearsal takes for a tool that was denied: OpenClaw's own sentence about that tool, and no other. */
import { deniedProblem } from "../../rehearsal/denied-tool";

it.each([
  ["OpenClaw's sentence", "tool result: Tool exec not found", undefined],
  ["OpenClaw's sentence within an answer", "Well. tool result: Tool exec not found", undefined],
  ["nothing", "", /is not in the answer/],
  [
    "a model that is polite",
    "I am not allowed to use exec, it is denied and was not found.",
    /is not in the/,
  ],
  ["another tool's", "tool result: Tool gateway not found", /is not in the answer/],
  ["a tool that has failed", "tool result: exec: command not found", /is not in the answer/],
  ["a gateway without a model", "the model is not available: error 503", /is not in the answer/],
  ["what has run", "tool result: Tool exec not found uid=1000(node)", /a command has run/],
])("%s", (_, answer, problem) => {
  if (problem === undefined) expect(deniedProblem("exec", answer)).toBeUndefined();
  else expect(deniedProblem("exec", answer)).toMatch(problem);
});
