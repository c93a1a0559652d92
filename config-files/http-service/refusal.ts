/**
 * A request that a service of ours does not carry out. Thrown by whatever check found the reason and turned into one
 * answer and one log line in one place, so that no check can refuse without a trace.
 */
export class Refusal extends Error {
  /**
   * @param status HTTP status of the answer
   * @param rule identifier of the rule that refused, for logs and counters
   * @param reason what was wrong and what would be right; never quotes a body
   * @param decision `deny`; `fail` if the service or what is behind it could not answer; `allow` if the call was allowed
   *   and what it asks for is not there
   */
  constructor(
    readonly status: number,
    readonly rule: string,
    readonly reason: string,
    readonly decision: "deny" | "fail" | "allow" = "deny",
  ) {
    super(reason);
    this.name = "Refusal";
  }
}
