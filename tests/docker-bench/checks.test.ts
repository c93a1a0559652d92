/** Every check passes on a sound host, and fails, alone, when its own thing is broken. */
import { checks, judge } from "./checks";
import type { Facts } from "./facts";
import { sound } from "./sound";

type Mutable<T> = T extends object ? { -readonly [Key in keyof T]: Mutable<T[Key]> } : T;
type Broken = Mutable<Facts>;

interface Break {
  readonly change: (facts: Broken) => void;
  readonly what: readonly string[];
  /** Other checks that say so too. */
  readonly also?: readonly string[];
}

const first = (facts: Broken) => facts.containers[0] as Broken["containers"][number];
const held = (facts: Broken) => first(facts).HostConfig;
const main = (facts: Broken) => facts.processes["1"]?.[0] as Broken["processes"][string][number];
const other = (facts: Broken) => facts.processes["1"]?.[1] as Broken["processes"][string][number];
const image = (facts: Broken) => Object.values(facts.images)[0] as Broken["images"][string];
const withoutAudit = (path: string) => ({
  change: (facts: Broken) => {
    facts.auditRules = facts.auditRules.filter((rule) => !rule.includes(`${path} `));
  },
  what: ["audit rule"],
});
const owned = (path: string, mode: string, owner = "nobody:root"): Break => ({
  change: (facts) => (facts.files[path] = { owner, mode }),
  what: [`${path} ${owner} ${mode}`],
});
const open = (path: string, mode: string, owner = "root:root"): Break => owned(path, mode, owner);
const inContainer = (change: Break["change"], also: readonly string[] = []): Break => ({
  change,
  what: ["service"],
  also,
});
const inImage = (change: Break["change"]): Break => ({ change, what: ["sandbox", "service"] });
const publish = (inside: string, address: string, port: string) => (facts: Broken) => {
  first(facts).NetworkSettings.Ports = { [inside]: [{ HostIp: address, HostPort: port }] };
};
const certificate = "/etc/docker/certs.d/registry.example/ca.crt";
const withoutOption = (name: string) => (facts: Broken) => {
  facts.info.SecurityOptions = (facts.info.SecurityOptions ?? []).filter((option) => option !== name);
};

