import { BoundedLog } from "../http-service/bounded-log";
import { logLines } from "./limits";

/** One line of the log: what was asked, what was decided and why. Never a body, a header or a query. */
export interface Decision {
  readonly decision: "allow" | "deny" | "fail";
  /** The route that allowed it, or the rule that refused it. */
  readonly rule: string;
  readonly method: string;
  /** Class of the path for a known route, otherwise the start of the path. */
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
  readonly reason?: string;
  /** Name of a container or id of an exec. */
  readonly subject?: string;
}

export type Counters = { readonly [decisionAndRule: string]: number };

/** Rules of calls that change nothing. */
const looks = [
  "ping",
  "container-inspect",
  "container-list",
  "image-inspect",
  "exec-inspect",
  "absent",
  "untyped-inspect",
];

/** Writes decisions as JSON lines and counts them by decision and rule. */
export class DecisionLog extends BoundedLog {
  private readonly counters = new Map<string, number>();

  /** @param mostLines in a minute, of refusals and of allowed looks: neither may push out what was changed */
  constructor(
    gateway: string,
    write: (line: string) => void,
    private readonly mostLines: { readonly refused: number; readonly looks: number } = logLines,
  ) {
    super(write, { gateway });
  }

  record(decision: Decision): void {
    const key = `${decision.decision} ${decision.rule}`;
    this.counters.set(key, (this.counters.get(key) ?? 0) + 1);
    if (decision.decision !== "allow")
      this.bounded("refused", this.mostLines.refused, key, "decision", decision);
    else if (looks.includes(decision.rule))
      this.bounded("looks", this.mostLines.looks, key, "decision", decision);
    else this.line("decision", decision);
  }

  /** A connection that was one too many. */
  dropped(): void {
    const line = { reason: "too many connections" };
    this.bounded("refused", this.mostLines.refused, "dropped", "dropped", line);
  }

  counts(): Counters {
    return Object.fromEntries(this.counters);
  }
}
