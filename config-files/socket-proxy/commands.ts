/** The commands that the gateway runs in its sandboxes (execs): how many there may be, and what they come to. */
import type { FilterConfiguration } from "./configuration";
import type { Controls } from "./controls";
import type { Daemon, Upgraded } from "./daemon";
import type { DecisionLog } from "./decision-log";
import { ExecRegistry, type Exec } from "./exec-registry";
import { ExecWatch } from "./exec-watch";
import type { Gate } from "./gate";
import { execCostBytes, failedExecCost } from "./limits";
import type { OwnContainers } from "./own-containers";
import { Pace, unpaced } from "../http-service/pace";
import { noSuch, objectOf, passOn, type Reply } from "./replies";
import type { Json } from "../http-service/strict-json";
import { UnresponsiveSandboxes } from "./unresponsive-sandboxes";

/** An exec's stream, and what is called with the first sign that it runs. */
export interface Attached extends Upgraded {
  readonly begun: () => void;
}

/** A command that has said nothing by then counts as started. */
const startedByMs = 1_000;
/** Of one exec: when it takes long, and when it has failed. */
const mostSuspicions = 2;

export class Commands {
  private readonly execs: ExecRegistry;
  private readonly watch: ExecWatch;
  private readonly pace: Pace;
  private readonly unresponsive: UnresponsiveSandboxes;

  /** @param starting the gate that whatever starts or ends a process goes through, a command too */
  constructor(
    private readonly configuration: FilterConfiguration,
    private readonly daemon: Daemon,
    private readonly controls: Controls,
    private readonly containers: OwnContainers,
    private readonly starting: Gate,
    log: DecisionLog,
  ) {
    const { limits } = configuration;
    this.execs = new ExecRegistry(controls.limitExecs ? limits : { execs: Infinity, createdExecs: Infinity });
    this.pace = new Pace(controls.limitRates ? limits.execRate : unpaced, "exec-rate");
    this.watch = new ExecWatch(daemon, this.execs, (id, started) => {
      if (!started) this.pace.charge(failedExecCost);
      // Whether or not its client asks how it ended: one that has given up does not.
      this.suspect(id);
    });
    this.unresponsive = new UnresponsiveSandboxes(daemon, log, controls.sandboxAnswersMs, (container) =>
      this.containerGone(container),
    );
  }

  /** Whether that id is of a command that was created here. */
  has(id: string): boolean {
    return this.execs.get(id) !== undefined;
  }

  /** A container of the gateway is gone, and all that ran in it. */
  containerGone(container: string): void {
    this.containers.forget(container);
    this.execs.containerGone(container);
  }

  /** @throws {Refusal} if the request is not allowed, or there are too many */
  async create(name: string, request: Json): Promise<Reply> {
    const { id: container, kind } = await this.containers.identify(name);
    const { rebuildExecBody, rebuildSelfExecBody } = this.controls;
    const body = (kind === "gateway" ? rebuildSelfExecBody : rebuildExecBody)(request, this.configuration);
    const created = this.keepPlace(container);
    try {
      await this.pace.turn(Math.ceil(JSON.stringify(body).length / execCostBytes));
      const answer = await this.daemon.call("POST", `/containers/${container}/exec`, body);
      if (answer.status !== 201) return passOn(answer, this.isOwn);
      const id = String(objectOf(answer)["Id"]);
      created(id);
      return { status: 201, body: { Id: id } };
    } finally {
      created();
    }
  }

  /** @throws {Refusal} 404 if it was not created here */
  async inspect(id: string): Promise<Reply> {
    if (this.controls.ownExecsOnly && !this.has(id)) throw noSuch("exec", "exec-owner", id);
    const answer = await this.daemon.call("GET", `/exec/${id}/json`);
    if (answer.status !== 200) return passOn(answer, this.isOwn);
    const exec = objectOf(answer);
    this.watch.observe(id, exec);
    return { status: 200, body: this.controls.execAnswer(exec) };
  }

  /**
   * Starts it attached.
   *
   * @throws {Refusal} if it may not be started, or the daemon cannot be reached
   */
  async attach(id: string, request: Json): Promise<Reply | Attached> {
    const start = this.controls.rebuildExecStartBody(request);
    const exec = this.execs.get(id);
    if (this.controls.ownExecsOnly && (exec === undefined || exec.started))
      throw noSuch("exec", "exec-owner", id);
    if (exec !== undefined) this.takePlace(exec);
    const begun = await this.starting.enter().catch((error: unknown) => {
      if (exec !== undefined) this.execs.notStarted(exec);
      throw error;
    });
    // Whether the gateway still waits is not seen: it ends its direction at once, and its socket says no more.
    const late = setTimeout(() => this.suspect(id), this.controls.sandboxAnswersMs);
    const answer = await this.daemon.upgrade(`/exec/${id}/start`, start).catch((error: unknown) => {
      begun();
      clearTimeout(late);
      // It may have been started all the same.
      if (exec !== undefined) exec.abandoned = true;
      this.watch.streamEnded(id);
      throw error;
    });
    if (!("socket" in answer)) {
      begun();
      clearTimeout(late);
      // For the daemon it is there still, but the one start is used.
      if (exec !== undefined) exec.state = "created";
      void this.watch.askAll();
      this.suspect(id);
      return passOn(answer, this.isOwn);
    }
    this.follow(id, answer, begun, late);
    return { ...answer, begun };
  }

  /** Ids that may stand in a message to the gateway. */
  readonly isOwn = (id: string): boolean => this.containers.has(id) || this.has(id);

  /** A command has failed, or takes long: perhaps nothing runs in its sandbox any more. */
  private suspect(id: string): void {
    const exec = this.execs.get(id);
    // Asking costs a command too.
    if (exec === undefined || exec.suspicions >= mostSuspicions) return;
    exec.suspicions++;
    if (this.containers.isSandbox(exec.container)) {
      void this.unresponsive.check(exec.container);
    }
  }

  /** Takes an exec's place among those that run, or finds out who has them all. */
  private takePlace(exec: Exec): void {
    try {
      this.execs.start(exec);
    } catch (error) {
      void this.watch.askAll();
      const full = this.execs.containerOfAbandoned(this.containers.isSandbox);
      if (full !== undefined)
        void this.unresponsive.remove(full, "it is full of commands that nobody waits for");
      throw error;
    }
  }

  private keepPlace(container: string): (id?: string) => void {
    try {
      return this.execs.create(container);
    } catch (error) {
      // Perhaps their sandboxes were removed by somebody else. If not: the engine forgets them with their sandbox alone.
      void this.watch.askAll();
      const full = this.execs.containerOfUnused(this.containers.isSandbox);
      if (full !== undefined)
        void this.unresponsive.remove(full, "its commands were created and never started");
      throw error;
    }
  }

  private follow(id: string, { socket }: Upgraded, begun: () => void, late: NodeJS.Timeout): void {
    const silent = setTimeout(begun, startedByMs);
    late.unref();
    this.watch.streams(id);
    // Not when the client leaves: that may be because it takes long.
    socket.once("end", () => clearTimeout(late));
    socket.once("close", () => {
      clearTimeout(silent);
      begun();
      const exec = this.execs.get(id);
      if (exec !== undefined) exec.abandoned = !socket.readableEnded;
      this.watch.streamEnded(id);
    });
  }
}
