/** A stand-in with the parts' networks and addresses, somebody in each place outside, and probes from everywhere. */
import { readFileSync, rmSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fixedAddresses, networkNames, type Subnets } from "../../../config/addresses";
import { addressAt } from "../../../config/cidr";
import { services } from "../../../config/services";
import { egressPort } from "../../../config-files/egress-proxy/squid-conf";
import { gatewayPort } from "../../../config-files/gateway/openclaw-config";
import { labBaseRef } from "../../../lab/images/lab-base";
import { network } from "../../../lab/internet/addresses";
import { docker, inspect, labLabel } from "../../../lab/lib/docker";
import { attempt, run } from "../../../lab/lib/exec";
import * as vps from "../../../lab/vps/stand-in";
import { bootPrepared } from "./prepared-host";
import {
  innerNetwork,
  nodeProbe,
  probeFromContainer,
  probeFromInnerNetwork,
  type ProbeOrder,
  type ProbeResult,
  udpProbe,
} from "./probes";

const hostFiles = join(__dirname, "..", "..", "..", "config-files", "host");
const name = "firewall";
export const standIn = `clawkeep-vps-${name}`;
export const host = { v4: "103.22.206.210", v6: "2001:db8:c1a0:f210::1" } as const;
export const subnets: Subnets = {
  openclaw: "172.30.1.0/24",
  proxy: "172.30.2.0/24",
  egress: "172.30.3.0/24",
};
export const addresses = fixedAddresses(subnets, 2);

/** Clients outside. The edge's addresses are Cloudflare's; the other two are nobody's. */
export const clients = {
  admin: { v4: "103.22.206.211", v6: "2001:db8:c1a0::f211" },
  stranger: { v4: "103.22.206.212", v6: "2001:db8:c1a0::f212" },
  edge: { v4: "103.22.200.213", v6: "2606:4700::f213" },
} as const;
export type Client = keyof typeof clients;
const clientName = (client: Client): string => `clawkeep-test-firewall-${client}`;

const [first, second] = addresses.gateways;
if (first === undefined || second === undefined) throw new Error("two gateways");
/** Containers and their addresses by network, as the components have them. */
export const parts: Readonly<Record<string, Partial<Record<keyof Subnets, string>>>> = {
  openclaw: first,
  second,
  "openclaw-litellm": { openclaw: addresses.litellm },
  "openclaw-relay": { openclaw: addresses.relay },
  "openclaw-backup": { openclaw: addresses.backup },
  "openclaw-egress": addresses.egressProxy,
  "openclaw-caddy": addresses.reverseProxy,
};
/** How many containers run, on a line of its own: every part, and three with IPv6. */
const allRun = new RegExp(`^${Object.keys(parts).length + 3}$`, "m");
/** Every part listens on all of them: the table has to tell them apart, not the service. */
export const servicesPorts = [
  services.litellm.port,
  services.relay.port,
  egressPort,
  gatewayPort,
  8443,
  9999,
] as const;
/** Listeners of the host: sshd, the published port, a port published by mistake, a service of its own. */
export const hostPorts = { ssh: 22, published: 443, mistake: 8080, service: 9000 } as const;

let lab: string;

export async function bootWorld(): Promise<void> {
  lab = mkdtempSync(join(tmpdir(), "clawkeep-firewall-"));
  process.env["CLAWKEEP_LAB"] = lab;
  await run(join(__dirname, "../../../lab/engine/up.sh"), []);
  await endWorld(false);
  const image = await labBaseRef();
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(lab, "id")]);
  const authorizedKeys = [readFileSync(join(lab, "id.pub"), "utf8").trim()];
  await bootPrepared({ name, ipv4: host.v4, ipv6: host.v6, memoryMiB: 2000, authorizedKeys });
  for (const client of Object.keys(clients) as Client[]) await startClient(client, image);
  await until("the nested engine", async () => (await tryInside("docker version")).code === 0);
  await run("sh", ["-c", `docker save ${image} | docker exec --interactive ${standIn} docker load --quiet`]);
  await inside(partsScript(image));
  await afterBoot();
  await installTools();
}

export async function endWorld(forGood = true): Promise<void> {
  for (const client of Object.keys(clients) as Client[])
    await attempt("docker", ["rm", "-f", clientName(client)]);
  await vps.destroy(name);
  if (forGood) rmSync(lab, { recursive: true, force: true });
}

