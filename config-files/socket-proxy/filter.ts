import { sandboxPrefix } from "../../config/sandbox-names";
import { listAnswer } from "./answers";
import { Commands, type Attached } from "./commands";
import type { FilterConfiguration } from "./configuration";
import type { Controls } from "./controls";
import type { Answer, Daemon } from "./daemon";
import type { DecisionLog } from "./decision-log";
import { Gate } from "./gate";
import { OwnContainers } from "./own-containers";
import { Pace, unpaced } from "../http-service/pace";
import { noSuch, objectOf, passOn, type Reply } from "./replies";
import { Refusal } from "../http-service/refusal";
import type { Route } from "./routes";
import type { Json } from "../http-service/strict-json";

const pingHeaders = ["api-version", "docker-experimental", "ostype"];
/** Routes that make or start something; nothing of it while the gateway is being stopped. */
const startsSomething: readonly Route["name"][] = ["container-create", "container-start", "exec-create"];

/**
 * Decides and carries out the calls that a gateway may make: one method a route, and {@link Commands} for those of
 * execs. The head and size are checked before.
 */
export class Filter {
  private readonly creating: Gate;
  private readonly starting: Gate;
  private readonly createPace: Pace;
  private readonly startPace: Pace;
  private readonly containers: OwnContainers;
  private readonly commands: Commands;

  constructor(
    private readonly configuration: FilterConfiguration,
    private readonly daemon: Daemon,
    private readonly controls: Controls,
    log: DecisionLog,
  ) {
    const { limits } = configuration;
    this.creating = new Gate(1, limits.connections);
    this.starting = new Gate(controls.limitStarts ? limits.starts : Infinity, limits.connections);
    const sandboxRate = controls.limitRates ? limits.sandboxRate : unpaced;
    this.createPace = new Pace(sandboxRate, "create-rate");
    this.startPace = new Pace(sandboxRate, "start-rate");
    this.containers = new OwnContainers(configuration, daemon, controls);
    this.commands = new Commands(configuration, daemon, controls, this.containers, this.starting, log);
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
        return this.commands.create(route.subject, this.controls.parseBody(body));
      case "exec-inspect":
        return this.commands.inspect(route.subject);
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
    return this.commands.attach(route.subject, this.controls.parseBody(body));
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
    const details = await this.containers.details(name);
    return { status: 200, body: this.controls.containerAnswer(details, this.configuration) };
  }

  private async listContainers(): Promise<Reply> {
    const list = await this.containers.list(["openclaw.sandboxBrowser=1"]);
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
      if (countSandboxes && (await this.containers.list([])).length >= most) {
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

  private async startContainer(name: string, body: Buffer): Promise<Reply> {
    if (body.length > 0) throw new Refusal(403, "start-body", "a start request must have no body");
    const id = await this.containers.sandbox(name);
    await this.startPace.turn();
    const path = `/containers/${id}/start`;
    const answer = await this.starting.run(() => this.daemon.call("POST", path));
    await this.takeBackWhenClosed(id);
    return this.passOn(answer);
  }

  private async removeContainer(name: string): Promise<Reply> {
    const id = await this.containers.sandbox(name);
    return this.passOn(await this.starting.run(() => this.remove(id)));
  }

  private async remove(container: string): Promise<Answer> {
    const answer = await this.daemon.call("DELETE", `/containers/${container}?force=1`);
    if (answer.status === 204 || answer.status === 404) this.commands.containerGone(container);
    return answer;
  }

  private async inspectImage(reference: string): Promise<Reply> {
    if (!this.controls.isSandboxImage(reference, this.configuration)) throw this.untypedInspect(reference);
    const answer = await this.daemon.call("GET", `/images/${this.configuration.sandbox.imageId}/json`);
    if (answer.status !== 200) return this.passOn(answer);
    return { status: 200, body: this.controls.imageAnswer(objectOf(answer), this.configuration) };
  }

  private refuseWhenClosed(): void {
    if (this.controls.isClosed(this.configuration))
      throw new Refusal(503, "closed", "the gateway is being stopped: nothing is started for it");
  }

  /** What was on its way to the engine when the gateway was stopped: whoever looked for sandboxes has not seen it. */
  private async takeBackWhenClosed(container: string): Promise<void> {
    if (!this.controls.isClosed(this.configuration)) return;
    await this.remove(container);
    this.refuseWhenClosed();
  }

  /** `docker inspect` without a type tries every kind of object for a sandbox that is not there: "no such" is true. */
  private untypedInspect(name: string): Refusal {
    return this.controls.isSandboxName(name, this.configuration)
      ? noSuch("object", "untyped-inspect", name)
      : new Refusal(403, "route", "no rule allows this object");
  }

  private passOn(answer: Answer): Reply {
    return passOn(answer, this.commands.isOwn);
  }
}
