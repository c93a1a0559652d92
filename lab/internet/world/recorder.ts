import * as fs from "node:fs";
import type { ServiceName } from "./services";

const keptInMemory = 3000;

/**
 * One thing that arrived at a service. Headers and bodies are kept whole, keys included: which key arrived where is
 * what many tests are about.
 */
export interface Entry {
  /** Counts up over everything recorded since the world started. */
  readonly seq: number;
  readonly time: string;
  readonly service: ServiceName;
  /** `connection`: somebody only connected, or failed the TLS handshake. */
  readonly kind: "request" | "connection";
  readonly source: string;
  /** The name asked for in the TLS handshake. */
  readonly sni: string | null;
  readonly host: string | null;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Parsed JSON; a string when it was something else; null when there was none. */
  readonly body: unknown;
  /** The answer's status; null while it is not answered, -1 when the caller went away first. */
  status: number | null;
}

/** Keeps the latest entries in memory and appends finished ones to a file, one JSON line each. */
export class Recorder {
  private entries: Entry[] = [];
  private seq = 0;

  /** @param file undefined: memory only */
  constructor(private readonly file?: string) {}

  add(entry: Omit<Entry, "seq" | "time" | "status">): Entry {
    const added = { seq: ++this.seq, time: new Date().toISOString(), ...entry, status: null };
    this.entries.push(added);
    if (this.entries.length > keptInMemory) this.entries.shift();
    return added;
  }

  finish(entry: Entry, status: number): void {
    if (entry.status !== null) return;
    entry.status = status;
    if (this.file !== undefined) fs.appendFileSync(this.file, `${JSON.stringify(entry)}\n`);
  }

  /** Entries after `since`, oldest first. */
  list(since: number, service?: ServiceName): readonly Entry[] {
    return this.entries.filter(
      (entry) => entry.seq > since && (service === undefined || entry.service === service),
    );
  }

  clear(): void {
    this.entries = [];
  }
}