async function startClient(client: Client, image: string): Promise<void> {
  const { v4, v6 } = clients[client];
  const six = client === "edge" ? [] : ["--ip6", v6];
  await docker([
    ...["run", "--detach", "--init", "--name", clientName(client), "--label", labLabel],
    ...["--network", network.name, "--ip", v4, ...six, "--cap-add", "NET_ADMIN"],
    ...["--sysctl", "net.ipv6.conf.all.disable_ipv6=0", image, "sleep", "900"],
  ]);
  const address = ["ip", "-6", "address", "add", `${v6}/128`, "dev", "eth0", "nodad"];
  if (client === "edge") await docker(["exec", clientName(client), ...address]);
  if (client !== "stranger") return;
  const listen = `for (const port of [53, 80, 443]) require("net").createServer((s) => s.on("error", () => {}).end("hi")).listen(port)`;
  await docker(["exec", "--detach", clientName(client), "node", "-e", listen]);
}

/** What the components make, with a server on every port in place of each service. */
function partsScript(image: string): string {
  const serve = `for (const port of [${servicesPorts.join(",")}]) require("net").createServer((s) => s.on("error", () => {}).end("hi")).listen(port)`;
  const make = (Object.keys(networkNames) as (keyof Subnets)[]).map((key) => {
    const flag = key === "egress" ? "" : "--internal";
    return `docker network create ${flag} --subnet ${subnets[key]} --gateway ${addressAt(subnets[key], 1)} ${networkNames[key]}`;
  });
  const start = Object.entries(parts).flatMap(([part, at]) => {
    // The one that leads out first: Docker publishes by way of it.
    const [one, ...more] = (Object.entries(at) as [keyof Subnets, string][]).reverse();
    if (one === undefined) return [];
    const [key, address] = one;
    const publish =
      part === "openclaw-caddy"
        ? `--publish ${hostPorts.published}:8443 --publish ${hostPorts.mistake}:9999`
        : "";
    const hardened = "--cap-drop ALL --security-opt no-new-privileges --user 1000:1000 --init";
    return [
      `docker create --name ${part} --restart unless-stopped ${hardened} ${publish} --network ${networkNames[key]} --ip ${address} ${image} node -e '${serve}'`,
      ...more.map(([other, ip]) => `docker network connect --ip ${ip} ${networkNames[other]} ${part}`),
      `docker start ${part}`,
    ];
  });
  // One with IPv6 on an internal network, and one on a network that has IPv6 and leads out.
  const six = "--sysctl net.ipv6.conf.all.disable_ipv6=0 --restart unless-stopped --init";
  return [
    ...make,
    ...start,
    "docker network create --ipv6 --subnet fd00:77::/64 six-net",
    `docker run --detach --name six-one --network openclaw-net ${six} ${image} node -e '${serve}'`,
    `docker run --detach --name six-two --network openclaw-net ${six} ${image} node -e '${serve}'`,
    `docker run --detach --name six-out --network six-net ${six} ${image} sleep infinity`,
  ].join("\n");
}

const udpEcho = `import socket
at = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
at.bind(("0.0.0.0", ${hostPorts.service}))
while True: at.sendto(*at.recvfrom(64))`;

/** What a host has around itself and a restart takes away: the provider's inner network, and a service of its own. */
export async function afterBoot(): Promise<void> {
  await inside(innerNetwork);
  await inside(`ip -6 route add ${clients.edge.v6} dev eth0`);
  await inside(
    `systemd-run --quiet --unit own-service python3 -m http.server ${hostPorts.service} --bind ::\n` +
      `systemd-run --quiet --unit own-udp-service python3 -c '${udpEcho}'`,
  );
  await until("the host's own service", async () => {
    const listening = await inside("ss -Hltn; docker ps -q --filter status=running | wc -l");
    return listening.includes(`:${hostPorts.service} `) && allRun.test(listening);
  });
}

async function installTools(): Promise<void> {
  await inside("mkdir -p /opt/openclaw/bin /etc/clawkeep");
  await docker(["cp", "--quiet", `${join(hostFiles, "bin")}/.`, `${standIn}:/opt/openclaw/bin`]);
  for (const unit of ["clawkeep-firewall.service", "docker.service.d", "nftables.service.d"]) {
    await docker(["cp", "--quiet", join(hostFiles, "systemd", unit), `${standIn}:/etc/systemd/system/`]);
  }
  await inside("systemctl daemon-reload");
}

