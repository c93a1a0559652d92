import type { FirewallRule, StandInSpec } from "../vps/stand-in";

export type { FirewallRule, StandInSpec };

/** What the emulator needs of the machines behind the API. Every method may be repeated without harm. */
export interface Machines {
  /** Makes the machine run, whether it is new, stopped or running already. */
  boot(spec: StandInSpec): Promise<void>;
  destroy(name: string): Promise<void>;
  power(name: string, action: "on" | "off" | "reboot"): Promise<void>;
  /** Presses the power button. Whether and when the machine switches itself off is its own business. */
  shutdown(name: string): Promise<void>;
  isOn(name: string): Promise<boolean>;
  createVolume(volumeId: number, sizeGiB: number, format?: "ext4"): Promise<void>;
  resizeVolume(volumeId: number, sizeGiB: number): Promise<void>;
  deleteVolume(volumeId: number): Promise<void>;
  attachVolume(name: string, volumeId: number, sizeGiB: number): Promise<string>;
  detachVolume(name: string, volumeId: number): Promise<void>;
  /** `undefined`: no firewall at all; an empty list: nothing may come in. */
  setFirewall(name: string, rules: readonly FirewallRule[] | undefined): Promise<void>;
}