const breaks: Readonly<Record<string, readonly Break[]>> = {
  "1.1.1": [{ change: (facts) => (facts.dockerRootIsMountPoint = false), what: ["/var/lib/docker"] }],
  "1.1.2": [{ change: (facts) => (facts.dockerGroup = ["eve"]), what: ["eve"] }],
  "1.1.3": [withoutAudit("/usr/bin/dockerd")],
  "1.1.4": [withoutAudit("path=/run/containerd")],
  "1.1.5": [withoutAudit("/var/lib/docker")],
  "1.1.6": [withoutAudit("path=/etc/docker")],
  "1.1.7": [withoutAudit("docker.service")],
  "1.1.8": [
    {
      change: (facts) =>
        (facts.auditRules = facts.auditRules.filter((rule) => !/\/run\/containerd/.test(rule))),
      what: ["audit rule"],
      also: ["1.1.4"],
    },
  ],
  "1.1.9": [withoutAudit("docker.socket")],
  "1.1.10": [withoutAudit("/etc/default/docker")],
  "1.1.11": [
    {
      change: (facts) => (facts.auditRules = facts.auditRules.filter((rule) => !/\/etc\/docker/.test(rule))),
      what: ["audit rule"],
      also: ["1.1.6"],
    },
  ],
  "1.1.12": [withoutAudit("config.toml")],
  "1.1.13": [withoutAudit("/etc/sysconfig/docker")],
  "1.1.14": [withoutAudit("/usr/bin/containerd")],
  "1.1.15": [withoutAudit("/usr/bin/containerd-shim")],
  "1.1.16": [withoutAudit("runc-v1")],
  "1.1.17": [withoutAudit("runc-v2")],
  "1.1.18": [withoutAudit("/usr/bin/runc")],

  "2.1": [{ change: (facts) => (facts.daemon.uid = 0), what: ["dockerd as root"] }],
  "2.2": [{ change: (facts) => (facts.defaultBridgeOpen = true), what: ["icc"] }],
  "2.3": [
    { change: (facts) => (facts.info.Debug = true), what: ["debug"] },
    { change: (facts) => facts.daemon.arguments.push("-l", "error"), what: ["error"] },
  ],
  "2.4": [
    { change: (facts) => facts.daemon.arguments.push("--iptables=false"), what: ["iptables"] },
    { change: (facts) => (facts.daemon.settings["iptables"] = false), what: ["iptables"] },
  ],
  "2.5": [
    {
      change: (facts) => (facts.info.RegistryConfig.InsecureRegistryCIDRs = ["10.0.0.0/8"]),
      what: ["10.0.0.0/8"],
    },
    {
      change: (facts) => (facts.info.RegistryConfig.IndexConfigs["r.example"] = { Secure: false }),
      what: ["r.example"],
    },
  ],
  "2.6": [{ change: (facts) => (facts.info.Driver = "aufs"), what: ["aufs"] }],
  "2.7": [
    {
      change: (facts) => {
        facts.daemon.arguments = [
          ...facts.daemon.arguments.filter((word) => word !== "--tlsverify"),
          ...["-H", "tcp://0.0.0.0:2376"],
        ];
      },
      what: ["tcp://0.0.0.0:2376"],
    },
    {
      change: (facts) => {
        facts.daemon.settings["tlsverify"] = "false";
        facts.daemon.arguments = facts.daemon.arguments.filter((word) => word !== "--tlsverify");
        facts.listeners.push({ address: "0.0.0.0", port: 2375, process: "dockerd" });
      },
      what: ["0.0.0.0:2375"],
    },
  ],
  "2.8": [{ change: (facts) => delete facts.daemon.settings["default-ulimits"], what: ["nofile"] }],
  "2.9": [{ change: withoutOption("name=userns"), what: ["userns-remap"] }],
  "2.10": [{ change: (facts) => facts.daemon.arguments.push("--cgroup-parent", "/mine"), what: ["/mine"] }],
  "2.11": [
    {
      change: (facts) => (facts.daemon.settings["storage-opts"] = ["dm.basesize=50G"]),
      what: ["dm.basesize=50G"],
    },
  ],
  "2.12": [{ change: (facts) => (facts.info.Plugins.Authorization = null), what: ["authorization-plugins"] }],
  "2.13": [{ change: (facts) => (facts.info.LoggingDriver = "json-file"), what: ["json-file"] }],
  "2.14": [{ change: withoutOption("name=no-new-privileges"), what: ["no-new-privileges"] }],
  "2.15": [{ change: (facts) => (facts.info.LiveRestoreEnabled = false), what: ["live-restore"] }],
  "2.16": [{ change: (facts) => delete facts.daemon.settings["userland-proxy"], what: ["userland-proxy"] }],
  "2.17": [
    {
      change: (facts) =>
        facts.info.SecurityOptions?.[0] === undefined ? 0 : facts.info.SecurityOptions.shift(),
      what: ["seccomp"],
    },
    {
      change: (facts) => {
        withoutOption("name=seccomp,profile=builtin")(facts);
        facts.info.SecurityOptions?.push("name=seccomp,profile=unconfined");
      },
      what: ["name=seccomp,profile=unconfined"],
    },
  ],
  "2.18": [{ change: (facts) => (facts.info.ExperimentalBuild = true), what: ["experimental"] }],

  "3.1": [owned("/lib/systemd/system/docker.service", "644")],
  "3.2": [open("/lib/systemd/system/docker.service", "664")],
  "3.3": [owned("/lib/systemd/system/docker.socket", "644")],
  "3.4": [open("/lib/systemd/system/docker.socket", "755")],
  "3.5": [owned("/etc/docker", "755")],
  "3.6": [open("/etc/docker", "757")],
  "3.7": [owned(certificate, "444")],
  "3.8": [open(certificate, "644")],
  "3.9": [owned("/etc/tls/ca.pem", "444")],
  "3.10": [open("/etc/tls/ca.pem", "644")],
  "3.11": [owned("/etc/tls/cert.pem", "444")],
  "3.12": [open("/etc/tls/cert.pem", "644")],
  "3.13": [owned("/etc/tls/key.pem", "400")],
  "3.14": [open("/etc/tls/key.pem", "440")],
  "3.15": [owned("/var/run/docker.sock", "660", "root:users")],
  // Read as a number, 606 would be less than 660.
  "3.16": [open("/var/run/docker.sock", "606", "root:docker")],
  "3.17": [owned("/etc/docker/daemon.json", "644")],
  "3.18": [open("/etc/docker/daemon.json", "646")],
  "3.19": [owned("/etc/default/docker", "644")],
  "3.20": [open("/etc/sysconfig/docker", "664")],
  "3.21": [owned("/etc/sysconfig/docker", "644")],
  "3.22": [open("/etc/default/docker", "664")],
  "3.23": [owned("/run/containerd/containerd.sock", "660", "root:docker")],
  "3.24": [open("/run/containerd/containerd.sock", "666")],

  "4.1": [
    ...["", "0", "0:1000", "root", ":1000"].map((user) =>
      inContainer((facts) => (first(facts).Config.User = user)),
    ),
    inContainer((facts) => (main(facts).uid = 0), ["5.24"]),
  ],
  "4.5": [{ change: (facts) => (facts.contentTrust = false), what: ["DOCKER_CONTENT_TRUST"] }],
  "4.6": [inImage((facts) => (image(facts).Healthcheck = null))],
  "4.7": [
    inImage((facts) => image(facts).history.unshift('"RUN apt-get -qq update"')),
    inImage((facts) => image(facts).history.unshift('"/bin/sh -c apk update"')),
  ],
  "4.8": [inContainer((facts) => (facts.setuid["1"] = ["/usr/bin/su"]))],
  "4.9": [
    inImage((facts) => image(facts).history.unshift('"ADD https://x.example/a /a"')),
    inImage((facts) => image(facts).history.unshift('"/bin/sh -c #(nop)  ADD dir:1 in /a"')),
  ],
  "4.10": [
    inImage((facts) => image(facts).Env?.push("BOT_TOKEN=4711")),
    inImage((facts) => image(facts).history.unshift('"RUN API_KEY=4711 fetch"')),
  ],

  "5.1": [{ change: (facts) => (facts.info.Swarm.LocalNodeState = "active"), what: ["active"] }],
  "5.2": [
    inContainer((facts) => (first(facts).AppArmorProfile = "")),
    inContainer((facts) => (first(facts).AppArmorProfile = "unconfined")),
    inContainer((facts) => held(facts).SecurityOpt?.push("apparmor=unconfined")),
  ],
  "5.3": [
    inContainer((facts) => (first(facts).ProcessLabel = "")),
    inContainer((facts) => held(facts).SecurityOpt?.push("label=disable")),
  ],
  "5.4": [
    inContainer((facts) => (held(facts).CapDrop = ["MKNOD"])),
    inContainer((facts) => (held(facts).CapAdd = ["SYS_ADMIN"])),
    inContainer((facts) => (main(facts).capBounding = "00000000a80425fb")),
  ],
  "5.5": [inContainer((facts) => (held(facts).Privileged = true))],
  "5.6": [
    ...["/etc", "/usr/bin", "/proc/1/root"].map((source) =>
      inContainer((facts) =>
        first(facts).Mounts.push({ Source: source, Destination: "/x", Propagation: "" }),
      ),
    ),
    inContainer(
      (facts) => first(facts).Mounts.push({ Source: "/", Destination: "/x", Propagation: "" }),
      ["5.32"],
    ),
  ],
  "5.7": [inContainer((facts) => (other(facts).command = "sshd-session"))],
  "5.8": [
    {
      change: (facts) => {
        first(facts).Name = "/openclaw-caddy";
        publish("8443/tcp", "192.0.2.1", "443")(facts);
      },
      what: ["openclaw-caddy"],
    },
  ],
  "5.9": [
    { change: publish("8080/tcp", "127.0.0.1", "8080"), what: ["service 8080:8080/tcp"] },
    { change: publish("443/tcp", "127.0.0.1", "443"), what: ["service 443:443/tcp"], also: ["5.8"] },
    {
      change: (facts) => facts.listeners.push({ address: "0.0.0.0", port: 8443, process: "docker-proxy" }),
      what: ["docker-proxy 8443"],
    },
  ],
  "5.10": [inContainer((facts) => (held(facts).NetworkMode = "host"))],
  "5.11": [inContainer((facts) => (held(facts).Memory = 0))],
  "5.12": [inContainer((facts) => (held(facts).NanoCpus = 0))],
  "5.13": [inContainer((facts) => (held(facts).ReadonlyRootfs = false))],
  "5.14": ["0.0.0.0", "::", ""].map((address) => ({
    ...inContainer(publish("8080/tcp", address, "8080"), ["5.9"]),
  })),
  "5.15": [
    inContainer((facts) => (held(facts).RestartPolicy = { Name: "always", MaximumRetryCount: 0 })),
    inContainer((facts) => (held(facts).RestartPolicy = { Name: "unless-stopped", MaximumRetryCount: 0 })),
    inContainer((facts) => (held(facts).RestartPolicy = { Name: "on-failure", MaximumRetryCount: 0 })),
    inContainer((facts) => (held(facts).RestartPolicy = { Name: "on-failure", MaximumRetryCount: 6 })),
  ],
  "5.16": [inContainer((facts) => (held(facts).PidMode = "host"))],
  "5.17": [inContainer((facts) => (held(facts).IpcMode = "host"))],
  "5.18": [
    inContainer((facts) => (held(facts).Devices = [{ PathOnHost: "/dev/fuse" }])),
    inContainer((facts) => (held(facts).DeviceRequests = [{ Driver: "nvidia" }])),
  ],
  "5.19": [
    inContainer((facts) => (held(facts).Ulimits = [{ Name: "nofile", Hard: 1_048_576 }])),
    inContainer((facts) => (held(facts).Ulimits = [{ Name: "nproc", Hard: -1 }])),
    inContainer((facts) => (held(facts).Ulimits = [{ Name: "memlock", Hard: 1 }])),
  ],
  "5.20": ["shared", "rshared"].map((Propagation) =>
    inContainer((facts) => first(facts).Mounts.push({ Source: "/opt/x", Destination: "/x", Propagation })),
  ),
  "5.21": [inContainer((facts) => (held(facts).UTSMode = "host"))],
  "5.22": [
    inContainer((facts) => held(facts).SecurityOpt?.push("seccomp=unconfined")),
    inContainer((facts) => (other(facts).seccomp = 0)),
  ],
  "5.23": [inContainer((facts) => (other(facts).capBounding = "000001ffffffffff"))],
  "5.24": [inContainer((facts) => (other(facts).uid = 0))],
  "5.25": [inContainer((facts) => (held(facts).CgroupParent = "/mine"))],
  "5.26": [
    inContainer((facts) => (held(facts).SecurityOpt = null)),
    inContainer((facts) => (held(facts).SecurityOpt = ["no-new-privileges=false"])),
    inContainer((facts) => (other(facts).noNewPrivileges = false)),
  ],
  "5.27": [
    inContainer((facts) => (first(facts).Config.Healthcheck = { Test: ["NONE"] })),
    inContainer((facts) => delete first(facts).Config.Healthcheck),
  ],
  "5.28": ["redis:latest", "redis", "redis:7.4", "clawkeep/openclaw:latest"].map((name) =>
    inContainer((facts) => (first(facts).Config.Image = name)),
  ),
  "5.29": [0, -1, null].map((limit) => inContainer((facts) => (held(facts).PidsLimit = limit))),
  "5.30": [inContainer((facts) => (first(facts).NetworkSettings.Networks["bridge"] = {}))],
  "5.31": [inContainer((facts) => (held(facts).UsernsMode = "host"))],
  "5.32": ["/var/run/docker.sock", "/run/", "/var", "/run/containerd", "/run/clawkeep-docker"].map((source) =>
    inContainer((facts) =>
      first(facts).Mounts.push({ Source: source, Destination: "/x", Propagation: "rprivate" }),
    ),
  ),
};

