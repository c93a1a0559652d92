const largest = 4096;

/** Where an exec that the filter handed out stands: created, or started once. */
interface Entry {
  /** Full id of the container that it runs in. */
  readonly container: string;
  started: boolean;
}

/**
 * The execs that this filter created, for only these may be started or looked at: ids in the daemon are global, and
 * another container's exec is started by whoever knows its id. Lost with the process; the CLI then asks for a new one.
 */
export class ExecRegistry {
  private readonly entries = new Map<string, Entry>();

  add(id: string, container: string): void {
    this.entries.set(id, { container, started: false });
    // Insertion order makes the first key the oldest.
    const [oldest] = this.entries.keys();
    if (this.entries.size > largest && oldest !== undefined) this.entries.delete(oldest);
  }

  has(id: string): boolean {
    return this.entries.has(id);
  }

  /** @returns the id of the container that a known exec runs in */
  containerOf(id: string): string | undefined {
    return this.entries.get(id)?.container;
  }

  /** @returns whether this was the first start of a known exec */
  start(id: string): boolean {
    const entry = this.entries.get(id);
    if (entry === undefined || entry.started) return false;
    entry.started = true;
    return true;
  }
}
