import { JsonLog } from "../http-service/json-log";

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

/** Writes requests as JSON lines. */
export class RequestLog extends JsonLog {
  record(request: LoggedRequest): void {
    this.line("request", request);
  }
}
