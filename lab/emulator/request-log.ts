import * as fs from "node:fs";
import * as path from "node:path";
import type { JsonObject } from "./api-server";

export interface LogEntry {
  readonly method: string;
  readonly path: string;
  readonly status: number | "dropped" | "hung";
  readonly body: JsonObject | undefined;
}

/** Appends one JSON line a request. Values under a redacted key are replaced by their length. */
export class RequestLog {
  constructor(
    private readonly file: string,
    private readonly redactedKeys: readonly string[],
  ) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
  }

  write(entry: LogEntry): void {
    const line = {
      time: new Date().toISOString(),
      method: entry.method,
      path: entry.path,
      status: entry.status,
      keys: Object.keys(entry.body ?? {}),
      body: this.redact(entry.body),
    };
    fs.appendFileSync(this.file, `${JSON.stringify(line)}\n`);
  }

  private redact(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.redact(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        this.redactedKeys.includes(key) && typeof inner === "string"
          ? `<redacted, ${inner.length} characters>`
          : this.redact(inner),
      ]),
    );
  }
}
