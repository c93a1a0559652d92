import { randomUUID } from "node:crypto";
import { network } from "../internet/addresses";
import { docker, inspect, labLabel } from "../lib/docker";
import { attempt, run } from "../lib/exec";
import { ensureNetwork } from "../lib/network";
import { inTurn } from "../lib/turns";
import { engineImage } from "./engines";
import { firewallScript, type FirewallRule } from "./firewall";
import { newDisk, removeDisk } from "./disks";
import { standInImage } from "./image";
import { forget, guestDir, mustKnow, readRecord, type StandInSpec, writeRecord } from "./platform";
import { cutFileSystems, dropCaches } from "./power-cut";
import { createVolume, volumeDevice } from "./volumes";
import { type Machine, warmMachine } from "./warm";

export type { FirewallRule } from "./firewall";
export type { StandInSpec } from "./platform";
export { createVolume, deleteVolume, resizeVolume } from "./volumes";

// All rights by name, without those that reach past the container: clock, modules, raw I/O, kernel log, the outer
// machine's resource limits.
export const capabilities = `
  AUDIT_CONTROL AUDIT_READ AUDIT_WRITE CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE
  LINUX_IMMUTABLE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_ADMIN SYS_BOOT
  SYS_CHROOT SYS_NICE SYS_PACCT SYS_PTRACE SYS_TTY_CONFIG`
  .trim()
  .split(/\s+/);
const stopSeconds = 60;
// States of a container that died between being made and being started.
const halfMade = new Set(["created", "dead", "removing"]);
const powered = new Set(["running", "paused", "restarting"]);

const containerName = (name: string): string => `clawkeep-vps-${name}`;
const engineVolume = (name: string): string => `${containerName(name)}-docker`;

/**
 * Makes a server and starts it, or starts one that is off. One that runs is left alone.
 * @param onPool its engine's disk is one that can become a template
 * @returns when the container runs; sshd follows some seconds later
 */
export async function boot(spec: StandInSpec, onPool = spec.disk === "warm"): Promise<void> {
  await ensureNetwork();
  return inTurn(spec.name, async () => {
    const state = await containerState(spec.name);
    if (state === "running") return;
    const known = await readRecord(spec.name);
    if (known !== undefined && state !== undefined && !halfMade.has(state)) {
      await writeRecord({ ...known, spec });
      return start(spec.name);
    }
    const { image, template } = await machine(spec);
    await removeServer(spec.name);
    await createEngineVolume(spec.name, onPool ? await newDisk(spec.name, template) : undefined);
    // A server that was lost and is made again keeps what the provider holds: its firewall and its volumes.
    const instanceId = `i-${randomUUID().slice(0, 8)}`;
    await writeRecord({ firewall: known?.firewall, volumeIds: known?.volumeIds ?? [], spec, instanceId });
    await docker(["run", "--detach", ...runFlags(spec), image]);
  });
}

/**
 * Ends a server and its disk, by cutting its power if it runs. Volumes attached to it stay. One that is not there is no
 * error.
 */
export async function destroy(name: string): Promise<void> {
  return inTurn(name, async () => {
    await cutPower(name);
    await removeServer(name);
    await forget(name);
  });
}

/**
 * `off` cuts the power: what no program has synced to a volume is gone (the README says what is not cut). `on` starts it
 * again, `reboot` asks the server to restart (and cuts the power if it does not).
 */
export async function power(name: string, action: "on" | "off" | "reboot"): Promise<void> {
  return inTurn(name, async () => {
    const state = await containerState(name);
    if (state === undefined) throw new Error(`there is no server ${name}: boot it first`);
    if (action === "off") return cutPower(name);
    // The volumes' device numbers may be others since the outer machine itself was restarted.
    await writeRecord(await mustKnow(name));
    if (state !== "running") return start(name);
    if (action === "reboot") await reboot(name);
  });
}

/** Presses the power button, as ACPI does. Whether and when the server switches itself off is its own business. */
export async function shutdown(name: string): Promise<void> {
  await attempt("docker", ["exec", containerName(name), "systemctl", "--no-block", "poweroff"], {
    timeoutSeconds: 10,
  });
}

/** True while the server's power is on, whether it does anything or not. */
export async function isOn(name: string): Promise<boolean> {
  const state = await containerState(name);
  return state !== undefined && powered.has(state);
}

/**
 * Plugs a volume in; one that does not exist is made, unformatted.
 * @returns the path by which the server finds the volume, present at once and after every restart
 */
export async function attachVolume(name: string, volumeId: number, sizeGiB: number): Promise<string> {
  await createVolume(volumeId, sizeGiB);
  return inTurn(name, async () => {
    const record = await mustKnow(name);
    const others = record.volumeIds.filter((id) => id !== volumeId);
    await writeRecord({ ...record, volumeIds: [...others, volumeId] });
    const { major, minor } = await volumeDevice(volumeId);
    await plug(name, "attach", volumeId, major, minor);
    return `/dev/disk/by-id/scsi-0HC_Volume_${volumeId}`;
  });
}

/** Pulls the volume's disk out of the server, in use or not. */
export async function detachVolume(name: string, volumeId: number): Promise<void> {
  return inTurn(name, async () => {
    const record = await readRecord(name);
    if (record === undefined) return;
    await writeRecord({ ...record, volumeIds: record.volumeIds.filter((id) => id !== volumeId) });
    await plug(name, "detach", volumeId);
  });
}

