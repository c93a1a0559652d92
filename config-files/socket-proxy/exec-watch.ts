import type { Daemon } from "./daemon";
import type { ExecRegistry } from "./exec-registry";

/** Between two questions about one exec, in milliseconds; doubled each time up to the longest. */
const afterItsStreamMs = 250;
const whileItStreamsMs = 10_000;
const longestMs = 10_000;
/** Exit codes that the daemon gives an exec that never ran; Pid is then 0. */
const neverRan: readonly unknown[] = [126, 127];

/** Follows execs to their end on the daemon's side, also when their client has long gone. */
export class ExecWatch {
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private asking = false;

  /** @param onFailed called once for each exec that ended with another code than 0, or could not be started */
  constructor(
    private readonly daemon: Pick<Daemon, "call">,
    private readonly execs: ExecRegistry,
    private readonly onFailed: (id: string, started: boolean) => void,
  ) {}

  /** The exec's stream is open: its end tells more, but a stream can outlive its sandbox. */
  streams(id: string): void {
    this.askIn(id, whileItStreamsMs);
  }

  /** The exec's stream is closed, by the daemon or by the client. The CLI asks by itself first. */
  streamEnded(id: string): void {
    this.askIn(id, afterItsStreamMs);
  }

  /** Asks after all that take a place. */
  async askAll(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    for (const id of this.execs.open()) await this.ask(id);
    this.asking = false;
  }

  /** Takes note of the daemon's answer about an exec. */
  observe(id: string, details: { readonly [field: string]: unknown }): void {
    const exec = this.execs.get(id);
    // Without an exit code it has not run yet.
    if (exec === undefined || exec.state === "ended" || details["Running"] !== false) return;
    const code = details["ExitCode"];
    if (typeof code !== "number") return;
    exec.state = "ended";
    if (code !== 0) this.onFailed(id, !(details["Pid"] === 0 && neverRan.includes(code)));
  }

  private askIn(id: string, delayMs: number): void {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
    if (this.execs.get(id)?.state !== "running") return;
    const ask = async (): Promise<void> => {
      await this.ask(id);
      this.askIn(id, Math.min(delayMs * 2, longestMs));
    };
    this.timers.set(id, setTimeout(() => void ask(), delayMs).unref());
  }

  private async ask(id: string): Promise<void> {
    try {
      const { status, body } = await this.daemon.call("GET", `/exec/${id}/json`);
      const exec = this.execs.get(id);
      // Its container is gone.
      if (status === 404 && exec !== undefined) exec.state = "ended";
      if (status === 200)
        this.observe(id, JSON.parse(body.toString()) as object as { [field: string]: unknown });
    } catch {
      // The daemon is away, which says nothing about the exec.
    }
  }
}
