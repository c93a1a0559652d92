import { sandboxPrefix } from "../../config/sandbox-names";
import type { ContainerDetails } from "./answers";
import { listAnswer } from "./answers";
import type { FilterConfiguration } from "./configuration";
import type { Controls } from "./controls";
import { gatewayLabel } from "./create-body";
import type { Answer, Daemon, Upgraded } from "./daemon";
import type { DecisionLog } from "./decision-log";
import { ExecRegistry, type Exec } from "./exec-registry";
import { ExecWatch } from "./exec-watch";
import { Gate } from "./gate";
import { execCostBytes, failedExecCost } from "./limits";
import { Pace } from "./pace";
import { Refusal } from "../http-service/refusal";
import type { Route } from "./routes";
import type { Json } from "../http-service/strict-json";
import { UnresponsiveSandboxes } from "./unresponsive-sandboxes";

/** What goes back to the gateway. */
export interface Reply {
  readonly status: number;
  readonly body?: object;
  readonly headers?: { readonly [name: string]: string };
}

const pingHeaders = ["api-version", "docker-experimental", "ostype"];
const longestMessage = 1024;

/** A container that the gateway may act on. */
interface Owned {
  readonly id: string;
  readonly kind: "sandbox" | "gateway";
}

/** An exec's stream, and what is called with the first sign that it runs. */
export interface Attached extends Upgraded {
  readonly begun: () => void;
}

/** Routes that make or start something; nothing of it while the gateway is being stopped. */
const startsSomething: readonly Route["name"][] = ["container-create", "container-start", "exec-create"];
const mostKnown = 1024;
/** A command that has said nothing by then counts as started. */
const startedByMs = 1_000;
/** Of one exec: when it takes long, and when it has failed. */
const mostSuspicions = 2;

/** Decides and carries out the calls that a gateway may make. One method a route; the head and size are checked before. */
export class Filter {
  private readonly execs: ExecRegistry;
  private readonly watch: ExecWatch;
  private readonly creating: Gate;
  private readonly starting: Gate;
  private readonly execPace: Pace;
  private readonly createPace: Pace;
  private readonly startPace: Pace;
  /** Containers of this gateway by full id. An id is never used again, and labels never change: no need to ask twice. */
  private readonly known = new Map<string, Owned["kind"]>();
  private readonly unresponsive: UnresponsiveSandboxes;

  constructor(
    private readonly configuration: FilterConfiguration,
    private readonly daemon: Daemon,
    private readonly controls: Controls,
    log: DecisionLog,
  ) {
    const { limits } = configuration;
    this.execs = new ExecRegistry(controls.limitExecs ? limits : { execs: Infinity, createdExecs: Infinity });
    this.creating = new Gate(1, limits.connections);
    this.starting = new Gate(controls.limitStarts ? limits.starts : Infinity, limits.connections);
    const unpaced = { burst: Infinity, perMinute: Infinity };
    const { execRate, sandboxRate } = controls.limitRates
      ? limits
      : { execRate: unpaced, sandboxRate: unpaced };
    this.execPace = new Pace(execRate, "exec-rate");
    this.createPace = new Pace(sandboxRate, "create-rate");
    this.startPace = new Pace(sandboxRate, "start-rate");
    this.watch = new ExecWatch(daemon, this.execs, (id, started) => {
      if (!started) this.execPace.charge(failedExecCost);
      // Whether or not its client asks how it ended: one that has given up does not.
      this.suspect(id);
    });
    this.unresponsive = new UnresponsiveSandboxes(daemon, log, controls.sandboxAnswersMs, (container) =>
      this.gone(container),
    );
  }

