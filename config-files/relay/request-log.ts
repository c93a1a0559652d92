import { BoundedLog } from "../http-service/bounded-log";

/** One line of the log: who asked for what and what became of it. Never a token, a text, a path or a query. */
export interface LoggedRequest {
  readonly decision: "allow" | "deny" | "fail";
  /** `method` or `file` for what was allowed, otherwise the rule that refused. */
  readonly rule: string;
  /** The gateway, once it is recognised; otherwise the address that asked. */
  readonly gateway?: string;
  readonly source?: string;
  readonly http: string;
  /** Method of the Bot API. */
  readonly method?: string;
  readonly status: number;
  /** Bytes of the two bodies. */
  readonly bytesFromGateway: number;
  readonly bytesToGateway: number;
  readonly milliseconds: number;
  readonly reason?: string;
}

/** Lines a minute of one gateway. A conversation has a few, with its drafts some dozens. */
export const mostLines = { allowed: 600, refused: 60 } as const;
/** The source of everybody's lines who is no gateway. */
const strangers = "strangers";

/** Writes requests as JSON lines, and counts those of a gateway that are too many. */
export class RequestLog extends BoundedLog {
  /** Apart by decision: no number of refusals hides what was allowed, nor the other way round. */
  record(request: LoggedRequest): void {
    const { gateway = strangers, decision, rule, method } = request;
    const allowed = decision === "allow";
    const kind = allowed ? `allow ${method ?? rule}` : `${decision} ${rule}`;
    const [whose, most] = allowed ? ["allowed", mostLines.allowed] : ["refused", mostLines.refused];
    this.bounded(`${gateway}: ${whose}`, most, kind, "request", request);
  }

  /** A connection that was one too many, or of somebody who has had more work done than may be. */
  dropped(gateway: string | undefined, source: string, reason = "too many connections"): void {
    const line = { ...(gateway === undefined ? { source } : { gateway }), reason };
    this.bounded(`${gateway ?? strangers}: refused`, mostLines.refused, "dropped", "dropped", line);
  }
}
