import { serverAddress6 } from "../internet/addresses";
import { lookUp, serverTypes } from "./catalog";
import type { FirewallRule, Machines, StandInSpec } from "./machines";
import type { Rule, Server, Volume } from "./model";
import { Queues } from "./queues";
import type { Store } from "./store";

/** A machine that has been asked to shut down is looked at so often, and for so long. */
const noticing = { everyMs: 250, forMs: 15 * 60_000 };

/** Brings the machines to the state that the store describes; work on one machine runs in order. */
export class Fleet {
  private readonly queues = new Queues();

  constructor(
    private readonly store: Store,
    private readonly machines: Machines,
  ) {}

  /** Makes the server's machine run, with its volumes and its firewall, whatever it is now. */
  converge(server: Server): Promise<void> {
    return this.queues.run(server.machine, async () => {
      await this.machines.boot(this.spec(server));
      for (const volume of this.store.volumesOf(server)) {
        await this.machines.attachVolume(server.machine, volume.id, volume.sizeGiB);
      }
      await this.machines.setFirewall(server.machine, this.rules(server));
      server.status = "running";
      this.store.save();
    });
  }

  power(server: Server, action: "on" | "off" | "reboot"): Promise<void> {
    if (action === "on") return this.converge(server);
    const done = this.queues.run(server.machine, async () => {
      await this.machines.power(server.machine, action);
      if (action === "off") server.status = "off";
      this.store.save();
    });
    return action === "off" ? done : done.then(() => this.converge(server));
  }

  /** Done once the button is pressed, as with the real API: the status says when the machine is off. */
  async shutdown(server: Server): Promise<void> {
    await this.queues.run(server.machine, () => this.machines.shutdown(server.machine));
    void this.noticeOff(server);
  }

  /** Cuts the power and gives it again. */
  async reset(server: Server): Promise<void> {
    await this.power(server, "off");
    await this.power(server, "on");
  }

  private async noticeOff(server: Server): Promise<void> {
    const deadline = Date.now() + noticing.forMs;
    while (
      Date.now() < deadline &&
      server.status === "running" &&
      this.store.state.servers.includes(server)
    ) {
      if (!(await this.machines.isOn(server.machine).catch(() => true))) {
        server.status = "off";
        this.store.save();
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, noticing.everyMs).unref());
    }
  }

  /** Wipes the machine's own disk and boots it again; volumes and address stay. */
  async rebuild(server: Server): Promise<void> {
    server.status = "initializing";
    await this.queues.run(server.machine, () => this.machines.destroy(server.machine));
    await this.converge(server);
  }

  applyFirewall(server: Server): Promise<void> {
    return this.queues.run(server.machine, async () => {
      // A machine that is off gets its rules when it is booted.
      if (server.status === "running") await this.machines.setFirewall(server.machine, this.rules(server));
    });
  }

  /** The name is remembered until the machine is really gone, also across a restart of the emulator. */
  destroy(machine: string): Promise<void> {
    const { state } = this.store;
    state.doomedMachines.push(machine);
    return this.queues.run(machine, async () => {
      await this.machines.destroy(machine);
      state.doomedMachines = state.doomedMachines.filter((name) => name !== machine);
      this.setFree();
      this.store.save();
    });
  }

  /** Volumes and addresses are bound to their server until nothing of that runs: before, two machines could have them. */
  private setFree(): void {
    const { state } = this.store;
    const isGone = (id: number | null): boolean => !state.servers.some((server) => server.id === id);
    for (const volume of state.volumes) if (isGone(volume.serverId)) volume.serverId = null;
    state.primaryIps = state.primaryIps.filter(
      (ip) => ip.assigneeId === null || !ip.autoDelete || !isGone(ip.assigneeId),
    );
    for (const ip of state.primaryIps) if (isGone(ip.assigneeId)) ip.assigneeId = null;
  }

  createVolume(volume: Volume): Promise<void> {
    const format = volume.format ?? undefined;
    return this.queues.run(volumeKey(volume.id), () =>
      this.machines.createVolume(
        volume.id,
        volume.sizeGiB,
        ...(format === undefined ? [] : ([format] as const)),
      ),
    );
  }

  resizeVolume(volume: Volume): Promise<void> {
    return this.queues.run(volumeKey(volume.id), () => this.machines.resizeVolume(volume.id, volume.sizeGiB));
  }

  attachVolume(server: Server, volume: Volume): Promise<void> {
    return this.queues.run(server.machine, async () => {
      await this.queues.idle(volumeKey(volume.id));
      if (server.status === "off") return;
      await this.machines.attachVolume(server.machine, volume.id, volume.sizeGiB);
    });
  }

  detachVolume(server: Server, volume: Volume): Promise<void> {
    return this.queues.run(server.machine, () => this.machines.detachVolume(server.machine, volume.id));
  }

  deleteVolume(volumeId: number): Promise<void> {
    const { state } = this.store;
    state.doomedVolumes.push(volumeId);
    return this.queues.run(volumeKey(volumeId), async () => {
      await this.machines.deleteVolume(volumeId);
      state.doomedVolumes = state.doomedVolumes.filter((id) => id !== volumeId);
      this.store.save();
    });
  }

  /** Finishes what an earlier life of the emulator left undone, and boots again what the machine's restart stopped. */
  async reconcile(): Promise<void> {
    const { state } = this.store;
    const doomedMachines = state.doomedMachines.splice(0);
    const doomedVolumes = state.doomedVolumes.splice(0);
    await Promise.all(doomedMachines.map((machine) => this.destroy(machine)));
    await Promise.all(doomedVolumes.map((id) => this.deleteVolume(id)));
    await Promise.all(state.volumes.map((volume) => this.createVolume(volume)));
    const wanted = state.servers.filter((server) => server.status !== "off");
    await Promise.all(
      wanted.map((server) =>
        this.converge(server).catch((error: unknown) => {
          // One machine that does not come up must not take the whole API with it.
          console.error(`server ${server.name} did not start again:`, error);
          server.status = "off";
        }),
      ),
    );
  }

  idle(): Promise<void> {
    return this.queues.idle();
  }

  private spec(server: Server): StandInSpec {
    const type = lookUp(serverTypes, server.serverType);
    return {
      name: server.machine,
      disk: server.disk,
      ipv4: this.store.primaryIp(server.ipv4Id).ip,
      ...(server.ipv6Id === null ? {} : { ipv6: serverAddress6(this.store.primaryIp(server.ipv6Id).ip) }),
      authorizedKeys: server.authorizedKeys,
      ...(server.userData === null ? {} : { userData: server.userData }),
      ...(type === undefined ? {} : { memoryMiB: type.memoryGiB * 1024 }),
    };
  }

  /** The inbound rules of all the server's firewalls together; without any firewall everything may come in. */
  private rules(server: Server): FirewallRule[] | undefined {
    if (server.firewallIds.length === 0) return undefined;
    return server.firewallIds.flatMap((id) =>
      this.store
        .firewall(id)
        .rules.filter((rule) => rule.direction === "in")
        .flatMap(standInRule),
    );
  }
}

function volumeKey(id: number): string {
  return `volume ${id}`;
}

/** ESP and GRE have no stand-in: nothing in the lab speaks them. */
function standInRule(rule: Rule): FirewallRule[] {
  const { protocol, port, source_ips: sourceIps } = rule;
  if (protocol === "esp" || protocol === "gre") return [];
  return [{ protocol, sourceIps, ...(port === undefined || port === "any" ? {} : { port }) }];
}
