/** A host that passes every check, so that a test can break one thing at a time. */
import type { Container, Facts, File, Process } from "./facts";

const image = `sha256:${"a".repeat(64)}`;
const root = (mode: string): File => ({ owner: "root:root", mode });
const process: Process = {
  command: "node",
  uid: 1000,
  capBounding: "0000000000000400",
  noNewPrivileges: true,
  seccomp: 2,
};

const container = (id: string, name: string, labels: Record<string, string>): Container => ({
  Id: id,
  Name: `/${name}`,
  Image: image,
  AppArmorProfile: "docker-default",
  ProcessLabel: "system_u:system_r:container_t:s0:c1,c2",
  Config: {
    Image: `registry.example/service:1.0@${image}`,
    User: "1000:1000",
    Labels: labels,
    Healthcheck: { Test: ["CMD", "true"] },
  },
  HostConfig: {
    CapAdd: ["CAP_NET_BIND_SERVICE"],
    CapDrop: ["ALL"],
    CgroupParent: "",
    CpuQuota: 0,
    CpuShares: 0,
    Devices: null,
    DeviceRequests: null,
    IpcMode: "private",
    Memory: 64 * 1024 * 1024,
    NanoCpus: 250_000_000,
    NetworkMode: "bridge",
    PidMode: "",
    PidsLimit: 64,
    Privileged: false,
    ReadonlyRootfs: true,
    RestartPolicy: { Name: "on-failure", MaximumRetryCount: 5 },
    SecurityOpt: ["no-new-privileges"],
    Ulimits: [{ Name: "nofile", Hard: 1024 }],
    UTSMode: "",
    UsernsMode: "",
  },
  Mounts: [{ Source: "/opt/openclaw/config/x", Destination: "/etc/x", Propagation: "rprivate" }],
  NetworkSettings: {
    Networks: { "openclaw-net": {} },
    Ports: { "8080/tcp": null },
  },
});

/** Two containers, `service` and a sandbox; a daemon with TLS; SELinux, so that no check is without its thing. */
export const sound: Facts = {
  info: {
    Debug: false,
    Driver: "overlay2",
    DockerRootDir: "/var/lib/docker",
    ExperimentalBuild: false,
    LiveRestoreEnabled: true,
    LoggingDriver: "syslog",
    Plugins: { Authorization: ["authz"] },
    RegistryConfig: {
      InsecureRegistryCIDRs: ["127.0.0.0/8", "::1/128"],
      IndexConfigs: { "docker.io": { Secure: true } },
    },
    SecurityOptions: [
      "name=seccomp,profile=builtin",
      "name=apparmor",
      "name=selinux",
      "name=userns",
      "name=no-new-privileges",
    ],
    Swarm: { LocalNodeState: "inactive" },
  },
  daemon: {
    uid: 1001,
    program: "/usr/bin/dockerd",
    arguments: [
      ...["-H", "fd://", "--tlsverify", "--tlscacert=/etc/tls/ca.pem", "--tlscert=/etc/tls/cert.pem"],
      ...["--tlskey=/etc/tls/key.pem", "--log-level=info"],
    ],
    settings: { "userland-proxy": false, "default-ulimits": { nofile: { Name: "nofile", Hard: 1024 } } },
  },
  defaultBridgeOpen: false,
  containers: [
    container("1", "service", {}),
    container("2", "openclaw-sbx-1", { "clawkeep.gateway": "openclaw" }),
  ],
  processes: { "1": [process, { ...process, command: "worker" }], "2": [{ ...process }] },
  setuid: { "1": [], "2": [] },
  images: {
    [image]: {
      Env: ["PATH=/usr/bin", "TOKEN_FILE=/run/secrets/token"],
      Healthcheck: { Test: ["CMD", "true"] },
      history: [
        '"COPY a b"',
        '"RUN apt-get update && apt-get install -y x"',
        '"/bin/sh -c #(nop) ADD file:1 in / "',
      ],
    },
  },
  files: {
    "/var/run/docker.sock": { owner: "root:docker", mode: "660" },
    "/run/containerd": root("711"),
    "/run/containerd/containerd.sock": root("660"),
    "/etc/docker": root("755"),
    "/etc/docker/daemon.json": root("644"),
    "/etc/docker/certs.d/registry.example/ca.crt": root("444"),
    "/etc/default/docker": root("644"),
    "/etc/sysconfig/docker": root("644"),
    "/etc/containerd/config.toml": root("644"),
    "/etc/tls/ca.pem": root("444"),
    "/etc/tls/cert.pem": root("444"),
    "/etc/tls/key.pem": root("400"),
    "/var/lib/docker": root("710"),
    "/usr/bin/dockerd": root("755"),
    "/usr/bin/containerd": root("755"),
    "/usr/bin/containerd-shim": root("755"),
    "/usr/bin/containerd-shim-runc-v1": root("755"),
    "/usr/bin/containerd-shim-runc-v2": root("755"),
    "/usr/bin/runc": root("755"),
    "/lib/systemd/system/docker.service": root("644"),
    "/lib/systemd/system/docker.socket": root("644"),
  },
  units: {
    service: "/lib/systemd/system/docker.service",
    socket: "/lib/systemd/system/docker.socket",
  },
  programs: {
    containerd: "/usr/bin/containerd",
    shim: "/usr/bin/containerd-shim",
    shimV1: "/usr/bin/containerd-shim-runc-v1",
    shimV2: "/usr/bin/containerd-shim-runc-v2",
    runc: "/usr/bin/runc",
  },
  listeners: [{ address: "0.0.0.0", port: 22, process: "sshd" }],
  dockerGroup: [],
  dockerRootIsMountPoint: true,
  contentTrust: true,
  auditRules: [
    ...["/usr/bin/dockerd", "/run/containerd/containerd.sock", "/var/lib/docker", "/etc/docker/daemon.json"],
    ...["/lib/systemd/system/docker.service", "/lib/systemd/system/docker.socket", "/etc/default/docker"],
    ...["/etc/sysconfig/docker", "/etc/containerd/config.toml", "/usr/bin/containerd", "/usr/bin/runc"],
    ...["/usr/bin/containerd-shim", "/usr/bin/containerd-shim-runc-v1", "/usr/bin/containerd-shim-runc-v2"],
  ]
    .map((path) => `-w ${path} -p rwxa -k docker`)
    .concat(
      ["/etc/docker", "/run/containerd"].map(
        (path) => `-a always,exit -F path=${path} -F perm=rwa -k docker`,
      ),
    ),
};
