import type { ApiRequest, JsonObject } from "./api-server";

export interface Fault {
  remaining: number;
  readonly status: number | "drop" | "hang";
  /** The API's own code for it, where the status alone does not say which error it is. */
  readonly code?: string | number;
  /** Seconds that the answer asks to be left alone: its header Retry-After. */
  readonly retryAfter?: number;
  /** What was asked for is done, and only its answer is this one. */
  readonly done: boolean;
  readonly method?: string;
  readonly pathPrefix?: string;
  /** Regular expression for the whole path below the API's prefix, where ids are not known before. */
  readonly path?: string;
}

/** Answers to be given instead of the real ones: the next N calls (that match) fail. */
export class Faults {
  private faults: Fault[] = [];

  /**
   * `{"count": 3, "status": 503 | 429 | "drop" | "hang", "code"?: "locked", "retryAfter"?: 20, "done"?: true, "method"?:
   * "GET", "pathPrefix"?: "/servers", "path"?: "/servers/\\\\d+"}`; `drop` closes the connection without an answer, `hang` leaves it open without one.
   */
  add(body: JsonObject): readonly Fault[] {
    const { count = 1, status = 503, code, retryAfter, done = false, method, pathPrefix, path } = body;
    const wellFormed =
      typeof count === "number" &&
      (typeof status === "number" || status === "drop" || status === "hang") &&
      ["undefined", "number"].includes(typeof retryAfter) &&
      typeof done === "boolean" &&
      ["undefined", "string", "number"].includes(typeof code);
    if (!wellFormed) {
      throw new Error(
        'a fault is {"count": 3, "status": 503 or "drop" or "hang", "code"?: "locked", "retryAfter"?: 20, ' +
          '"done"?: true, "method"?: "GET", "pathPrefix"?: "/servers"}',
      );
    }
    this.faults.push({
      remaining: count,
      status,
      done,
      ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
      ...(typeof retryAfter === "number" ? { retryAfter } : {}),
      ...(typeof method === "string" ? { method } : {}),
      ...(typeof pathPrefix === "string" ? { pathPrefix } : {}),
      ...(typeof path === "string" ? { path } : {}),
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
        request.path.startsWith(f.pathPrefix ?? "") &&
        (f.path === undefined || new RegExp(`^${f.path}$`).test(request.path)),
    );
    if (fault === undefined) return undefined;
    fault.remaining -= 1;
    if (fault.remaining <= 0) this.faults = this.faults.filter((f) => f !== fault);
    return fault;
  }
}
