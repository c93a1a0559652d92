/**
 * For each rule: a resource of the recorded graph that keeps it, changes that take its control away, and what of it may
 * be unknown. A rule that is not here fails the test.
 */
import { unknown, type Inputs, type StackResource, type Value } from "../../policy/rule";

type Change = (resource: StackResource) => Partial<StackResource>;

export interface Case {
  /** Logical name of the resource in the graph of prod, which passes. */
  readonly resource: string;
  /** What is done to it -> the changed resource; each has to break the rule, and that resource alone. */
  readonly broken: Readonly<Record<string, Change>>;
  /** The same with a value that is not known. */
  readonly unknown: Change;
}

const inputs =
  (change: (inputs: Inputs) => Inputs): Change =>
  (resource) => ({ inputs: { ...resource.inputs, ...change(resource.inputs) } });
const set = (changed: Inputs): Change => inputs(() => changed);
const list = (value: Value): readonly Value[] => (Array.isArray(value) ? value : []);

const gateway = "gateway-openclaw-container";
const filter = "gateway-openclaw-socket-proxy-container";
const caddy = "reverse-proxy-container";
const mount = (changed: Inputs): Change =>
  inputs(({ volumes }) => ({
    volumes: [
      ...list(volumes),
      { hostPath: "/opt/openclaw/gateways/openclaw/state", containerPath: "/x", ...changed },
    ],
  }));
const rule = (changed: Inputs): Change =>
  inputs(({ rules }) => ({
    rules: [...list(rules), { direction: "in", protocol: "tcp", port: "443", sourceIps: [], ...changed }],
  }));
/** Everything on standard input rewritten. */
const stdin = (change: (order: Record<string, Value>) => Inputs): Change =>
  inputs((all) => ({
    stdin: JSON.stringify(change(JSON.parse(all["stdin"] as string) as Record<string, Value>)),
  }));
/** The same value with other secret marks. */
const marked =
  (...secrets: string[]): Change =>
  () => ({ secrets });
const both =
  (...changes: Change[]): Change =>
  (resource) =>
    changes.reduce((so, change) => ({ ...so, ...change({ ...resource, ...so }) }), {});

