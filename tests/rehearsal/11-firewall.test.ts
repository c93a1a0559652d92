/**
 * The host's own firewall around the deployed stack, with the provider's taken away: each attempt fails, and succeeds
 * without it. Then a reboot: nothing answers a stranger while it lasts, and everything comes back by itself.
 */
import { fixedAddresses } from "../../config/addresses";
import { isSandboxOf } from "../../config/sandbox-names";
import { addresses as internet, network } from "../../lab/internet/addresses";
import { labBaseRef } from "../../lab/images/lab-base";
import { docker, labLabel } from "../../lab/lib/docker";
import { attempt, run } from "../../lab/lib/exec";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { chatTurn } from "../../lab/rehearsal/public";
import { containerStates, onVps, tryOnVps } from "../../lab/rehearsal/vps";
import { readRecord } from "../../lab/vps/platform";
import { power, setFirewall, type FirewallRule } from "../../lab/vps/stand-in";
import {
  beyond,
  innerNetwork,
  nodeProbe,
  probeFromContainer,
  probeFromInnerNetwork,
  withoutInnerNetwork,
  type ProbeOrder,
  type ProbeResult,
} from "../config-files/host/probes";
import { eventually, services } from "./support";

jest.setTimeout(600_000);

const server = "clawkeep-prod";
const tool = "/opt/openclaw/bin/apply-firewall";
const addresses = fixedAddresses(
  { openclaw: "172.30.1.0/24", proxy: "172.30.2.0/24", egress: "172.30.3.0/24" },
  1,
);
const [gateway] = addresses.gateways;
if (gateway === undefined) throw new Error("a stack has a gateway");
/** At the address of a gateway that this stack does not have, so the table knows nothing of it. */
const other = { name: "firewall-test-other", address: "172.30.1.101" } as const;
const stranger = { name: "clawkeep-test-firewall-11", address: "103.22.206.214" } as const;
const parts = ["openclaw", "openclaw-litellm", "openclaw-egress", "openclaw-caddy", other.name] as const;
const sshPort = 9922;

let ipv4: string;
let ipv6: string | undefined;
let provider: readonly FirewallRule[] | undefined;

const fromContainer = async (
  name: string,
  targets: ProbeOrder["targets"],
  source?: string,
): Promise<readonly string[]> => {
  const order: ProbeOrder = { targets, timeoutMs: 2500, ...(source === undefined ? {} : { source }) };
  return (JSON.parse(await onVps("prod", probeFromContainer(name), JSON.stringify(order))) as ProbeResult)
    .open;
};
/** From another server on the provider's inner network. */
const fromInner = async (targets: ProbeOrder["targets"]): Promise<readonly string[]> => {
  const order: ProbeOrder = { targets, timeoutMs: 2500 };
  return (JSON.parse(await onVps("prod", probeFromInnerNetwork, JSON.stringify(order))) as ProbeResult).open;
};
const fromOutside = async (container: string, order: ProbeOrder): Promise<ProbeResult> => {
  const command = ["exec", "--interactive", container, "node", "-e", nodeProbe];
  return JSON.parse(await docker(command, { input: JSON.stringify(order) })) as ProbeResult;
};
const hostTargets = (): ProbeOrder["targets"] =>
  [ipv4, ...(ipv6 === undefined ? [] : [ipv6])].flatMap((address) =>
    [22, 80, 443, 2375, sshPort, 9000].map((port) => [address, port] as const),
  );
const on = (address: string | undefined, port: number): string[] =>
  address === undefined ? [] : [`${address} ${port}`];

async function withoutFirewall(work: () => Promise<void>): Promise<void> {
  await onVps("prod", "nft delete table inet clawkeep; nft delete table bridge clawkeep");
  try {
    await work();
  } finally {
    expect(await onVps("prod", `${tool} ensure`)).toContain("firewall was put in place");
  }
}

