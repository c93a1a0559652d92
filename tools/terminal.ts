/** The one way by which tools print: what comes from a host, a registry or a provider never reaches the terminal as it is. */
import { visibleJson, visibleLines } from "../config/visible";

/** Prints to standard output. */
export const say = (text: string): void => void process.stdout.write(`${visibleLines(text)}\n`);

/** Prints a value for machines to standard output. */
export const sayJson = (value: unknown): void => void process.stdout.write(`${visibleJson(value)}\n`);

/** Prints to standard error. */
export const complain = (text: string): void => void process.stderr.write(`${visibleLines(text)}\n`);

/** Says why a tool ends. @param code its exit code */
export function endWith(error: unknown, code = 1): void {
  complain(error instanceof Error ? error.message : String(error));
  process.exitCode = code;
}
