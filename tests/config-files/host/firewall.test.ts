/** The host's firewall as text, and as this machine's nftables understands it. */
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { fixedAddresses } from "../../../config/addresses";
import { cloudflareRanges } from "../../../config-files/cloudflare/ip-ranges";
import { containerFlows } from "../../../config/containers";
import { services, type ServiceRow } from "../../../config/services";
import { firewallRuleset, type FirewallArgs } from "../../../config-files/host/firewall";

const subnets = { openclaw: "172.30.1.0/24", proxy: "172.30.2.0/24", egress: "172.30.3.0/24" };
const args = (changes: Partial<FirewallArgs> = {}, gateways = 2): FirewallArgs => ({
  sshPort: 9922,
  adminCidrs: ["203.0.113.7/32", "2001:db8:7::/48"],
  subnets: changes.subnets ?? subnets,
  addresses: fixedAddresses(changes.subnets ?? subnets, gateways),
  ...changes,
});
const elements = (text: string, name: string): string[] => {
  const body = new RegExp(`set ${name} \\{[^}]*?elements = \\{([^}]*)\\}`).exec(text)?.[1];
  return body === undefined ? [] : body.split(",").map((element) => element.trim());
};
const chain = (text: string, name: string, table: string): string[] => {
  const from = text.slice(text.lastIndexOf(`table ${table} {`));
  const body = new RegExp(`chain ${name} \\{\\n([\\s\\S]*?)\\n\\t\\}`).exec(from)?.[1] ?? "";
  return body.split("\n").map((line) => line.trim());
};
const text = firewallRuleset(args());

it("replaces its own two tables and touches no other", () => {
  const heads = text.match(/^(table|delete table|flush).*$/gm);
  expect(heads).toEqual([
    "table inet clawkeep",
    "delete table inet clawkeep",
    "table bridge clawkeep",
    "delete table bridge clawkeep",
    "table inet clawkeep {",
    "table bridge clawkeep {",
  ]);
});

it("drops what nobody asked for: to the host by policy, from containers and new connections at the end of each chain", () => {
  expect(chain(text, "input", "inet clawkeep")[0]).toMatch(/policy drop;$/);
  for (const name of ["admitted", "from_container"]) {
    expect(chain(text, name, "inet clawkeep").at(-1)).toBe("drop");
  }
  expect(chain(text, "between", "bridge clawkeep").at(-1)).toBe("drop");
});

it("publishes HTTPS alone, to exactly Cloudflare's ranges", () => {
  const ports = [...text.matchAll(/proto-dst (\d+) (.*)$/gm)].map(([, port, rest]) => `${port} ${rest}`);
  expect(ports).toEqual([
    "9922 goto ssh",
    "443 ip saddr @cloudflare4 accept",
    "443 ip6 saddr @cloudflare6 accept",
  ]);
  expect(elements(text, "cloudflare4")).toEqual(cloudflareRanges.v4);
  expect(elements(text, "cloudflare6")).toEqual(cloudflareRanges.v6);
});

it("asks for SSH before anything else that comes in", () => {
  expect(chain(text, "admitted", "inet clawkeep")[0]).toMatch(/proto-dst 9922 goto ssh$/);
  expect(elements(text, "admin4")).toEqual(["203.0.113.7/32"]);
  expect(elements(text, "admin6")).toEqual(["2001:db8:7::/48"]);
  expect(chain(text, "ssh", "inet clawkeep").slice(0, 2)).toEqual([
    "ip saddr != @admin4 drop",
    "ip6 saddr != @admin6 drop",
  ]);
});

it("leaves SSH open where no admin addresses are known, at the same limited rate", () => {
  const open = firewallRuleset(args({ adminCidrs: undefined, sshPort: 22 }));
  expect(open).not.toContain("@admin");
  expect(chain(open, "ssh", "inet clawkeep")).toEqual([
    expect.stringMatching(/^update @ssh_seen4 .* drop$/),
    expect.stringMatching(/^update @ssh_seen6 .* drop$/),
    "accept",
  ]);
});

it("stops every bridge before anything is admitted to the host", () => {
  const input = chain(text, "input", "inet clawkeep");
  const admitted = input.indexOf("goto admitted");
  for (const rule of ['iifname "docker0" drop', 'iifname "br-*" drop', "ip saddr @containers drop"]) {
    expect(input.indexOf(rule)).toBeGreaterThan(0);
    expect(input.indexOf(rule)).toBeLessThan(admitted);
  }
  expect(elements(text, "containers")).toEqual(Object.values(subnets));
});

it("lets no gateway reach another, and nobody reach a gateway but the reverse proxy", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), (count) => {
      const addresses = fixedAddresses(subnets, count);
      const own = addresses.gateways.flatMap(({ openclaw, proxy }) => [openclaw, proxy]);
      for (const { from, to, port } of containerFlows(addresses)) {
        if (own.includes(to)) expect([from, port]).toEqual([addresses.reverseProxy.proxy, 18789]);
      }
      // What a gateway opens, and what is opened to one, is there once for each.
      const wanted = Object.entries<ServiceRow>(services).flatMap(([service, { opensTo = [] }]) =>
        opensTo.map((to) => (service === "gateway" || to === "gateway" ? count : 1)),
      );
      expect(elements(firewallRuleset(args({ addresses })), "flows")).toHaveLength(
        wanted.reduce((sum, each) => sum + each, 0),
      );
    }),
    { numRuns: 20 },
  );
});

it("lets the egress proxy alone out", () => {
  const ways = chain(text, "from_container", "inet clawkeep").filter((rule) => rule.endsWith("accept"));
  expect(ways).toEqual([
    "ip saddr . ip daddr . tcp dport @flows accept",
    "ip saddr 172.30.3.10 meta l4proto { tcp, udp } th dport 53 accept",
    "ip saddr 172.30.3.10 ip daddr != @private tcp dport 443 accept",
  ]);
});

const nft = (input: string) =>
  spawnSync("unshare", ["--map-root-user", "--net", "nft", "-f", "-"], { input, encoding: "utf8" });
const possible = nft("table inet x {\n}\n").status === 0;
(possible ? describe : describe.skip)("nftables (skipped where it is not installed)", () => {
  it.each([
    ["as it is", args()],
    ["without admin addresses", args({ adminCidrs: undefined })],
    ["IPv4 admins alone", args({ adminCidrs: ["203.0.113.7/32"] })],
    [
      "a network and a part of it",
      args({ adminCidrs: ["10.0.0.0/8", "10.1.0.0/16", "::/0", "2001:db8::/32"] }),
    ],
    ["everybody", args({ adminCidrs: ["0.0.0.0/0", "::/0"] })],
    ["one gateway", args({}, 1)],
    [
      "wide networks",
      args({ subnets: { openclaw: "10.20.0.0/16", proxy: "10.21.0.0/20", egress: "10.22.0.0/16" } }),
    ],
  ])("takes it: %s, and takes it again", (_, given) => {
    const ruleset = firewallRuleset(given);
    const { status, stderr } = nft(`${ruleset}${ruleset}`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});
