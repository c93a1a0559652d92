/** Which state backend a tool asks, said before it asks: the name of a stack alone may mean two. */
import { tryPulumi } from "./pulumi";
import { complain } from "./terminal";

/** `URL`, without what an address may carry to log in. */
export function shownBackend(url: string): string {
  return url.replace(/(:\/\/)[^/@]*@/, "$1***@").replace(/\?.*$/s, "?…");
}

/**
 * Says on standard error which stack is asked and where its state is.
 * @throws Error where this shell is logged in nowhere
 */
export function sayBackend(...stacks: readonly string[]): void {
  const { code, stdout, stderr } = tryPulumi(["whoami", "--json"]);
  if (code !== 0) {
    throw new Error(
      `no state backend can be asked: pulumi login, or for the lab LAB=1 or . .lab/env\n  ${stderr.trim()}`,
    );
  }
  const { url } = JSON.parse(stdout) as { url: string };
  const plural = stacks.length === 1 ? "stack" : "stacks";
  complain(`${plural} ${stacks.join(" and ")} of the state backend ${shownBackend(url)}`);
}
