import type { ApiRequest, JsonObject } from "./api-server";

export interface Fault {
  remaining: number;
  readonly status: number | "drop";
  /** The API's own code for it, where the status alone does not say which error it is. */
  readonly code?: string | number;
  /** What was asked for is done, and only its answer is this one. */
  readonly done: boolean;
  readonly method?: string;
  readonly pathPrefix?: string;
}

/** Answers to be given instead of the real ones: the next N calls (that match) fail. */
export class Faults {
  private faults: Fault[] = [];

  /**
   * `{"count": 3, "status": 503 | 429 | "drop", "code"?: "locked", "done"?: true, "method"?: "GET", "pathPrefix"?:
   * "/servers"}`; `drop` closes the connection without an answer.
   */
  add(body: JsonObject): readonly Fault[] {
    const { count = 1, status = 503, code, done = false, method, pathPrefix } = body;
    const wellFormed =
      typeof count === "number" &&
      (typeof status === "number" || status === "drop") &&
      typeof done === "boolean" &&
      ["undefined", "string", "number"].includes(typeof code);
    if (!wellFormed) {
      throw new Error(
        'a fault is {"count": 3, "status": 503, "code"?: "locked", "done"?: true, "method"?: "GET", "pathPrefix"?: "/servers"}',
      );
    }
    this.faults.push({
      remaining: count,
      status,
      done,
      ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
      ...(typeof method === "string" ? { method } : {}),
      ...(typeof pathPrefix === "string" ? { pathPrefix } : {}),
    });
    return this.faults;
  }

  list(): readonly Fault[] {
    return this.faults;
  }

  clear(): void {
    this.faults = [];
  }

  /** The fault this request meets, if any; counts it. */
  take(request: Pick<ApiRequest, "method" | "path">): Fault | undefined {
    const fault = this.faults.find(
      (f) =>
        (f.method === undefined || f.method === request.method) &&
        request.path.startsWith(f.pathPrefix ?? ""),
    );
    if (fault === undefined) return undefined;
    fault.remaining -= 1;
    if (fault.remaining <= 0) this.faults = this.faults.filter((f) => f !== fault);
    return fault;
  }
}
