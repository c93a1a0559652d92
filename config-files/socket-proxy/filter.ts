import type { ContainerDetails } from "./answers";
import { listAnswer } from "./answers";
import type { Configuration } from "./configuration";
import type { Controls } from "./controls";
import { gatewayLabel } from "./create-body";
import type { Answer, Daemon, Upgraded } from "./daemon";
import type { DecisionLog } from "./decision-log";
import { ExecRegistry } from "./exec-registry";
import { Mutex } from "./mutex";
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

const mostKnown = 1024;

/** Decides and carries out the calls that a gateway may make. One method a route; the head and size are checked before. */
export class Filter {
  private readonly execs = new ExecRegistry();
  private readonly creating = new Mutex();
  /** Containers of this gateway by full id. An id is never used again, and labels never change: no need to ask twice. */
  private readonly known = new Map<string, Owned["kind"]>();
  private readonly unresponsive: UnresponsiveSandboxes;

  constructor(
    private readonly configuration: Configuration,
    private readonly daemon: Daemon,
    private readonly controls: Controls,
    log: DecisionLog,
  ) {
    this.unresponsive = new UnresponsiveSandboxes(daemon, log, controls.sandboxAnswersMs);
  }

  /**
   * @throws {Refusal} if the call is not allowed, or the daemon cannot be reached
   */
  async handle(route: Route, body: Buffer): Promise<Reply> {
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
        return passOn(
          await this.daemon.call("DELETE", `/containers/${await this.ownSandbox(route.subject)}?force=1`),
        );
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
  async attach(route: Route, body: Buffer): Promise<Reply | Upgraded> {
    if (route.name !== "exec-start")
      throw new Refusal(400, "upgrade", "only the start of an exec may upgrade");
    const start = this.controls.rebuildExecStartBody(this.controls.parseBody(body));
    if (this.controls.ownExecsOnly && !this.execs.start(route.subject))
      throw noSuch("exec", "exec-owner", route.subject);
    const answer = await this.daemon.upgrade(`/exec/${route.subject}/start`, start);
    return "socket" in answer ? answer : passOn(answer);
  }

  /** A command has failed, or takes long: perhaps nothing runs in its sandbox any more. */
  suspect(exec: string): void {
    const container = this.execs.containerOf(exec);
    if (container !== undefined && this.known.get(container) === "sandbox") {
      void this.unresponsive.check(container);
    }
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
    return { status: 200, body: list.map(listAnswer) };
  }

  private async createContainer(name: string, request: Json): Promise<Reply> {
    const { isSandboxName, rebuildBinds, rebuildCreateBody, countSandboxes } = this.controls;
    if (!isSandboxName(name, this.configuration)) {
      throw new Refusal(
        403,
        "name",
        `the name of a sandbox must begin with ${this.configuration.sandbox.namePrefix}`,
      );
    }
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
      if (answer.status !== 201) return passOn(answer);
      return { status: 201, body: { Id: objectOf(answer)["Id"], Warnings: [] } };
    });
  }

  private async startContainer(name: string, body: Buffer): Promise<Reply> {
    if (body.length > 0) throw new Refusal(403, "start-body", "a start request must have no body");
    return passOn(await this.daemon.call("POST", `/containers/${await this.ownSandbox(name)}/start`));
  }

  private async inspectImage(reference: string): Promise<Reply> {
    if (!this.controls.isSandboxImage(reference, this.configuration)) throw this.untypedInspect(reference);
    const answer = await this.daemon.call("GET", `/images/${this.configuration.sandbox.imageId}/json`);
    if (answer.status !== 200) return passOn(answer);
    return { status: 200, body: this.controls.imageAnswer(objectOf(answer), this.configuration) };
  }

  private async createExec(name: string, request: Json): Promise<Reply> {
    const { id: container, kind } = await this.identify(name);
    const { rebuildExecBody, rebuildSelfExecBody } = this.controls;
    const body = (kind === "gateway" ? rebuildSelfExecBody : rebuildExecBody)(request, this.configuration);
    const answer = await this.daemon.call("POST", `/containers/${container}/exec`, body);
    if (answer.status !== 201) return passOn(answer);
    const id = String(objectOf(answer)["Id"]);
    this.execs.add(id, container);
    return { status: 201, body: { Id: id } };
  }

  private async inspectExec(id: string): Promise<Reply> {
    if (this.controls.ownExecsOnly && !this.execs.has(id)) throw noSuch("exec", "exec-owner", id);
    const answer = await this.daemon.call("GET", `/exec/${id}/json`);
    if (answer.status !== 200) return passOn(answer);
    const exec = objectOf(answer);
    if (exec["Running"] === false && exec["ExitCode"] !== 0) this.suspect(id);
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
    const answer = await this.daemon.call("GET", `/containers/${name}/json`);
    if (answer.status === 404) throw noSuch("container", "absent", name, "allow");
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
}

/** Passes on the daemon's status and, for an error, its message; nothing else of the answer. */
function passOn(answer: Answer): Reply {
  if (answer.status < 400) return { status: answer.status };
  let message = `the Docker daemon answered ${answer.status}`;
  try {
    message = String(objectOf(answer)["message"]);
  } catch {
    // Not JSON: the status says enough.
  }
  return { status: answer.status, body: { message: message.slice(0, longestMessage) } };
}

function objectOf(answer: Answer): { readonly [field: string]: unknown } {
  return JSON.parse(answer.body.toString()) as { readonly [field: string]: unknown };
}

/** The same words whether there is no such thing or it is another's, so that the answer tells nothing. */
function noSuch(kind: string, rule: string, name: string, decision?: Refusal["decision"]): Refusal {
  return new Refusal(404, rule, `No such ${kind}: ${name}`, decision);
}