beforeAll(async () => {
  await enterLabEnvironment();
  provider = (await readRecord(server))?.firewall;
  const shown = await onVps("prod", "ip -o address show dev eth0 scope global");
  ipv4 = /inet (\S+)\//.exec(shown)?.[1] ?? "";
  ipv6 = /inet6 (2001:db8:c1a0:\S+::1)\//.exec(shown)?.[1];
  const image = await labBaseRef();
  await attempt("docker", ["rm", "-f", stranger.name]);
  await docker([
    ...["run", "--detach", "--init", "--name", stranger.name, "--label", labLabel, "--network", network.name],
    ...["--ip", stranger.address, "--cap-add", "NET_ADMIN", image, "sleep", "1800"],
  ]);
  const serve = `require("net").createServer((s) => s.on("error", () => {}).end("hi")).listen(18789)`;
  const like = "$(docker inspect --format '{{.Config.Image}}' openclaw)";
  // What a run that was killed has left is in the way.
  await tryOnVps("prod", `docker rm -f ${other.name}; ${withoutInnerNetwork}`);
  await onVps(
    "prod",
    `docker run --detach --restart unless-stopped --name ${other.name} --network openclaw-net --ip ${other.address} --cap-drop ALL --entrypoint node ${like} -e '${serve}'; ${innerNetwork}`,
  );
  await setFirewall(server, undefined);
});

afterAll(async () => {
  await setFirewall(server, provider);
  await attempt("docker", ["rm", "-f", stranger.name]);
  await onVps("prod", `docker rm -f ${other.name}; ${withoutInnerNetwork} || true`);
});

test("it is in place, and the kernel holds what was confirmed", async () => {
  expect(await onVps("prod", `${tool} check`)).toContain("the kernel holds the confirmed ruleset");
  expect(await onVps("prod", "systemctl is-enabled clawkeep-firewall")).toBe("enabled\n");
  expect(provider).toBeDefined();
});

test("SSH for the admin, HTTPS for Cloudflare, nothing for others", async () => {
  const order: ProbeOrder = { targets: hostTargets(), timeoutMs: 1500 };
  const admin = JSON.parse(
    await run("node", ["-e", nodeProbe], { input: JSON.stringify(order) }),
  ) as ProbeResult;
  expect(admin.open).toEqual(on(ipv4, sshPort));
  const routed = [
    [addresses.reverseProxy.egress, 8443],
    [addresses.egressProxy.egress, 3128],
  ] as const;
  expect((await fromOutside(stranger.name, order)).open).toEqual([]);
  expect(await fromInner(routed)).toEqual([]);
  expect((await fromOutside("clawkeep-edge", order)).open).toEqual(on(ipv4, 443));
  await withoutFirewall(async () => {
    const { open } = await fromOutside(stranger.name, order);
    expect(open).toEqual(expect.arrayContaining([...on(ipv4, 443), ...on(ipv4, sshPort)]));
    expect(await fromInner(routed)).toContain(`${addresses.reverseProxy.egress} 8443`);
  });
});

test("between containers, exactly the connections of the table", async () => {
  const ports = [4000, 8090, 3128, 18789, 8443];
  const all = [
    gateway.openclaw,
    gateway.proxy,
    addresses.litellm,
    addresses.egressProxy.openclaw,
    addresses.egressProxy.egress,
    addresses.reverseProxy.proxy,
    addresses.reverseProxy.egress,
    other.address,
  ];
  const own: Readonly<Record<string, readonly string[]>> = {
    openclaw: [gateway.openclaw, gateway.proxy],
    "openclaw-litellm": [addresses.litellm],
    "openclaw-egress": [addresses.egressProxy.openclaw, addresses.egressProxy.egress],
    "openclaw-caddy": [addresses.reverseProxy.proxy, addresses.reverseProxy.egress],
    [other.name]: [other.address],
  };
  const look = async (part: string) =>
    fromContainer(
      part,
      all
        .filter((address) => own[part]?.includes(address) !== true)
        .flatMap((address) => ports.map((port) => [address, port] as const)),
    );
  const found = Object.fromEntries(
    await Promise.all(parts.map(async (part) => [part, await look(part)] as const)),
  );
  expect(found).toEqual({
    openclaw: [`${addresses.litellm} 4000`],
    "openclaw-litellm": [`${addresses.egressProxy.openclaw} 3128`],
    "openclaw-egress": [],
    "openclaw-caddy": [`${gateway.proxy} 18789`],
    [other.name]: [],
  });
  await withoutFirewall(async () => {
    expect(await look("openclaw")).toContain(`${other.address} 18789`);
    expect(await look(other.name)).toContain(`${addresses.litellm} 4000`);
  });
});

