import { JsonLog } from "./json-log";

const minuteMs = 60_000;

/**
 * A log in which nobody can push out the rest: so many lines a minute are written for each source of them, and what is
 * above that is counted and told in one line when the minute is over. The count of a minute in which the process is
 * killed is lost.
 */
export class BoundedLog extends JsonLog {
  private readonly written = new Map<string, number>();
  private readonly held = new Map<string, Map<string, number>>();

  constructor(write: (line: string) => void, common: object = {}) {
    super(write, common);
    setInterval(() => this.endMinute(), minuteMs).unref();
  }

  /**
   * Writes a line, or counts it.
   *
   * @param source whose line it is; one of a few, never a caller's own text, because each is remembered for a minute
   * @param linesPerMinute of this source
   * @param kind what it is counted as; of these there may be few too
   */
  bounded(source: string, linesPerMinute: number, kind: string, event: string, fields: object): void {
    const written = this.written.get(source) ?? 0;
    if (written < linesPerMinute) {
      this.written.set(source, written + 1);
      this.line(event, fields);
      return;
    }
    const counts = this.held.get(source) ?? new Map<string, number>();
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    this.held.set(source, counts);
  }

  /** Tells what was counted and begins a new minute. Called once a minute, and when a service ends. */
  endMinute(): void {
    for (const [source, counts] of this.held)
      this.line("not-written", { source, counts: Object.fromEntries(counts) });
    this.held.clear();
    this.written.clear();
  }
}
