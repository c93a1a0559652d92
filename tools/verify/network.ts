/** Rows about who reaches whom: models, egress, the public name, firewalls. */
import { modelsOf } from "../../config-files/litellm/limits";
import { cloudflareRanges } from "../../config-files/cloudflare/ip-ranges";
import { releaseProfiles } from "../../config/release-lines";
import { gatewaySecretKeys } from "../../config/secrets";
import { services } from "../../config/services";
import { expectSame, type Row } from "./row";
import type { DeployedStack } from "./deployed-stack";

const { litellm, egressProxy } = services;

/** Runs a Node program in a gateway's container; it comes on standard input, so nothing needs quoting. */
const nodeIn = (deployed: DeployedStack, container: string, program: string): Promise<string> =>
  deployed.shell('docker exec -i "$1" node --input-type=module -', [container], program);

/** Status of a request to LiteLLM from a gateway with that gateway's key; the body of a 200 behind it. */
const askLitellm = (path: string, method = "GET"): string => `
import { readFileSync } from "node:fs";
const { litellmKey } = JSON.parse(readFileSync("/run/secrets/gateway/secrets.json", "utf8"));
const headers = { authorization: "Bearer " + litellmKey, "content-type": "application/json" };
const answer = await fetch("http://${litellm.name}:${litellm.port}${path}", {
  method: "${method}", headers, signal: AbortSignal.timeout(10000), ...("${method}" === "POST" ? { body: "{}" } : {}) });
console.log(answer.status, (await answer.text()).slice(0, 20000));
`;

const status = (answer: string): number => Number(answer.split(" ", 1)[0]);

export function modelRows({ settings }: DeployedStack): Row[] {
  const group = "models";
  return settings.gateways.flatMap((gateway): Row[] => {
    const { name } = gateway;
    return [
      {
        name: `LiteLLM answers ${name}`,
        group,
        look: async (deployed) => {
          expectSame(
            "the answer",
            status(await nodeIn(deployed, name, askLitellm("/health/liveliness"))),
            200,
          );
          return "200";
        },
      },
      {
        name: `${name} sees its models and no others`,
        group,
        look: async (deployed) => {
          const answer = await nodeIn(deployed, name, askLitellm("/v1/models"));
          expectSame("the answer", status(answer), 200);
          const { data } = JSON.parse(answer.slice(4)) as { data: { id: string }[] };
          const models = modelsOf(gateway, settings.models)
            .map((model) => model.name)
            .sort();
          expectSame("the list", data.map(({ id }) => id).sort(), models);
          return models.join(", ");
        },
      },
      {
        name: `${name} administers nothing at LiteLLM`,
        group,
        look: async (deployed) => {
          const program = ["/key/generate", "/model/new", "/config/update", "/anthropic/v1/messages"];
          for (const path of program) {
            const found = status(await nodeIn(deployed, name, askLitellm(path, "POST")));
            if (![401, 403, 404].includes(found))
              throw new Error(`${path} answers ${found}, not 401, 403 or 404`);
          }
          return `${program.length} routes refused`;
        },
      },
    ];
  });
}

/** Asks the egress proxy for a tunnel; python because LiteLLM's image has nothing else. */
const tunnelFromLitellm = `import socket, sys
s = socket.create_connection(("${egressProxy.name}", ${egressProxy.port}), 10)
s.settimeout(20)
s.sendall(f"CONNECT {sys.argv[1]} HTTP/1.1\\r\\nHost: {sys.argv[1]}\\r\\n\\r\\n".encode())
print(s.recv(200).split(b"\\r\\n")[0].decode())
`;

const tunnel = async (deployed: DeployedStack, target: string): Promise<string> =>
  (await deployed.shell(`docker exec -i ${litellm.name} python3 - "$1"`, [target], tunnelFromLitellm)).trim();

export function egressRows(deployed: DeployedStack, providerHosts: readonly string[]): Row[] {
  const group = "egress";
  return [
    ...providerHosts.map((host): Row => ({
      name: `LiteLLM reaches ${host}`,
      group,
      look: async (at) => {
        const answer = await tunnel(at, `${host}:443`);
        if (!/ 200 /.test(`${answer} `)) throw new Error(`the egress proxy answers ${answer}`);
        return answer;
      },
    })),
    ...["example.com:443", `${providerHosts[0] ?? "example.org"}:22`, "169.254.169.254:443"].map(
      (target): Row => ({
        name: `LiteLLM is refused ${target}`,
        group,
        look: async (at) => {
          const answer = await tunnel(at, target);
          if (!/ 403 /.test(`${answer} `)) throw new Error(`the egress proxy answers ${answer}, not 403`);
          return answer;
        },
      }),
    ),
    ...deployed.settings.gateways.flatMap(({ name }) => gatewayEgress(name, providerHosts, deployed)),
  ];
}