/** Puts the provider's firewall in front of the server: what no rule allows is dropped. `undefined` takes it away. */
export async function setFirewall(name: string, rules: readonly FirewallRule[] | undefined): Promise<void> {
  return inTurn(name, async () => {
    await writeRecord({ ...(await mustKnow(name)), firewall: rules });
    const pid = await inspect("container", containerName(name), "{{.State.Pid}}");
    if (pid === undefined || pid === "0") return;
    // With the nft beside the server's system: an older one crashes on what a newer one has put into the same namespace.
    await run(
      "nsenter",
      ["--target", pid, "--net", "--mount", "/usr/local/lib/stand-in/nft", "--file", "-"],
      { input: firewallScript(rules) },
    );
  });
}

function runFlags(spec: StandInSpec): string[] {
  return [
    ...["--name", containerName(spec.name), "--hostname", spec.name, "--label", labLabel],
    // Its IPv6 address the server sets itself: the engine's address pool knows the first /64 of a network only.
    ...["--network", network.name, "--ip", spec.ipv4],
    ...["--cap-drop", "ALL", ...capabilities.flatMap((name) => ["--cap-add", name])],
    ...["--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"],
    // A cgroup tree of its own: what its containers use counts as the server's, and the outer tree stays untouched.
    ...["--cgroupns", "private", "--pids-limit", "-1"],
    // Loop devices, for volumes and for the server's own `mount -o loop`.
    ...["--device-cgroup-rule", "b 7:* rwm", "--device-cgroup-rule", "c 10:237 rwm"],
    ...["--tmpfs", "/run", "--tmpfs", "/run/lock", "--tmpfs", "/tmp:exec"],
    ...[
      "--volume",
      `${engineVolume(spec.name)}:/var/lib/docker`,
      "--volume",
      `${guestDir(spec.name)}:/stand-in:ro`,
    ],
    // containerd's own store, for the same reason as the engine's; without a name it goes with the container.
    ...(spec.engine === undefined ? [] : ["--volume", "/var/lib/containerd"]),
    // A reboot ends the container with 129 and must come back; switched off it ends with 0 (rootfs/.../stand-in.conf).
    ...["--restart", "on-failure", "--stop-timeout", String(stopSeconds)],
    ...(spec.memoryMiB === undefined ? [] : ["--memory", `${spec.memoryMiB}m`]),
  ];
}

async function start(name: string): Promise<void> {
  const container = containerName(name);
  const spec = (await mustKnow(name)).spec;
  const attached = `{{with index .NetworkSettings.Networks "${network.name}"}}{{.NetworkID}}{{end}}`;
  // The network may have been made anew since.
  if (
    (await inspect("container", container, attached)) !== (await inspect("network", network.name, "{{.Id}}"))
  ) {
    await attempt("docker", ["network", "disconnect", "--force", network.name, container]);
    await docker(["network", "connect", "--ip", spec.ipv4, network.name, container]);
  }
  await docker(["start", container]);
}

async function reboot(name: string): Promise<void> {
  const container = containerName(name);
  const startedAt = (): Promise<string | undefined> =>
    inspect("container", container, "{{.State.StartedAt}}");
  const before = await startedAt();
  await attempt("docker", ["exec", container, "systemctl", "--no-block", "reboot"], { timeoutSeconds: 10 });
  const deadline = Date.now() + stopSeconds * 1000;
  while (Date.now() < deadline) {
    if ((await startedAt()) !== before && (await containerState(name)) === "running") return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await cutPower(name);
  await writeRecord(await mustKnow(name));
  await start(name);
}

/** Everything stands still at once, then the disks lose what they had not been given, then nothing is left. */
async function cutPower(name: string): Promise<void> {
  const container = containerName(name);
  if (!(await isOn(name))) return;
  const volumeIds = (await readRecord(name))?.volumeIds ?? [];
  await attempt("docker", ["pause", container]);
  const pid = await inspect("container", container, "{{.State.Pid}}");
  if (pid !== undefined && pid !== "0") await cutFileSystems(pid, volumeIds);
  await docker(["kill", container]);
  await dropCaches(volumeIds);
}

async function machine(spec: StandInSpec): Promise<Machine> {
  if (spec.engine !== undefined) {
    if (spec.disk === "warm") throw new Error(`${spec.name}: a warm server has Debian's engine, no other`);
    return { image: await engineImage(spec.engine) };
  }
  return spec.disk === "warm" ? warmUp() : { image: await standInImage() };
}

/** The warm machine; made when it is not there, which takes a minute. */
export async function warmUp(): Promise<Machine> {
  await ensureNetwork();
  return warmMachine({ container: containerName, boot: (bare) => boot(bare, true), destroy });
}

/** The engine's disk, where a container's own file system could not carry one. */
async function createEngineVolume(name: string, dir: string | undefined): Promise<void> {
  const options = dir === undefined ? [] : ["type=none", "o=bind", `device=${dir}`];
  const bound = options.flatMap((option) => ["--opt", option]);
  await docker(["volume", "create", "--label", labLabel, ...bound, engineVolume(name)]);
}

async function removeServer(name: string): Promise<void> {
  await attempt("docker", ["rm", "-f", "-v", containerName(name)]);
  const volume = engineVolume(name);
  if ((await inspect("volume", volume, "{{.Name}}")) !== undefined) await docker(["volume", "rm", volume]);
  await removeDisk(name);
}

async function plug(name: string, action: "attach" | "detach", ...numbers: number[]): Promise<void> {
  if ((await containerState(name)) !== "running") return;
  const program = "/usr/local/lib/stand-in/volume";
  await docker(["exec", containerName(name), program, action, ...numbers.map(String)]);
}

async function containerState(name: string): Promise<string | undefined> {
  return inspect("container", containerName(name), "{{.State.Status}}");
}
