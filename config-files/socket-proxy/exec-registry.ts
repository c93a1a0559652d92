import { Refusal } from "../http-service/refusal";
import type { CallLimits } from "./limits";

/** OpenClaw starts a command right after it has created it; one that is older was given up. */
const unusedAfterMs = 60_000;
/** Ended ones that are remembered, for whoever asks after their exit code. */
const mostEnded = 512;

/** Where an exec that the filter handed out stands, as the daemon sees it. */
export interface Exec {
  /** Full id of the container that it runs in. */
  readonly container: string;
  /** `created` and `running` take a place; `ended` too is a container that is gone. */
  state: "created" | "running" | "ended";
  /** Whether its one start was used. */
  started: boolean;
  /** Nobody waits for it any more. */
  abandoned: boolean;
  /** When it was created, in milliseconds since 1970. */
  readonly since: number;
  /** How often its sandbox was asked because of it. */
  suspicions: number;
}

/**
 * The execs that this filter created, for only these may be started or looked at: ids in the daemon are global, and
 * another container's exec is started by whoever knows its id. Lost with the process; the CLI then asks for a new one.
 *
 * What takes a place is never forgotten, and gives it back when the daemon says that it is over, not when the client
 * goes: the daemon's side is what costs.
 */
export class ExecRegistry {
  private readonly execs = new Map<string, Exec>();
  /** Asked of the daemon, and not answered. */
  private asked = 0;

  constructor(private readonly limits: Pick<CallLimits, "execs" | "createdExecs">) {}

  /**
   * Keeps a place for one that is being created.
   *
   * @returns what is called once with its id, or without one if the daemon made none
   * @throws {Refusal} 429 `exec-unused`
   */
  create(container: string): (id?: string) => void {
    if (this.count("created") + this.asked >= this.limits.createdExecs) {
      throw new Refusal(
        429,
        "exec-unused",
        `${this.limits.createdExecs} commands were created and never started; remove their sandbox`,
      );
    }
    this.asked++;
    let settled = false;
    return (id) => {
      if (settled) return;
      settled = true;
      this.asked--;
      if (id === undefined) return;
      const state = "created" as const;
      this.execs.set(id, {
        container,
        state,
        started: false,
        abandoned: false,
        since: Date.now(),
        suspicions: 0,
      });
      this.forget();
    };
  }

  get(id: string): Exec | undefined {
    return this.execs.get(id);
  }

  /**
   * Takes the one start of an exec, and a place.
   *
   * @throws {Refusal} 429 `exec-limit`; the start is then still there
   */
  start(exec: Exec): void {
    if (this.count("running") >= this.limits.execs)
      throw new Refusal(429, "exec-limit", `${this.limits.execs} commands already run`);
    exec.started = true;
    exec.state = "running";
  }

  /** Gives a start back of which the daemon was never told. */
  notStarted(exec: Exec): void {
    exec.started = false;
    exec.state = "created";
  }

  /** The container is gone, and all that was in it. */
  containerGone(container: string): void {
    for (const exec of this.execs.values()) if (exec.container === container) exec.state = "ended";
  }

  /** Ids of those that take a place. */
  open(): string[] {
    return [...this.execs].filter(([, { state }]) => state !== "ended").map(([id]) => id);
  }

  /**
   * The container with the most commands that nobody waits for any more, once they have half of all places.
   *
   * @param eligible which containers may be named
   */
  containerOfAbandoned(eligible: (container: string) => boolean): string | undefined {
    const lost = ({ state, abandoned, container }: Exec): boolean =>
      abandoned && state === "running" && eligible(container);
    return this.fullest(lost, this.limits.execs / 2);
  }

  /** The container with the most commands that were not started within {@link unusedAfterMs}, if there is one. */
  containerOfUnused(eligible: (container: string) => boolean): string | undefined {
    const before = Date.now() - unusedAfterMs;
    return this.fullest(
      ({ state, since, container }) => state === "created" && since <= before && eligible(container),
      1,
    );
  }

  private fullest(which: (exec: Exec) => boolean, least: number): string | undefined {
    const counts = new Map<string, number>();
    const found = [...this.execs.values()].filter(which);
    for (const { container } of found) counts.set(container, (counts.get(container) ?? 0) + 1);
    if (found.length < least) return undefined;
    return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0];
  }

  private count(state: Exec["state"]): number {
    return [...this.execs.values()].filter((exec) => exec.state === state).length;
  }

  /** In order of insertion the first is the oldest. */
  private forget(): void {
    if (this.execs.size <= mostEnded) return;
    for (const [id, { state }] of this.execs) {
      if (state !== "ended") continue;
      this.execs.delete(id);
      return;
    }
  }
}