/** What `connect` and `lookup` in the gateway's container come to. */
function gatewayEgress(
  name: string,
  providerHosts: readonly string[],
  { ipv4, settings }: DeployedStack,
): Row[] {
  const { sshPort } = settings.host;
  const group = "egress";
  const host = providerHosts[0] ?? "example.org";
  return [
    {
      name: `${name} has no tunnel, to nowhere`,
      group,
      look: (deployed) => attempt(deployed, name, proxied(`${host}:443`), /^(403|closed|no answer|E[A-Z]+)$/),
    },
    {
      name: `${name} connects to nothing outside`,
      group,
      // The host's own address too: one that refuses has been reached.
      look: (deployed) =>
        attempt(
          deployed,
          name,
          direct("1.1.1.1", 443) + direct(ipv4, sshPort),
          /^(ENETUNREACH|EHOSTUNREACH|no answer)$/,
        ),
    },
    {
      name: `${name} resolves no outside name`,
      group,
      look: (deployed) => attempt(deployed, name, resolved(host), /^E[A-Z_]+$/),
    },
  ];
}

async function attempt(
  deployed: DeployedStack,
  name: string,
  program: string,
  good: RegExp,
): Promise<string> {
  const said = (await nodeIn(deployed, name, attempts + program)).trim().split("\n");
  const bad = said.filter((line) => !good.test(line));
  if (bad.length > 0 || said[0] === "") throw new Error(`it came to: ${said.join(", ") || "nothing"}`);
  return said.join(", ");
}

const attempts = `import net from "node:net";
import { lookup } from "node:dns/promises";
const connect = (host, port, send) => new Promise((resolve) => {
  const socket = net.connect({ host, port });
  const end = (text) => { socket.destroy(); resolve(text); };
  socket.on("connect", () => (send === undefined ? end("connected") : socket.write(send)));
  socket.on("data", (data) => end(data.toString().split(" ")[1]));
  socket.on("error", (error) => end(error.code));
  socket.on("close", () => end("closed"));
  setTimeout(() => end("no answer"), 4000);
});
`;
const proxied = (target: string): string =>
  `console.log(await connect("${egressProxy.name}", ${egressProxy.port}, "CONNECT ${target} HTTP/1.1\\r\\nHost: ${target}\\r\\n\\r\\n"));\n`;
const direct = (host: string, port: number): string => `console.log(await connect("${host}", ${port}));\n`;
const resolved = (host: string): string =>
  `console.log(await lookup("${host}").then(({ address }) => address, (error) => error.code));\n`;

export function accessRows({ settings }: DeployedStack): Row[] {
  const group = "access";
  const [first] = settings.gateways;
  return [
    {
      name: "without the token: 401, over TLS that holds for the name",
      group,
      look: async (deployed) => {
        expectSame("the answer", await deployed.callTool(), 401);
        return "401";
      },
    },
    {
      name: "with the token: answered",
      group,
      look: async (deployed) => {
        const token = deployed.secret(gatewaySecretKeys(first?.name ?? "").token);
        // A stack may deny the tool; the gateway then says so to who has the token, and 401 to everybody else.
        const denied = first?.tools.deny.includes(releaseProfiles[first.release].probeTool) === true;
        const wanted = denied ? 404 : 200;
        expectSame("the answer", await deployed.callTool(token), wanted);
        return String(wanted);
      },
    },
  ];
}

export function firewallRows({ settings, hetzner }: DeployedStack): Row[] {
  const group = "firewall";
  const host: Row = {
    name: "the host's own firewall is in place",
    group,
    look: async (deployed) => (await deployed.shell("/opt/openclaw/bin/apply-firewall check")).trim(),
  };
  if (settings.host.mode !== "hcloud" || hetzner === undefined) return [host];
  const { adminCidrs, sshPort } = settings.host;
  return [
    host,
    {
      name: "Hetzner's firewall admits SSH from you, HTTPS from Cloudflare, echo",
      group,
      look: async (deployed) => {
        const rules = await hetznerRules(deployed);
        const wanted = [
          rule("tcp", String(sshPort), adminCidrs),
          rule("tcp", String(services.reverseProxy.publishes), [
            ...cloudflareRanges.v4,
            ...cloudflareRanges.v6,
          ]),
          rule("icmp", "", ["0.0.0.0/0", "::/0"]),
        ];
        expectSame("what it admits", rules, wanted.sort());
        return `${rules.length} rules, applied to the server`;
      },
    },
  ];
}

const rule = (protocol: string, port: string, sources: readonly string[]): string =>
  `${protocol} ${port} from ${[...sources].sort().join(" ")}`;

interface HetznerFirewall {
  readonly applied_to: readonly unknown[];
  readonly rules: readonly {
    readonly direction: string;
    readonly protocol: string;
    readonly port?: string | null;
    readonly source_ips: readonly string[];
  }[];
}

async function hetznerRules({ hetzner, stack }: DeployedStack): Promise<string[]> {
  if (hetzner === undefined) throw new Error("there is no token of Hetzner Cloud in the configuration");
  const answer = await fetch(`${hetzner.endpoint}/firewalls?name=clawkeep-${stack}`, {
    headers: { authorization: `Bearer ${hetzner.token}` },
    signal: AbortSignal.timeout(20_000),
  });
  if (!answer.ok) throw new Error(`Hetzner's API answers ${answer.status}`);
  const [firewall] = ((await answer.json()) as { firewalls: HetznerFirewall[] }).firewalls;
  if (firewall === undefined) throw new Error(`there is no firewall clawkeep-${stack}`);
  if (firewall.applied_to.length === 0) throw new Error("it is applied to no server");
  return firewall.rules
    .filter(({ direction }) => direction === "in")
    .map(({ protocol, port, source_ips }) => rule(protocol, port ?? "", source_ips))
    .sort();
}
