import { setTimeout as sleep } from "node:timers/promises";
import type { Daemon } from "./daemon";
import type { DecisionLog } from "./decision-log";

const betweenTriesMs = 500;

/**
 * Removes a sandbox in which nothing runs any more. What a fork bomb leaves behind fills its sandbox for ever: OpenClaw
 * asks the sandbox at the start of each turn, gives up after 5 s, and the assistant answers nobody until somebody
 * removes it. The workspace lies outside and stays; OpenClaw makes a new sandbox in the next turn.
 */
export class UnresponsiveSandboxes {
  private readonly asked = new Set<string>();

  /**
   * @param answersMs time in which a sandbox must have run a shell
   * @param onRemoved called with the full id of a container that is gone
   */
  constructor(
    private readonly daemon: Daemon,
    private readonly log: DecisionLog,
    private readonly answersMs: number,
    private readonly onRemoved: (container: string) => void,
  ) {}

  /**
   * Asks a sandbox, and removes it when it does not answer in time. Called when a command has failed or takes
   * long, which alone says little.
   *
   * @param container full id of a sandbox of this gateway
   */
  async check(container: string): Promise<void> {
    await this.once(container, async () => {
      if (!(await this.answers(container))) await this.removeFor(container, "it runs no command any more");
    });
  }

  /** Removes a sandbox of this gateway, and says why. */
  async remove(container: string, reason: string): Promise<void> {
    await this.once(container, () => this.removeFor(container, reason));
  }

  /** Ends what is still waiting for an answer too. */
  private async removeFor(container: string, reason: string): Promise<void> {
    const { status } = await this.daemon.call("DELETE", `/containers/${container}?force=1`);
    if (status === 204 || status === 404) this.onRemoved(container);
    this.log.line("sandbox-removed", { subject: container, status, reason });
  }

  private async once(container: string, task: () => Promise<void>): Promise<void> {
    if (this.asked.has(container)) return;
    this.asked.add(container);
    try {
      await task();
    } catch (error) {
      // The daemon is away, which says nothing about the sandbox.
      this.log.line("sandbox-not-asked", { subject: container, reason: String(error).slice(0, 300) });
    } finally {
      this.asked.delete(container);
    }
  }

  private async answers(container: string): Promise<boolean> {
    const limit = new AbortController();
    const tooLate = sleep(this.answersMs, "too late", { signal: limit.signal }).catch(() => "too late");
    try {
      for (;;) {
        const outcome = await Promise.race([this.runsShell(container), tooLate]);
        if (outcome === true) return true;
        if (outcome === "too late" || (await Promise.race([sleep(betweenTriesMs), tooLate])) === "too late") {
          return false;
        }
      }
    } finally {
      limit.abort();
    }
  }

  /**
   * @returns whether a shell has come to its end, or there is nothing left to ask
   * @throws {Refusal} if the daemon cannot be reached
   */
  private async runsShell(container: string): Promise<boolean> {
    const created = await this.daemon.call("POST", `/containers/${container}/exec`, {
      // A subshell, because the shell itself starts where nothing else does: the engine puts it in, without a fork.
      Cmd: ["sh", "-c", "(:); :"],
      AttachStdout: true,
    });
    // 404: removed meanwhile. 409: not running, so that OpenClaw starts it before it asks for anything.
    if (created.status === 404 || created.status === 409) return true;
    if (created.status !== 201) return false;
    const { Id: exec } = JSON.parse(created.body.toString()) as { Id: string };
    const started = await this.daemon
      .upgrade(`/exec/${exec}/start`, { Detach: false, Tty: false })
      .catch(() => undefined);
    if (started === undefined || !("socket" in started)) return false;
    const { socket } = started;
    await new Promise((ended) => socket.on("error", ended).on("close", ended).on("end", ended).resume());
    socket.destroy();
    const { status, body } = await this.daemon.call("GET", `/exec/${exec}/json`);
    return status === 200 && (JSON.parse(body.toString()) as { ExitCode: unknown }).ExitCode === 0;
  }
}