const outcomes = (facts: Facts, outcome: string): string[] =>
  [...judge(facts)].filter(([, result]) => result.outcome === outcome).map(([id]) => id);

it("every check has a number of its own and a break", () => {
  const ids = checks.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(Object.keys(breaks).sort()).toEqual([...ids].sort());
});

it("a sound host passes all", () => {
  expect(outcomes(sound, "pass")).toEqual(checks.map(({ id }) => id));
});

const all = Object.entries(breaks).flatMap(([id, list]) =>
  list.map((item, index) => ({ id, title: checks.find((check) => check.id === id)?.title, index, item })),
);
it.each(all)("$id $title: fails ($index)", ({ id, item: { change, what, also = [] } }) => {
  const facts = structuredClone(sound) as Broken;
  change(facts);
  expect(judge(facts).get(id)).toEqual({ outcome: "fail", what });
  expect(outcomes(facts, "fail").sort()).toEqual([id, ...also].sort());
});

it("what is not there is not judged", () => {
  const facts = structuredClone(sound) as Broken;
  facts.files = {};
  withoutOption("name=selinux")(facts);
  facts.info.Swarm.LocalNodeState = "active";
  const audit = Array.from({ length: 16 }, (_, index) => `1.1.${index + 3}`);
  const files = Array.from({ length: 24 }, (_, index) => `3.${index + 1}`);
  expect(outcomes(facts, "not applicable").sort()).toEqual([...audit, ...files, "2.15", "5.3"].sort());
});

it("a container that does not run is judged by its settings", () => {
  const facts = structuredClone(sound) as Broken;
  facts.processes = {};
  facts.setuid = {};
  expect(outcomes(facts, "fail")).toEqual([]);
});
