/** Section 5: the containers, by what the daemon holds and, where it can be seen there, by what the kernel does. */
import { nameOf, notApplicable, ofContainers, passIf, passUnless, type Check, type Result } from "./check";
import type { Container, Facts, Process } from "./facts";

const host = ({ HostConfig }: Container): Container["HostConfig"] => HostConfig;
const processesOf = ({ Id }: Container, facts: Facts): readonly Process[] => facts.processes[Id] ?? [];
const options = (container: Container): string[] =>
  (host(container).SecurityOpt ?? []).map((option) => option.replace(/:true$|=true$/, ""));
const capability = (name: string): string => name.toUpperCase().replace(/^(?!CAP_)/, "CAP_");

/** The one capability that a container may ask for; its bit is 10. */
const allowedCapability = "CAP_NET_BIND_SERVICE";
const allowedMask = 1n << 10n;
const bounding = ({ capBounding }: Process): bigint => BigInt(`0x${capBounding}`);

const systemDirectories = ["/boot", "/dev", "/etc", "/lib", "/proc", "/sys", "/usr"];
const isSystem = (path: string): boolean =>
  path === "/" ||
  systemDirectories.some((directory) => path === directory || path.startsWith(`${directory}/`));

const sockets = ["docker.sock", "clawkeep-docker/docker.sock", "containerd/containerd.sock"].flatMap((name) =>
  ["/run", "/var/run"].map((directory) => `${directory}/${name}`),
);
/** The socket itself or a directory it is in. */
const holdsSocket = (path: string): boolean =>
  sockets.some((socket) => socket === path || socket.startsWith(path.replace(/\/*$/, "/")));

/** Published ports: container port, host address, host port. */
const published = ({ NetworkSettings }: Container) =>
  Object.entries(NetworkSettings.Ports ?? {}).flatMap(([inside, bindings]) =>
    (bindings ?? []).map(({ HostIp, HostPort }) => ({ inside, address: HostIp, port: Number(HostPort) })),
  );

/** Widest limits that a container may set for itself; of what is not here, none. */
const widest: Readonly<Record<string, number>> = { nofile: 65536, nproc: 4096, core: 0 };

/** A digest, an image's id, or a tag that is a hash of all that the image was built from. */
const isPinned = (image: string): boolean =>
  /@sha256:[0-9a-f]{64}$|^sha256:[0-9a-f]{64}$|^clawkeep\/[a-z-]+:[0-9a-f]{12}$/.test(image);

function neededPorts(facts: Facts): Result {
  const needed = (container: Container, inside: string, port: number): boolean =>
    nameOf(container) === "openclaw-caddy" && port === 443 && inside.endsWith("/tcp");
  return passUnless([
    ...facts.containers.flatMap((container) =>
      published(container)
        .filter(({ inside, port }) => !needed(container, inside, port))
        .map(({ inside, port }) => `${nameOf(container)} ${port}:${inside}`),
    ),
    ...facts.listeners
      .filter((listener) => listener.process === "docker-proxy" && listener.port !== 443)
      .map(({ port }) => `docker-proxy ${port}`),
  ]);
}

export const runtimeChecks: readonly Check[] = [
  {
    id: "5.1",
    title: "Swarm mode is off",
    judge: ({ info }) => passIf(info.Swarm.LocalNodeState === "inactive", info.Swarm.LocalNodeState),
  },
  ofContainers(
    "5.2",
    "An AppArmor profile confines it",
    (container) =>
      !["", "unconfined"].includes(container.AppArmorProfile) &&
      !options(container).includes("apparmor=unconfined"),
  ),
  {
    id: "5.3",
    title: "An SELinux label confines it",
    judge: (facts) =>
      (facts.info.SecurityOptions ?? []).includes("name=selinux")
        ? passUnless(
            facts.containers
              .filter((entry) => entry.ProcessLabel === "" || options(entry).includes("label=disable"))
              .map(nameOf),
          )
        : notApplicable("this distribution has AppArmor"),
  },
  ofContainers(
    "5.4",
    "All capabilities are dropped, but for binding low ports; so says the kernel too",
    (container, facts) =>
      (host(container).CapDrop ?? []).map((name) => name.toUpperCase()).includes("ALL") &&
      (host(container).CapAdd ?? []).every((name) => capability(name) === allowedCapability) &&
      processesOf(container, facts)
        .slice(0, 1)
        .every((process) => (bounding(process) & ~allowedMask) === 0n),
  ),
  ofContainers("5.5", "It is not privileged", (container) => !host(container).Privileged),
  ofContainers(
    "5.6",
    "No system directory of the host is mounted",
    ({ Mounts }) => !Mounts.some(({ Source }) => isSystem(Source)),
  ),
  ofContainers(
    "5.7",
    "No sshd runs in it",
    (container, facts) => !processesOf(container, facts).some(({ command }) => command.startsWith("sshd")),
  ),
  ofContainers(
    "5.8",
    "No port below 1024 of the host leads to it",
    (container) => !published(container).some(({ port }) => port < 1024),
  ),
  { id: "5.9", title: "No port is open but 443 of the reverse proxy", judge: neededPorts },
  ofContainers(
    "5.10",
    "It has a network namespace of its own",
    (container) => host(container).NetworkMode !== "host",
  ),
  ofContainers("5.11", "Its memory is limited", (container) => host(container).Memory > 0),
  ofContainers(
    "5.12",
    "Its share of the CPU is set",
    (container) =>
      host(container).NanoCpus > 0 || host(container).CpuQuota > 0 || host(container).CpuShares > 0,
  ),
  ofContainers("5.13", "Its root file system is read-only", (container) => host(container).ReadonlyRootfs),
  ofContainers(
    "5.14",
    "Published ports are bound to one address of the host",
    (container) => !published(container).some(({ address }) => ["", "0.0.0.0", "::"].includes(address)),
  ),
  ofContainers("5.15", "It is started again five times at most, and then stays down", (container) => {
    const { Name, MaximumRetryCount } = host(container).RestartPolicy;
    return (
      ["", "no"].includes(Name) || (Name === "on-failure" && MaximumRetryCount >= 1 && MaximumRetryCount <= 5)
    );
  }),
  ofContainers(
    "5.16",
    "It has a process namespace of its own",
    (container) => host(container).PidMode !== "host",
  ),
  ofContainers(
    "5.17",
    "It has an IPC namespace of its own",
    (container) => host(container).IpcMode !== "host",
  ),
  ofContainers(
    "5.18",
    "It has no device of the host",
    (container) =>
      (host(container).Devices ?? []).length === 0 && (host(container).DeviceRequests ?? []).length === 0,
  ),
  ofContainers("5.19", "Resource limits of its own are narrow ones", (container) =>
    (host(container).Ulimits ?? []).every(({ Name, Hard }) => Hard >= 0 && Hard <= (widest[Name] ?? 0)),
  ),
  ofContainers(
    "5.20",
    "Mounts in it do not appear on the host",
    ({ Mounts }) => !Mounts.some(({ Propagation }) => Propagation.endsWith("shared")),
  ),
  ofContainers("5.21", "It has a host name of its own", (container) => host(container).UTSMode !== "host"),
  ofContainers(
    "5.22",
    "A seccomp filter is in force; so says the kernel too",
    (container, facts) =>
      !options(container).includes("seccomp=unconfined") &&
      processesOf(container, facts).every(({ seccomp }) => seccomp === 2),
  ),
  ofContainers(
    "5.23",
    "No process in it has more capabilities than its first (docker exec --privileged)",
    (container, facts) => {
      const [first, ...others] = processesOf(container, facts);
      return first === undefined || others.every((process) => (bounding(process) & ~bounding(first)) === 0n);
    },
  ),
  ofContainers(
    "5.24",
    "No process in it is root (docker exec --user=root)",
    (container, facts) => !processesOf(container, facts).some(({ uid }) => uid === 0),
  ),
  ofContainers(
    "5.25",
    "Its cgroup lies where Docker puts it",
    (container) => host(container).CgroupParent === "",
  ),
  ofContainers(
    "5.26",
    "It cannot gain privileges; so says the kernel too",
    (container, facts) =>
      options(container).includes("no-new-privileges") &&
      processesOf(container, facts).every(({ noNewPrivileges }) => noNewPrivileges),
  ),
  ofContainers("5.27", "It is asked for its health", ({ Config }) =>
    ["CMD", "CMD-SHELL"].includes(Config.Healthcheck?.Test?.[0] ?? ""),
  ),
  ofContainers(
    "5.28",
    "Its image is named by a digest, or by a hash of what it was built from",
    ({ Config }) => isPinned(Config.Image),
  ),
  ofContainers(
    "5.29",
    "Its number of processes is limited",
    (container) => (host(container).PidsLimit ?? 0) > 0,
  ),
  ofContainers(
    "5.30",
    "It is not on the default bridge",
    ({ NetworkSettings }) => NetworkSettings.Networks["bridge"] === undefined,
  ),
  ofContainers(
    "5.31",
    "It does not opt out of a user namespace",
    (container) => host(container).UsernsMode !== "host",
  ),
  ofContainers(
    "5.32",
    "The engine's socket is not mounted",
    ({ Mounts }) => !Mounts.some(({ Source }) => holdsSocket(Source)),
  ),
];