/** Runs a command line as root on the stand-in. @throws CommandError */
export const inside = (command: string, input = ""): Promise<string> =>
  docker(["exec", "--interactive", standIn, "bash", "-ec", command], { input });

export const tryInside = (command: string, input = ""): ReturnType<typeof attempt> =>
  attempt("docker", ["exec", "--interactive", standIn, "bash", "-ec", command], { input });

const result = (text: string): ProbeResult => JSON.parse(text) as ProbeResult;

/** Tries the targets every 100 ms from outside for as long as something lasts. */
export async function throughout(
  client: Client,
  targets: ProbeOrder["targets"],
  event: () => Promise<unknown>,
): Promise<ProbeResult> {
  const untilFile = `/tmp/stop-${Date.now()}`;
  const probe = fromOutside(client, { targets, timeoutMs: 900, untilFile });
  try {
    await event();
  } finally {
    await docker(["exec", clientName(client), "touch", untilFile]);
  }
  return probe;
}

/** Tries targets from another server on the provider's inner network, until the file is there or once. */
export async function fromInnerNetwork(
  targets: ProbeOrder["targets"],
  untilFile?: string,
): Promise<ProbeResult> {
  const order = { targets, timeoutMs: 1500, ...(untilFile === undefined ? {} : { untilFile }) };
  return result(await inside(probeFromInnerNetwork, JSON.stringify(order)));
}

/** Tries targets from a client outside. */
export async function fromOutside(client: Client, order: ProbeOrder): Promise<ProbeResult> {
  const command = ["exec", "--interactive", clientName(client), "node", "-e", nodeProbe];
  return result(await docker(command, { input: JSON.stringify(order) }));
}

/** Whether the host's own service answers a datagram from outside. */
export const answersUdp = async (client: Client): Promise<boolean> => {
  const target = [host.v4, String(hostPorts.service)];
  return (await docker(["exec", clientName(client), "node", "-e", udpProbe, ...target])).trim() === "true";
};

/** Tries targets with the network of a container on the stand-in. */
export async function fromContainer(
  container: string,
  targets: ProbeOrder["targets"],
  source?: string,
): Promise<readonly string[]> {
  // Long enough for a second attempt of the kernel's.
  const order: ProbeOrder = { targets, timeoutMs: 2500, ...(source === undefined ? {} : { source }) };
  return result(await inside(probeFromContainer(container), JSON.stringify(order))).open;
}

/** The link-local IPv6 address of a container (or, without one, of the bridge of openclaw-net), for its neighbours. */
export async function linkLocal(container?: string): Promise<string> {
  const [device, at] =
    container === undefined
      ? ["br-$(docker network inspect --format '{{slice .Id 0 12}}' openclaw-net)", ""]
      : ["eth0", `nsenter --target $(docker inspect --format '{{.State.Pid}}' ${container}) --net`];
  // Docker leaves it off on the bridge, and from Engine 28 on in containers; one whose owner has switched it on is the
  // worse case.
  // The kernel first looks whether somebody else has it, and answers nobody meanwhile.
  const show = `${at} ip -6 -o address show scope link dev ${device}`;
  const command = `${at} sysctl -qw net.ipv6.conf.${device}.disable_ipv6=0
for _ in $(seq 50); do found=$(${show} -tentative); [ -z "$found" ] || break; sleep 0.2; done; echo "$found"`;
  const address = /inet6 (fe80:[0-9a-f:]+)/.exec(await inside(command))?.[1];
  if (address === undefined) throw new Error(`no link-local address: ${container ?? "bridge"}`);
  return `${address}%eth0`;
}

/** Restarts the stand-in from inside. @returns when all of it runs again */
export async function reboot(): Promise<void> {
  const started = () => inspect("container", standIn, "{{.State.StartedAt}}");
  const before = await started();
  await attempt("docker", ["exec", standIn, "systemctl", "reboot"]);
  await until("a new boot", async () => (await started()) !== before);
  await until("the containers", async () =>
    allRun.test((await tryInside("docker ps -q --filter status=running | wc -l")).stdout),
  );
}

export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited a minute for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
