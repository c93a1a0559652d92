/** What `make failover` and `make failback` were told. */
import { parseArgs } from "node:util";

export interface Words {
  /** The stack that takes over. */
  readonly stack: string;
  readonly planned: boolean;
  /** Milliseconds since 1970. */
  readonly since: number | undefined;
  readonly cutOff: string | undefined;
}

/** @throws Error with everything that is wrong */
export function checkedWords(args: readonly string[], now: number): Words {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      planned: { type: "boolean", default: false },
      since: { type: "string" },
      "cut-off": { type: "string" },
    },
    allowPositionals: true,
  });
  const problems: string[] = [];
  const [stack = ""] = positionals;
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(stack))
    problems.push("STACK=standby says which stack is to take over; there is no default");
  const since = values.since === undefined ? undefined : Date.parse(values.since);
  if (since !== undefined && !(since <= now))
    problems.push(`SINCE=${values.since} is no time that has been, such as 2026-11-20T10:00:00Z`);
  if (values.planned && values["cut-off"] !== undefined)
    problems.push(
      "PLANNED=1 has the other stack finish its work, and CUT_OFF says that it cannot: take one of them",
    );
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return { stack, planned: values.planned, since, cutOff: values["cut-off"] };
}
