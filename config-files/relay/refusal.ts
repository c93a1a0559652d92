/**
 * A request that the relay does not carry out. Thrown by whatever check found the reason and turned into one answer
 * and one log line in one place.
 */
export class Refusal extends Error {
  /**
   * @param status HTTP status of the answer, and the `error_code` in it
   * @param rule identifier of the rule that refused, for logs
   * @param reason what was wrong; quotes nothing of the request
   * @param decision `deny`, or `fail` if the relay or what is behind it could not answer
   */
  constructor(
    readonly status: number,
    readonly rule: string,
    readonly reason: string,
    readonly decision: "deny" | "fail" = "deny",
  ) {
    super(reason);
    this.name = "Refusal";
  }
}