  /**
   * @throws {Refusal} if the call is not allowed, or the daemon cannot be reached
   */
  async handle(route: Route, body: Buffer): Promise<Reply> {
    if (startsSomething.includes(route.name)) this.refuseWhenClosed();
    switch (route.name) {
      case "ping":
        return this.ping();
      case "container-inspect":
        return this.inspectContainer(route.subject);
      case "container-list":
        return this.listContainers();
      case "container-create":
        return this.createContainer(route.subject, this.controls.parseBody(body));
      case "container-start":
        return this.startContainer(route.subject, body);
      case "container-remove":
        return this.removeContainer(route.subject);
      case "image-inspect":
        return this.inspectImage(route.subject);
      case "exec-create":
        return this.createExec(route.subject, this.controls.parseBody(body));
      case "exec-inspect":
        return this.inspectExec(route.subject);
      case "exec-start":
        throw new Refusal(400, "exec-start", "an exec is only started attached, with Connection: Upgrade");
      case "untyped-inspect":
        throw this.untypedInspect(route.subject);
    }
  }

  /**
   * Starts an exec attached.
   *
   * @throws {Refusal} if it may not be started, or the daemon cannot be reached
   */
  async attach(route: Route, body: Buffer): Promise<Reply | Attached> {
    if (route.name !== "exec-start")
      throw new Refusal(400, "upgrade", "only the start of an exec may upgrade");
    this.refuseWhenClosed();
    const start = this.controls.rebuildExecStartBody(this.controls.parseBody(body));
    const id = route.subject;
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
      return this.passOn(answer);
    }
    this.follow(id, answer, begun, late);
    return { ...answer, begun };
  }

  /** A command has failed, or takes long: perhaps nothing runs in its sandbox any more. */
  suspect(id: string): void {
    const exec = this.execs.get(id);
    // Asking costs a command too.
    if (exec === undefined || exec.suspicions >= mostSuspicions) return;
    exec.suspicions++;
    if (this.known.get(exec.container) === "sandbox") {
      void this.unresponsive.check(exec.container);
    }
  }

  /** Takes an exec's place among those that run, or finds out who has them all. */
  private takePlace(exec: Exec): void {
    try {
      this.execs.start(exec);
    } catch (error) {
      void this.watch.askAll();
      const full = this.execs.containerOfAbandoned(this.isSandbox);
      if (full !== undefined)
        void this.unresponsive.remove(full, "it is full of commands that nobody waits for");
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

  private readonly isSandbox = (container: string): boolean => this.known.get(container) === "sandbox";

  private gone(container: string): void {
    this.known.delete(container);
    this.execs.containerGone(container);
  }

  private async ping(): Promise<Reply> {
    const answer = await this.daemon.ping();
    const headers = pingHeaders.flatMap((name) => {
      const value = answer.headers[name];
      return typeof value === "string" ? [[name, value] as const] : [];
    });
    return { status: answer.status, headers: Object.fromEntries(headers) };
  }

  private async inspectContainer(name: string): Promise<Reply> {
    const details = await this.find(name);
    this.owned(name, details);
    return { status: 200, body: this.controls.containerAnswer(details, this.configuration) };
  }

  private async listContainers(): Promise<Reply> {
    const list = await this.list(["openclaw.sandboxBrowser=1"]);
    const { isSandboxName } = this.controls;
    const own = ({ Names }: (typeof list)[number]): boolean =>
      Array.isArray(Names) &&
      Names.every((name) => typeof name === "string" && isSandboxName(name.slice(1), this.configuration));
    return { status: 200, body: list.filter(own).map(listAnswer) };
  }

  private async createContainer(name: string, request: Json): Promise<Reply> {
    const { isSandboxName, rebuildBinds, rebuildCreateBody, countSandboxes } = this.controls;
    if (!isSandboxName(name, this.configuration)) {
      throw new Refusal(
        403,
        "name",
        `the name of a sandbox must begin with ${sandboxPrefix(this.configuration.gateway.name)}`,
      );
    }
    await this.createPace.turn();
    // One at a time: between the count and the container that makes it wrong there is then no other create.
    return this.creating.run(async () => {
      const body = rebuildCreateBody(request, this.configuration, rebuildBinds);
      const most = this.configuration.limits.sandboxes;
      if (countSandboxes && (await this.list([])).length >= most) {
        throw new Refusal(
          409,
          "sandbox-limit",
          `this gateway already has ${most} sandboxes; remove one first`,
        );
      }
      const answer = await this.daemon.call("POST", `/containers/create?name=${name}`, body);
      // The daemon's own words have the id of the container, whosever it is.
      if (answer.status === 409)
        throw new Refusal(409, "name-in-use", `Conflict. The container name "/${name}" is already in use.`);
      if (answer.status !== 201) return this.passOn(answer);
      const id = String(objectOf(answer)["Id"]);
      await this.takeBackWhenClosed(id);
      return { status: 201, body: { Id: id, Warnings: [] } };
    });
  }

  private refuseWhenClosed(): void {
    if (this.controls.isClosed(this.configuration))
      throw new Refusal(503, "closed", "the gateway is being stopped: nothing is started for it");
  }

  /** What was on its way to the engine when the gateway was stopped: whoever looked for sandboxes has not seen it. */
  private async takeBackWhenClosed(container: string): Promise<void> {
    if (!this.controls.isClosed(this.configuration)) return;
    const { status } = await this.daemon.call("DELETE", `/containers/${container}?force=1`);
    if (status === 204 || status === 404) this.gone(container);
    this.refuseWhenClosed();
  }

  private async startContainer(name: string, body: Buffer): Promise<Reply> {
    if (body.length > 0) throw new Refusal(403, "start-body", "a start request must have no body");
    const id = await this.ownSandbox(name);
    await this.startPace.turn();
    const path = `/containers/${id}/start`;
    const answer = await this.starting.run(() => this.daemon.call("POST", path));
    await this.takeBackWhenClosed(id);
    return this.passOn(answer);
  }

  private async removeContainer(name: string): Promise<Reply> {
    const id = await this.ownSandbox(name);
    const path = `/containers/${id}?force=1`;
    const answer = await this.starting.run(() => this.daemon.call("DELETE", path));
    if (answer.status === 204 || answer.status === 404) this.gone(id);
    return this.passOn(answer);
  }

  private async inspectImage(reference: string): Promise<Reply> {
    if (!this.controls.isSandboxImage(reference, this.configuration)) throw this.untypedInspect(reference);
    const answer = await this.daemon.call("GET", `/images/${this.configuration.sandbox.imageId}/json`);
    if (answer.status !== 200) return this.passOn(answer);
    return { status: 200, body: this.controls.imageAnswer(objectOf(answer), this.configuration) };
  }

  private async createExec(name: string, request: Json): Promise<Reply> {
    const { id: container, kind } = await this.identify(name);
    const { rebuildExecBody, rebuildSelfExecBody } = this.controls;
    const body = (kind === "gateway" ? rebuildSelfExecBody : rebuildExecBody)(request, this.configuration);
    const created = this.keepPlace(container);
    try {
      await this.execPace.turn(Math.ceil(JSON.stringify(body).length / execCostBytes));
      const answer = await this.daemon.call("POST", `/containers/${container}/exec`, body);
      if (answer.status !== 201) return this.passOn(answer);
      const id = String(objectOf(answer)["Id"]);
      created(id);
      return { status: 201, body: { Id: id } };
    } finally {
      created();
    }
  }

  private keepPlace(container: string): (id?: string) => void {
    try {
      return this.execs.create(container);
    } catch (error) {
      // Perhaps their sandboxes were removed by somebody else. If not: the engine forgets them with their sandbox alone.
      void this.watch.askAll();
      const full = this.execs.containerOfUnused(this.isSandbox);
      if (full !== undefined)
        void this.unresponsive.remove(full, "its commands were created and never started");
      throw error;
    }
  }

  private async inspectExec(id: string): Promise<Reply> {
    if (this.controls.ownExecsOnly && this.execs.get(id) === undefined)
      throw noSuch("exec", "exec-owner", id);
    const answer = await this.daemon.call("GET", `/exec/${id}/json`);
    if (answer.status !== 200) return this.passOn(answer);
    const exec = objectOf(answer);
    this.watch.observe(id, exec);
    return { status: 200, body: this.controls.execAnswer(exec) };
  }

  /** `docker inspect` without a type tries every kind of object for a sandbox that is not there: "no such" is true. */
  private untypedInspect(name: string): Refusal {
    return this.controls.isSandboxName(name, this.configuration)
      ? noSuch("object", "untyped-inspect", name)
      : new Refusal(403, "route", "no rule allows this object");
  }

  /** Resolves a name or id to the id of one of the gateway's sandboxes. */
  private async ownSandbox(name: string): Promise<string> {
    const { id, kind } = await this.identify(name);
    if (kind !== "sandbox") throw noSuch("container", "owner", name);
    return id;
  }

  private async identify(name: string): Promise<Owned> {
    const kind = this.known.get(name);
    return kind === undefined ? this.owned(name, await this.find(name)) : { id: name, kind };
  }

  private owned(name: string, details: ContainerDetails): Owned {
    const { isGateway, isOwnSandbox } = this.controls;
    const gateway = isGateway(details, this.configuration);
    if (!gateway && !isOwnSandbox(details, this.configuration)) throw noSuch("container", "owner", name);
    if (this.known.size >= mostKnown) this.known.clear();
    const kind = gateway ? "gateway" : "sandbox";
    this.known.set(details.Id, kind);
    return { id: details.Id, kind };
  }

  private async find(name: string): Promise<ContainerDetails> {
    if (!this.controls.mayBeAskedFor(name, this.configuration)) throw noSuch("container", "owner", name);
    const answer = await this.daemon.call("GET", `/containers/${name}/json`);
    // 400: it stands for several.
    if (answer.status === 404 || answer.status === 400) throw noSuch("container", "absent", name, "allow");
    if (answer.status !== 200)
      throw new Refusal(502, "upstream", `the Docker daemon answered ${answer.status}`, "fail");
    return objectOf(answer) as unknown as ContainerDetails;
  }

  private async list(labels: readonly string[]): Promise<readonly { readonly [field: string]: unknown }[]> {
    const filters = JSON.stringify({
      label: [`${gatewayLabel}=${this.configuration.gateway.name}`, ...labels],
    });
    const answer = await this.daemon.call(
      "GET",
      `/containers/json?all=1&filters=${encodeURIComponent(filters)}`,
    );
    if (answer.status !== 200)
      throw new Refusal(502, "upstream", `the Docker daemon answered ${answer.status}`, "fail");
    return JSON.parse(answer.body.toString()) as readonly { readonly [field: string]: unknown }[];
  }

  /** Passes on the daemon's status and, for an error, its message without ids that are not this gateway's. */
  private passOn(answer: Answer): Reply {
    if (answer.status < 400) return { status: answer.status };
    let message = `the Docker daemon answered ${answer.status}`;
    try {
      message = String(objectOf(answer)["message"]);
    } catch {
      // Not JSON: the status says enough.
    }
    const own = (id: string): boolean => this.known.has(id) || this.execs.get(id) !== undefined;
    const cleaned = message.replace(/[0-9a-f]{12,}/g, (id) => (own(id) ? id : "(an id)"));
    return { status: answer.status, body: { message: cleaned.slice(0, longestMessage) } };
  }
}

function objectOf(answer: Answer): { readonly [field: string]: unknown } {
  return JSON.parse(answer.body.toString()) as { readonly [field: string]: unknown };
}

/** The same words whether there is no such thing or it is another's, so that the answer tells nothing. */
function noSuch(kind: string, rule: string, name: string, decision?: Refusal["decision"]): Refusal {
  return new Refusal(404, rule, `No such ${kind}: ${name}`, decision);
}