export const cases: Readonly<Record<string, Case>> = {
  "firewall-inbound": {
    resource: "host-firewall",
    broken: {
      "another port": rule({ port: "2375", sourceIps: ["203.0.113.7/32"] }),
      "a range of ports": rule({ port: "1-65535" }),
      "any port": rule({ port: "any" }),
      UDP: rule({ protocol: "udp" }),
      "no direction said": rule({ direction: undefined, port: "80" }),
      "no rules": set({ rules: [] }),
    },
    unknown: rule({ port: unknown }),
  },
  "firewall-ssh-sources": {
    resource: "host-firewall",
    broken: {
      everybody: rule({ port: "9922", sourceIps: ["203.0.113.7/32", "0.0.0.0/0"] }),
      "everybody over IPv6": rule({ port: "9922", sourceIps: ["::/0"] }),
      "everybody in two halves": rule({ port: "9922", sourceIps: ["0.0.0.0/1", "128.0.0.0/1"] }),
      "no source, which is everybody": rule({ port: "9922", sourceIps: undefined }),
    },
    unknown: rule({ port: "9922", sourceIps: [unknown] }),
  },
  "firewall-https-from-cloudflare": {
    resource: "host-firewall",
    broken: {
      everybody: rule({ sourceIps: ["0.0.0.0/0"] }),
      "one address beside Cloudflare's": rule({ sourceIps: ["104.16.0.0/13", "203.0.113.7/32"] }),
      "no source": rule({}),
    },
    unknown: rule({ sourceIps: unknown }),
  },
  "server-behind-firewall": {
    resource: "host-server",
    broken: { none: set({ firewallIds: [] }), "not said": set({ firewallIds: undefined }) },
    unknown: set({ firewallIds: unknown }),
  },
  "record-proxied": {
    resource: "reverse-proxy-public-record",
    broken: { no: set({ proxied: false }), "not said": set({ proxied: undefined }) },
    unknown: set({ proxied: unknown }),
  },
  "command-host-key-checked": {
    resource: "host-prepared",
    broken: {
      "no host key": inputs(({ connection }) => ({
        connection: { ...(connection as Inputs), hostKey: undefined },
      })),
      "an empty one": inputs(({ connection }) => ({
        connection: { ...(connection as Inputs), hostKey: "" },
      })),
      "a private key": inputs(({ connection }) => ({
        connection: { ...(connection as Inputs), privateKey: "x" },
      })),
      "a password": inputs(({ connection }) => ({
        connection: { ...(connection as Inputs), password: "x" },
      })),
    },
    unknown: set({ connection: unknown }),
  },
  "docker-host-key-checked": {
    resource: "host-docker",
    broken: {
      "no options": set({ sshOpts: undefined }),
      "any key": set({ sshOpts: '["-F","none","-o","StrictHostKeyChecking=no"]' }),
      "the operator's ssh config": inputs(({ sshOpts }) => ({
        sshOpts: (sshOpts as string).replace('"-F","none",', ""),
      })),
      "a daemon on TCP": set({ host: "tcp://203.0.113.10:2375" }),
    },
    unknown: set({ sshOpts: unknown }),
  },
  "container-root-read-only": {
    resource: gateway,
    broken: { writable: set({ readOnly: false }), "not said": set({ readOnly: undefined }) },
    unknown: set({ readOnly: unknown }),
  },
  "container-capabilities-dropped": {
    resource: gateway,
    broken: {
      "none dropped": set({ capabilities: undefined }),
      "one dropped": set({ capabilities: { drops: ["CAP_SYS_ADMIN"] } }),
      "one added": set({ capabilities: { drops: ["ALL"], adds: ["CAP_SYS_ADMIN"] } }),
      "the reverse proxy's, elsewhere": set({
        capabilities: { drops: ["ALL"], adds: ["CAP_NET_BIND_SERVICE"] },
      }),
    },
    unknown: set({ capabilities: { drops: ["ALL"], adds: [unknown] } }),
  },
  "container-no-new-privileges": {
    resource: gateway,
    broken: {
      "not said": set({ securityOpts: undefined }),
      "seccomp switched off": set({ securityOpts: ["no-new-privileges", "seccomp=unconfined"] }),
    },
    unknown: set({ securityOpts: ["no-new-privileges", unknown] }),
  },
  "container-not-privileged": {
    resource: gateway,
    broken: {
      privileged: set({ privileged: true }),
      "a device": set({ devices: [{ hostPath: "/dev/kmsg" }] }),
      "a kernel setting": set({ sysctls: { "net.ipv4.ip_forward": "1" } }),
    },
    unknown: set({ privileged: unknown }),
  },
  "container-cgroup": {
    resource: gateway,
    broken: {
      "Docker's own": set({ cgroupParent: undefined }),
      "another gateway's": set({ cgroupParent: "openclaw-other.slice" }),
      "the host's": set({ cgroupParent: "system.slice" }),
      "a gateway's, of a container that is none's": set({
        labels: [],
        name: "openclaw-caddy",
        cgroupParent: "openclaw-openclaw.slice",
      }),
    },
    unknown: set({ cgroupParent: unknown }),
  },
  "container-own-namespaces": {
    resource: gateway,
    broken: {
      "the host's processes": set({ pidMode: "host" }),
      "the host's network": set({ networkMode: "host" }),
      "another's network": set({ networkMode: "container:openclaw-egress" }),
      "the host's IPC": set({ ipcMode: "host" }),
      "the host's users": set({ usernsMode: "host" }),
      "the host's cgroups": set({ cgroupnsMode: "host" }),
    },
    unknown: set({ pidMode: unknown }),
  },
  "container-user-not-root": {
    resource: gateway,
    broken: {
      root: set({ user: "0:0" }),
      "its group": set({ user: "1000:0" }),
      "no group said": set({ user: "1000" }),
      "by name": set({ user: "node" }),
      "not said": set({ user: undefined }),
    },
    unknown: set({ user: unknown }),
  },
  "container-groups": {
    resource: filter,
    broken: {
      "root's group": set({ groupAdds: ["0"] }),
      "by name": set({ groupAdds: ["docker"] }),
      "of a container that is not the filter": set({ name: "openclaw", groupAdds: ["996"] }),
    },
    unknown: set({ groupAdds: [unknown] }),
  },
  "container-tmpfs": {
    resource: gateway,
    broken: {
      "set-uid programs": set({ tmpfs: { "/tmp": "rw,nodev,size=16m" } }),
      devices: set({ tmpfs: { "/tmp": "rw,nosuid,size=16m" } }),
      "no size": set({ tmpfs: { "/tmp": "rw,nosuid,nodev" } }),
    },
    unknown: set({ tmpfs: { "/tmp": unknown } }),
  },
  "container-memory-limited": {
    resource: gateway,
    broken: {
      "no limit": set({ memory: undefined, memorySwap: undefined }),
      zero: set({ memory: 0, memorySwap: 0 }),
      swap: set({ memorySwap: 8192 }),
      "swap as Docker fills it in": set({ memorySwap: undefined }),
    },
    unknown: set({ memory: unknown }),
  },
  "container-cpu-limited": {
    resource: gateway,
    broken: { "no limit": set({ cpus: undefined }), zero: set({ cpus: "0.0" }) },
    unknown: set({ cpus: unknown }),
  },
  "container-open-files-limited": {
    resource: gateway,
    broken: {
      none: set({ ulimits: undefined }),
      more: set({ ulimits: [{ name: "nofile", soft: 65536, hard: 1048576 }] }),
      "another one too": inputs(({ ulimits }) => ({
        ulimits: [...list(ulimits), { name: "core", soft: -1, hard: -1 }],
      })),
    },
    unknown: set({ ulimits: unknown }),
  },
  "container-log-limited": {
    resource: gateway,
    broken: {
      "another driver": set({ logDriver: "syslog" }),
      "no limit": set({ logOpts: undefined }),
      "one file without end": set({ logOpts: { "max-file": "3" } }),
    },
    unknown: set({ logOpts: unknown }),
  },
  "container-health-checked": {
    resource: gateway,
    broken: {
      none: set({ healthcheck: undefined }),
      "switched off": set({ healthcheck: { tests: ["NONE"] } }),
      "through a shell": set({ healthcheck: { tests: ["CMD-SHELL", "true"] } }),
    },
    unknown: set({ healthcheck: unknown }),
  },
  "container-name-fixed": {
    resource: gateway,
    broken: {
      "made up by the engine": set({ name: undefined, labels: undefined }),
      "another host name": set({ hostname: "other" }),
      none: set({ hostname: undefined }),
    },
    unknown: set({ hostname: unknown }),
  },
  "container-restart-policy": {
    resource: gateway,
    broken: {
      "a gateway that Docker starts": set({ restart: "unless-stopped" }),
      "a stranger that Docker starts": set({ name: "stranger", labels: undefined, restart: "always" }),
      "a service that stays down": set({ name: "openclaw-caddy", labels: undefined, restart: "no" }),
    },
    unknown: set({ restart: unknown }),
  },
  "container-settled": {
    resource: `${gateway}-settled`,
    broken: {
      "no such command": set({ stdin: undefined }),
      "another container's": () => ({ dependencies: [] }),
      "no limit on processes": stdin((order) => ({ ...order, pidsLimit: 0 })),
      "nothing asked of the daemon": stdin((order) => ({ ...order, expect: {} })),
      "less asked than wanted": stdin((order) => ({
        ...order,
        expect: { ...(order["expect"] as Inputs), "HostConfig.ReadonlyRootfs": false },
      })),
    },
    unknown: set({ stdin: unknown }),
  },
  "network-internal": {
    resource: "networks-openclaw",
    broken: {
      "leads out": set({ internal: false }),
      "not said": set({ internal: undefined }),
      "another network": set({ name: "backdoor-net" }),
      "on the host's own network": set({ driver: "macvlan" }),
    },
    unknown: set({ internal: unknown }),
  },
  "network-subnet-fixed": {
    resource: "networks-openclaw",
    broken: {
      "as Docker likes": set({ ipamConfigs: undefined }),
      two: set({ ipamConfigs: [{ subnet: "10.0.0.0/24" }, { subnet: "10.0.1.0/24" }] }),
    },
    unknown: set({ ipamConfigs: [{ subnet: unknown }] }),
  },
  "container-networks": {
    resource: gateway,
    broken: {
      "a third network": inputs(({ networksAdvanced }) => ({
        networksAdvanced: [...list(networksAdvanced), { name: "egress-net", ipv4Address: "172.30.3.100" }],
      })),
      "a third network under an unknown name": inputs(({ networksAdvanced }) => ({
        networksAdvanced: [...list(networksAdvanced), { name: unknown, ipv4Address: "172.30.3.100" }],
      })),
      "no fixed address": inputs(({ networksAdvanced }) => ({
        networksAdvanced: list(networksAdvanced).map((item) => ({ name: (item as Inputs)["name"] })),
      })),
      "Docker's default bridge": set({ networksAdvanced: undefined }),
      "an address of another network": set({
        networksAdvanced: [
          { name: "openclaw-net", ipv4Address: "172.30.2.100" },
          { name: "proxy-net", ipv4Address: "172.30.2.101" },
        ],
      }),
      "a network for a container that has none": set({ name: "openclaw-redis", labels: undefined }),
    },
    unknown: set({
      networksAdvanced: [
        { name: unknown, ipv4Address: unknown },
        { name: unknown, ipv4Address: unknown },
      ],
    }),
  },
  "container-names-not-resolved": {
    resource: gateway,
    broken: { "not said": set({ dns: undefined }), "a resolver": set({ dns: ["127.0.0.1", "1.1.1.1"] }) },
    unknown: set({ dns: unknown }),
  },
  "container-ports": {
    resource: caddy,
    broken: {
      "another port": set({ ports: [{ internal: 2019, external: 2019, protocol: "tcp" }] }),
      "a port Docker picks": set({ ports: [{ internal: 8443 }] }),
      UDP: set({ ports: [{ internal: 8443, external: 443, protocol: "udp" }] }),
      "every port": set({ publishAllPorts: true }),
      "another container": set({ name: "openclaw" }),
    },
    unknown: set({ ports: [{ internal: 8443, external: unknown }] }),
  },
  "container-docker-socket": {
    resource: filter,
    broken: {
      "to write": mount({ hostPath: "/run/clawkeep-docker", readOnly: false }),
      "the socket itself": mount({ hostPath: "/var/run/docker.sock", readOnly: true }),
      "the socket in its own folder": mount({ hostPath: "/run/clawkeep-docker/docker.sock", readOnly: true }),
      "its folder": mount({ hostPath: "/run", readOnly: true }),
      "the folder above": mount({ hostPath: "/var", readOnly: true }),
      "the host's root": mount({ hostPath: "/", readOnly: true }),
      "under its other name": mount({ hostPath: "/run/docker.sock", readOnly: true }),
      "containerd's": mount({ hostPath: "/run/containerd/containerd.sock", readOnly: true }),
      "another container": set({ name: "openclaw" }),
    },
    unknown: mount({ hostPath: unknown, readOnly: true }),
  },
  "container-mounts": {
    resource: gateway,
    broken: {
      "the host's configuration": mount({ hostPath: "/etc", readOnly: true }),
      "all of it": mount({ hostPath: "/opt/openclaw" }),
      "by the back door": mount({ hostPath: "/opt/openclaw/gateways/openclaw/../../secrets" }),
      "another gateway's state": mount({ hostPath: "/opt/openclaw/gateways/second/state" }),
      "a volume of Docker's": mount({ hostPath: undefined, volumeName: "data" }),
      "the other way to mount": set({ mounts: [{ target: "/x", source: "/etc", type: "bind" }] }),
      "a file in the state": set({ uploads: [{ file: "/x", content: "y" }] }),
    },
    unknown: mount({ hostPath: unknown }),
  },
  "container-configuration-read-only": {
    resource: gateway,
    broken: {
      configuration: mount({ hostPath: "/opt/openclaw/config/gateway-openclaw/0123456789ab" }),
      secrets: mount({ hostPath: "/opt/openclaw/secrets/gateway-openclaw/0123456789ab", readOnly: false }),
    },
    unknown: mount({ hostPath: unknown, readOnly: false }),
  },
  "command-secret-on-stdin": {
    resource: "gateway-openclaw-secrets",
    broken: {
      "marked, in the text": marked("connection", "stdin", "create"),
      "marked, in the text that undoes it": marked("delete"),
      "marked, in the environment": both(set({ environment: { X: "y" } }), marked("environment.X")),
      "marked, in a trigger": both(set({ triggers: ["y"] }), marked("triggers[0]")),
      "an API key, not marked": set({ create: "curl -H 'x-api-key: sk-ant-0123456789abcdefghij'" }),
      "a bot's token, not marked": set({ create: `echo 1234567890:${"a".repeat(35)}` }),
      "a private key, not marked": set({ environment: { KEY: "-----BEGIN OPENSSH PRIVATE KEY-----" } }),
      "nobody said what is secret": () => ({ secrets: undefined }),
    },
    unknown: set({ create: unknown }),
  },
  "command-secret-files-marked": {
    resource: "gateway-openclaw-secrets",
    broken: {
      "not marked": marked("connection"),
      "readable for others": stdin((order) => ({
        ...order,
        files: list(order["files"]).map((file) => ({ ...(file as Inputs), mode: "0444" })),
      })),
      "a folder others may enter": stdin((order) => ({ ...order, directoryMode: "0755" })),
      "root's": stdin((order) => ({ ...order, uid: 0 })),
      "nobody said what is secret": () => ({ secrets: undefined }),
    },
    unknown: set({ stdin: unknown }),
  },
  "container-no-secret": {
    resource: gateway,
    broken: {
      "marked, in the environment": marked("envs[0]"),
      "marked, in the command": both(set({ command: ["--token", "y"] }), marked("command[1]")),
      "by its name": set({ envs: ["ANTHROPIC_API_KEY=x"] }),
      "by its look": set({ envs: ["OPTIONS=--key sk-0123456789abcdefghijklmn"] }),
      "in a label": set({ labels: [{ label: "x", value: "-----BEGIN PRIVATE KEY-----" }] }),
      "nobody said what is secret": () => ({ secrets: undefined }),
    },
    unknown: set({ envs: [unknown] }),
  },
  "server-user-data-secret": {
    resource: "host-server",
    broken: { "not marked": marked(), "nobody said": () => ({ secrets: undefined }) },
    unknown: set({ userData: unknown }),
  },
  "provider-token-secret": {
    resource: "host-hcloud",
    broken: { "not marked": marked(), "nobody said": () => ({ secrets: undefined }) },
    unknown: set({ token: unknown }),
  },
  "container-image-pinned": {
    resource: "litellm-container",
    broken: {
      "a tag that moves": set({ image: "ghcr.io/berriai/litellm:main-stable" }),
      "no tag": set({ image: "ghcr.io/berriai/litellm" }),
      "a release known to be bad": set({ image: "ghcr.io/berriai/litellm:v1.83.6" }),
      "the same, from a mirror, by its digest": set({
        image: `mirror.example.com:5000/berriai/litellm:v1.80.0@sha256:${"a".repeat(64)}`,
      }),
      "a derived image by another name": set({ image: "clawkeep/openclaw:latest" }),
    },
    unknown: set({ image: unknown }),
  },
  "image-pinned": {
    resource: "litellm-image",
    broken: {
      "a tag that moves": set({ name: "ghcr.io/berriai/litellm:latest" }),
      "a release known to be bad": set({ name: "ghcr.io/berriai/litellm:v1.75.0" }),
      "a derived image, which no registry has": set({ name: "clawkeep/openclaw:0123456789ab" }),
    },
    unknown: set({ name: unknown }),
  },
  "image-derived-from-pinned": {
    resource: "gateway-openclaw-image",
    broken: {
      "a base that moves": inputs(({ create }) => ({
        create: (create as string).replace(/'BASE=[^']*'/, "'BASE=docker.io/library/node:latest'"),
      })),
      "no base": inputs(({ create }) => ({ create: (create as string).replace(/ '[A-Z]+=.*/, "") })),
      "more than can be read": inputs(({ create }) => ({ create: `${create as string}; docker build .` })),
      "a name without a hash": inputs(({ create }) => ({
        create: (create as string).replace(/clawkeep\/openclaw:\w+/, "clawkeep/openclaw:latest"),
      })),
    },
    unknown: set({ create: unknown }),
  },
  "docker-resource-known": {
    resource: "networks-openclaw",
    broken: {
      "a plugin": () => ({ type: "docker:index/plugin:Plugin" }),
      "an image built on the laptop": () => ({ type: "docker:index/image:Image" }),
      "a Swarm service": () => ({ type: "docker:index/service:Service" }),
    },
    // It reads the type alone, which is always known.
    unknown: set({ name: unknown }),
  },
  "volume-protected": {
    resource: "host-volume",
    broken: {
      "not here": () => ({ protect: false }),
      "not at Hetzner": set({ deleteProtection: false }),
      "not said": set({ deleteProtection: undefined }),
    },
    unknown: set({ deleteProtection: unknown }),
  },
  "address-protected": {
    resource: "host-ipv4",
    broken: {
      "not here": () => ({ protect: false }),
      "not at Hetzner": set({ deleteProtection: false }),
      "goes with the server": set({ autoDelete: true }),
    },
    unknown: set({ autoDelete: unknown }),
  },
  "record-protected": {
    resource: "reverse-proxy-public-record",
    broken: { "not here": () => ({ protect: false }) },
    unknown: both(set({ type: unknown }), () => ({ protect: false })),
  },
};