test("the host answers no container", async () => {
  const targets = ["172.30.1.1", "172.30.2.1", "172.30.3.1", ipv4].flatMap((address) =>
    [443, sshPort].map((port) => [address, port] as const),
  );
  const found = () => Promise.all(parts.map((part) => fromContainer(part, targets)));
  expect((await found()).flat()).toEqual([]);
  await withoutFirewall(async () => {
    for (const open of await found()) expect(open.length).toBeGreaterThan(0);
  });
});

test("no container reaches metadata services or the provider's private network; Squid alone goes out", async () => {
  const targets = [beyond.metadata, beyond.private, internet.anthropic].flatMap((address) =>
    [80, 443].map((port) => [address, port] as const),
  );
  const open = await Promise.all(
    parts.map(async (part) => [part, await fromContainer(part, targets)] as const),
  );
  for (const [part, found] of open) {
    const expected = part === "openclaw-egress" ? [`${internet.anthropic} 443`] : [];
    expect([part, found]).toEqual([part, expected]);
  }
  await withoutFirewall(async () => {
    for (const part of ["openclaw-egress", "openclaw-caddy"]) {
      expect(await fromContainer(part, targets)).toEqual(
        expect.arrayContaining([`${beyond.metadata} 80`, `${beyond.private} 443`]),
      );
    }
  });
});

test("nothing answers a stranger while the host boots, and then all of it works", async () => {
  const untilFile = "/tmp/stop";
  const targets = hostTargets();
  const probe = fromOutside(stranger.name, { targets, timeoutMs: 900, untilFile });
  await power(server, "reboot");
  await eventually("a chat turn after the reboot", 240, async () => {
    expect(await chatTurn("Say: behind the firewall")).toContain("behind the firewall");
  });
  await docker(["exec", stranger.name, "touch", untilFile]);
  const { open, tried } = await probe;
  expect(open).toEqual([]);
  expect(tried).toBeGreaterThan(50 * targets.length);
  expect(await onVps("prod", `${tool} ensure`)).toBe("firewall is in place\n");
});

test("after the boot the gateway has started after what it needs", async () => {
  const started = async (name: string): Promise<number> =>
    Date.parse((await onVps("prod", `docker inspect --format '{{.State.StartedAt}}' ${name}`)).trim());
  const gateway = await started("openclaw");
  for (const needed of ["openclaw-docker-proxy", "openclaw-egress", "openclaw-litellm", "openclaw-redis"]) {
    expect(await started(needed)).toBeLessThan(gateway);
  }
});

test("after the boot the file systems have their flags and the containers their limits again", async () => {
  const mounts = await onVps("prod", "findmnt -rno TARGET,OPTIONS | grep /opt/openclaw/gateways/openclaw");
  expect(mounts).toMatch(/\/state \S*nosuid\S*nodev/);
  expect(mounts).toMatch(/\/sandboxes\/workspaces \S*nosuid\S*nodev\S*nosymfollow/);
  const pids = await onVps(
    "prod",
    "docker inspect --format '{{.HostConfig.PidsLimit}}' openclaw openclaw-litellm",
  );
  expect(
    pids
      .trim()
      .split("\n")
      .map(Number)
      .every((limit) => limit > 0),
  ).toBe(true);
  await eventually("every container healthy", 90, async () => {
    // Sandboxes come and go, and the neighbour that was put there has no health.
    const states = [...(await containerStates("prod"))].filter(
      ([name]) => !isSandboxOf("openclaw", name) && name !== other.name,
    );
    expect(states.map(([name]) => name).sort()).toEqual(services);
    expect(states.filter(([, state]) => state !== "healthy")).toEqual([]);
  });
});
