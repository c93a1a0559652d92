/**
 * `make verify STACK=prod`: asks a running stack whether every promise holds, and changes nothing on it.
 *
 *   npx tsx tools/verify.ts STACK [--json]
 *
 * A table for people, JSON for machines; exit code 0 when everything holds, 1 when something falls short, 2 when the
 * stack could not be asked. Standard error begins with which stack of which state backend it asks, and has each row as it
 * ends. A row has 45 s, a gateway's audit of itself 120, all of them have 150. Needs pulumi, curl and the key in your ssh-agent. VERIFY_CURL_ARGS: further
 * arguments of curl for the public name, such as `--cacert FILE`.
 */
import { sayBackend } from "./backend";
import { sshTarget, withHost } from "./host-shell";
import { secondsOfAudit } from "./verify/gateway";
import { progress, table, verify } from "./verify/row";
import { rowsOf } from "./verify/rows";
import { stackOutputs, deployedStack } from "./verify/deployed-stack";
import { complain, endWith, say, sayJson } from "./terminal";

/** What a row has started on the host ends a little before the longest wait for it, so that what it said is heard. */
const secondsOnHost = secondsOfAudit - 5;

async function main(args: readonly string[]): Promise<void> {
  const [stack] = args.filter((argument) => !argument.startsWith("--"));
  if (stack === undefined) throw new Error("usage: npx tsx tools/verify.ts STACK [--json]");
  sayBackend(stack);
  const outputs = stackOutputs(stack);
  const curlArgs = (process.env["VERIFY_CURL_ARGS"] ?? "").split(" ").filter((word) => word !== "");
  const results = await withHost(
    sshTarget(stack, outputs),
    async (shell) => {
      const deployed = deployedStack(stack, outputs, shell, curlArgs);
      return verify(deployed, rowsOf(deployed), 4, {}, (result) => complain(progress(result)));
    },
    secondsOnHost,
  );
  const ok = results.every((result) => result.ok);
  if (args.includes("--json")) sayJson({ stack, ok, results });
  else say(table(results));
  process.exitCode = ok ? 0 : 1;
}

main(process.argv.slice(2)).catch((error: unknown) => endWith(error, 2));
