/** Whose container it is: finds out, by its labels and its name, which ones the gateway may act on. */
import type { ContainerDetails } from "./answers";
import type { FilterConfiguration } from "./configuration";
import type { Controls } from "./controls";
import { gatewayLabel } from "./create-body";
import type { Daemon } from "./daemon";
import { daemonFailed, noSuch, objectOf } from "./replies";

/** A container that the gateway may act on. */
export interface Owned {
  /** Full id. */
  readonly id: string;
  readonly kind: "sandbox" | "gateway";
}

const mostKnown = 1024;

export class OwnContainers {
  /** By full id. An id is never used again, and labels never change: no need to ask twice. */
  private readonly known = new Map<string, Owned["kind"]>();

  constructor(
    private readonly configuration: FilterConfiguration,
    private readonly daemon: Daemon,
    private readonly controls: Controls,
  ) {}

  /** Whether that full id was found to be this gateway's. */
  has(id: string): boolean {
    return this.known.has(id);
  }

  readonly isSandbox = (id: string): boolean => this.known.get(id) === "sandbox";

  forget(id: string): void {
    this.known.delete(id);
  }

  /**
   * Resolves a name or id.
   *
   * @throws {Refusal} 404 if it is not this gateway's, or is not there
   */
  async identify(name: string): Promise<Owned> {
    const kind = this.known.get(name);
    return kind === undefined ? this.owned(name, await this.find(name)) : { id: name, kind };
  }

  /** Resolves a name or id to the id of one of the gateway's sandboxes. @throws {Refusal} as {@link identify} */
  async sandbox(name: string): Promise<string> {
    const { id, kind } = await this.identify(name);
    if (kind !== "sandbox") throw noSuch("container", "owner", name);
    return id;
  }

  /** What the daemon says of it now. @throws {Refusal} as {@link identify} */
  async details(name: string): Promise<ContainerDetails> {
    const details = await this.find(name);
    this.owned(name, details);
    return details;
  }

  /** All that carry the gateway's label, and these. @throws {Refusal} 502 if the daemon does not say */
  async list(labels: readonly string[]): Promise<readonly { readonly [field: string]: unknown }[]> {
    const filters = JSON.stringify({
      label: [`${gatewayLabel}=${this.configuration.gateway.name}`, ...labels],
    });
    const answer = await this.daemon.call(
      "GET",
      `/containers/json?all=1&filters=${encodeURIComponent(filters)}`,
    );
    if (answer.status !== 200) throw daemonFailed(answer);
    return JSON.parse(answer.body.toString()) as readonly { readonly [field: string]: unknown }[];
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
    if (answer.status !== 200) throw daemonFailed(answer);
    return objectOf(answer) as unknown as ContainerDetails;
  }
}
