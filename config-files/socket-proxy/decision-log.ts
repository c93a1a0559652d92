import { JsonLog } from "../http-service/json-log";

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

/** Writes decisions as JSON lines and counts them by decision and rule. */
export class DecisionLog extends JsonLog {
  private readonly counters = new Map<string, number>();

  constructor(gateway: string, write: (line: string) => void) {
    super(write, { gateway });
  }

  record(decision: Decision): void {
    const key = `${decision.decision} ${decision.rule}`;
    this.counters.set(key, (this.counters.get(key) ?? 0) + 1);
    this.line("decision", decision);
  }

  counts(): Counters {
    return Object.fromEntries(this.counters);
  }
}
