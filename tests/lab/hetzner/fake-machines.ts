import type { FirewallRule, Machines, StandInSpec } from "../../../lab/hetzner/machines";

interface FakeMachine {
  spec: StandInSpec;
  running: boolean;
  rules: readonly FirewallRule[] | undefined;
  volumes: Set<number>;
  boots: number;
  /** Does not react to its power button. */
  frozen?: boolean;
}

/** Machines in memory, with the same rules about order and repetition as the real stand-ins. */
export class FakeMachines implements Machines {
  readonly machines = new Map<string, FakeMachine>();
  readonly volumes = new Map<number, number>();
  /** Set to make the next boot fail. */
  bootError: Error | undefined;
  /** Until then, no machine is gone. */
  mayGo: Promise<void> = Promise.resolve();

  get(name: string): FakeMachine {
    const machine = this.machines.get(name);
    if (machine === undefined) throw new Error(`no machine ${name}`);
    return machine;
  }

  boot(spec: StandInSpec): Promise<void> {
    if (this.bootError !== undefined) {
      const error = this.bootError;
      this.bootError = undefined;
      return Promise.reject(error);
    }
    const machine = this.machines.get(spec.name);
    if (machine === undefined) {
      this.machines.set(spec.name, { spec, running: true, rules: undefined, volumes: new Set(), boots: 1 });
    } else if (!machine.running) {
      machine.running = true;
      machine.boots += 1;
    }
    return Promise.resolve();
  }

  async destroy(name: string): Promise<void> {
    await this.mayGo;
    this.machines.delete(name);
  }

  power(name: string, action: "on" | "off" | "reboot"): Promise<void> {
    const machine = this.get(name);
    if (action !== "off") machine.boots += 1;
    machine.running = action !== "off";
    return Promise.resolve();
  }

  shutdown(name: string): Promise<void> {
    const machine = this.get(name);
    if (machine.frozen !== true) setTimeout(() => (machine.running = false), 100);
    return Promise.resolve();
  }

  isOn(name: string): Promise<boolean> {
    return Promise.resolve(this.get(name).running);
  }

  createVolume(volumeId: number, sizeGiB: number): Promise<void> {
    this.volumes.set(volumeId, sizeGiB);
    return Promise.resolve();
  }

  resizeVolume(volumeId: number, sizeGiB: number): Promise<void> {
    return this.createVolume(volumeId, sizeGiB);
  }

  deleteVolume(volumeId: number): Promise<void> {
    this.volumes.delete(volumeId);
    return Promise.resolve();
  }

  attachVolume(name: string, volumeId: number): Promise<string> {
    if (!this.volumes.has(volumeId)) throw new Error(`volume ${volumeId} does not exist`);
    this.get(name).volumes.add(volumeId);
    return Promise.resolve(`/dev/disk/by-id/scsi-0HC_Volume_${volumeId}`);
  }

  detachVolume(name: string, volumeId: number): Promise<void> {
    this.machines.get(name)?.volumes.delete(volumeId);
    return Promise.resolve();
  }

  setFirewall(name: string, rules: readonly FirewallRule[] | undefined): Promise<void> {
    this.get(name).rules = rules;
    return Promise.resolve();
  }
}
