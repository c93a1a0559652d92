import type { ApiRequest, JsonObject } from "./api-server";

interface Fault {
  remaining: number;
  readonly status: number | "drop";
  readonly method?: string;
  readonly pathPrefix?: string;
}

/** Answers to be given instead of the real ones: the next N calls (that match) fail. */
export class Faults {
  private faults: Fault[] = [];

  /**
   * `{"count": 3, "status": 503 | 429 | "drop", "method"?: "GET", "pathPrefix"?: "/servers"}`; `drop` closes the
   * connection without an answer.
   */
  add(body: JsonObject): readonly Fault[] {
    const { count = 1, status = 503, method, pathPrefix } = body;
    if (typeof count !== "number" || (typeof status !== "number" && status !== "drop")) {
      throw new Error('a fault is {"count": 3, "status": 503, "method"?: "GET", "pathPrefix"?: "/servers"}');
    }
    this.faults.push({
      remaining: count,
      status,
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
  take(request: Pick<ApiRequest, "method" | "path">): number | "drop" | undefined {
    const fault = this.faults.find(
      (f) =>
        (f.method === undefined || f.method === request.method) &&
        request.path.startsWith(f.pathPrefix ?? ""),
    );
    if (fault === undefined) return undefined;
    fault.remaining -= 1;
    if (fault.remaining <= 0) this.faults = this.faults.filter((f) => f !== fault);
    return fault.status;
  }
}
