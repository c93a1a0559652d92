/** What a turn answers whose model has asked for a tool that the policy denies. */

/**
 * Why the answer does not show that the tool was denied; undefined where it does. The tool's result comes back as the
 * model's words, and a denial is OpenClaw's own sentence: this session has no such tool. Words such as "not allowed" may
 * be said by a tool that has run.
 */
export function deniedProblem(tool: string, answer: string): string | undefined {
  if (/uid=\d/.test(answer)) return "a command has run";
  const sentence = `tool result: Tool ${tool} not found`;
  return answer.includes(sentence) ? undefined : `"${sentence}" is not in the answer: ${answer}`;
}
