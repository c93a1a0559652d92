/**
 * The host's own firewall, as an nftables ruleset: who may reach the host, which container may open a connection to
 * which, and what may leave. Everything else is dropped.
 *
 * Two tables of our own. Docker, ufw and iptables neither show nor flush them, so they hold while Docker restarts, and
 * one `inet` table filters IPv4 and IPv6 alike. `forward` meets a published port behind Docker's address translation
 * and asks for the port it was sent to; `input` meets what Docker's userland proxy takes for IPv6. Containers of one
 * network talk through its bridge and past the IP hooks, unless br_netfilter is loaded: the `bridge` table decides
 * there without connection tracking, which not every kernel has for bridges.
 */
import type { Addresses, Subnets } from "../../config/addresses";
import { containerFlows } from "../../config/containers";
import { services } from "../../config/services";
import { cloudflareRanges } from "../cloudflare/ip-ranges";

export interface FirewallArgs {
  /** Port sshd listens on. */
  readonly sshPort: number;
  /** Networks that may reach SSH. Undefined: everybody outside, at a limited rate. */
  readonly adminCidrs: readonly string[] | undefined;
  readonly subnets: Subnets;
  readonly addresses: Addresses;
  /** Ports beside 443 by which the egress proxy may leave. @default none */
  readonly outwardPorts?: readonly number[];
}

/** The one port that the host publishes, and for whom. */
export const publishedPort = { port: services.reverseProxy.publishes, sources: cloudflareRanges } as const;

/**
 * New SSH connections of one address (of a /64 in IPv6): so many at once, then so many a minute. One `up` opens one for
 * each command it runs, 60 and more.
 */
export const sshLimit = { burst: 300, perMinute: 30 } as const;

/** Networks that are not the Internet. */
export const privateRanges = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/3",
] as const;

/** The ruleset, for `nft -f`: it replaces both tables in one transaction, and touches no other. */
export function firewallRuleset(args: FirewallArgs): string {
  const flows = containerFlows(args.addresses).map(({ from, to, port }) => `${from} . ${to} . ${port}`);
  const containers = set("containers", "ipv4_addr", "interval", Object.values(args.subnets));
  const flowSet = set("flows", "ipv4_addr . ipv4_addr . inet_service", undefined, flows);
  const tables = ["inet clawkeep", "bridge clawkeep"].flatMap((table) => [
    `table ${table}`,
    `delete table ${table}`,
  ]);
  return [
    ...tables,
    ...block("table inet clawkeep", [
      ...containers,
      ...flowSet,
      ...inetSets(args),
      ...sshChain(args),
      ...admittedChain(args),
      ...inputChain,
      ...forwardChain,
      ...fromContainerChain(args),
    ]),
    ...block("table bridge clawkeep", [...containers, ...flowSet, ...bridgeChains]),
    "",
  ].join("\n");
}

function inetSets({ adminCidrs }: FirewallArgs): string[] {
  const sources = (version: "ipv4_addr" | "ipv6_addr", suffix: string): string[] => {
    const mine = (cidrs: readonly string[]): string[] =>
      cidrs.filter((cidr) => cidr.includes(":") === (version === "ipv6_addr"));
    return [
      ...set(`cloudflare${suffix}`, version, "interval", mine(Object.values(publishedPort.sources).flat())),
      // Whoever writes the configuration may name a network and a part of it.
      ...(adminCidrs === undefined
        ? []
        : set(`admin${suffix}`, version, "interval", mine(adminCidrs), ["auto-merge"])),
      ...set(`ssh_seen${suffix}`, version, "dynamic,timeout", [], ["size 65535", "timeout 30m"]),
    ];
  };
  return [
    ...sources("ipv4_addr", "4"),
    ...sources("ipv6_addr", "6"),
    ...set("private", "ipv4_addr", "interval", privateRanges),
  ];
}

/** Brute force is slowed down even where everybody may knock, and a lost admin machine counts as anybody. */
function sshChain({ adminCidrs }: FirewallArgs): string[] {
  const limit = `limit rate over ${sshLimit.perMinute}/minute burst ${sshLimit.burst} packets`;
  return block("chain ssh", [
    ...(adminCidrs === undefined ? [] : ["ip saddr != @admin4 drop", "ip6 saddr != @admin6 drop"]),
    `update @ssh_seen4 { ip saddr ${limit} } drop`,
    `update @ssh_seen6 { ip6 saddr & ffff:ffff:ffff:ffff:: ${limit} } drop`,
    "accept",
  ]);
}

/** New connections from outside. `ct original` is the port they were sent to, whatever Docker has made of it since. */
function admittedChain({ sshPort }: FirewallArgs): string[] {
  const to = (port: number): string => `meta l4proto tcp ct original proto-dst ${port}`;
  return block("chain admitted", [
    `${to(sshPort)} goto ssh`,
    `${to(publishedPort.port)} ip saddr @cloudflare4 accept`,
    `${to(publishedPort.port)} ip6 saddr @cloudflare6 accept`,
    "icmp type { destination-unreachable, time-exceeded, parameter-problem, echo-request } accept",
    "icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem, echo-request } accept",
    "udp sport 67 udp dport 68 accept",
    "ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept",
    "drop",
  ]);
}

/** To the host itself: nothing from any Docker bridge, by whatever address of the host. */
const inputChain = block("chain input", [
  "type filter hook input priority filter - 10; policy drop;",
  'iifname "lo" accept',
  "ct state established,related accept",
  // Without these no neighbour finds another in IPv6; nobody learns or opens anything by them.
  "icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-query } accept",
  'iifname "docker0" drop',
  'iifname "br-*" drop',
  "ip saddr @containers drop",
  "goto admitted",
]);

/**
 * Through the host. Link-local addresses are where providers keep what a server may know about itself. A published port
 * is what Docker has translated; what reaches a bridge from outside without that has been routed there by a neighbour.
 */
const forwardChain = block("chain forward", [
  "type filter hook forward priority filter - 10; policy accept;",
  "ct state established,related accept",
  "ip saddr @containers goto from_container",
  "ip daddr 169.254.0.0/16 drop",
  "ip6 daddr { fd00:ec2::254, fe80::/10 } drop",
  "ct status dnat goto admitted",
  "ip daddr @containers drop",
  'iifname "docker0" accept',
  'iifname "br-*" accept',
  'oifname "docker0" drop',
  'oifname "br-*" drop',
]);

/**
 * Only the egress proxy opens connections to the outside. Docker's resolver in a container asks the host's name server
 * from the container's own address, so that one may send to port 53.
 */
function fromContainerChain({ addresses, outwardPorts = [] }: FirewallArgs): string[] {
  const ports = outwardPorts.length === 0 ? "443" : `{ ${[443, ...outwardPorts].join(", ")} }`;
  const proxy = `ip saddr ${addresses.egressProxy.egress}`;
  return block("chain from_container", [
    "ip saddr . ip daddr . tcp dport @flows accept",
    `${proxy} meta l4proto { tcp, udp } th dport 53 accept`,
    `${proxy} ip daddr != @private tcp dport ${ports} accept`,
    "drop",
  ]);
}

/** Inside one bridge: a packet that opens a connection has to be in the table, all others have to belong to one. */
const bridgeChains = [
  ...block("chain forward", [
    "type filter hook forward priority filter; policy accept;",
    "ip saddr @containers goto between",
    "ip daddr @containers goto between",
    // Docker switches IPv6 off in containers of these networks; this is for one where it is on.
    "ip6 saddr fe80::/10 ip6 daddr fe80::/10 meta l4proto tcp drop",
    "ip6 saddr fe80::/10 ip6 daddr fe80::/10 udp dport != 546 drop",
  ]),
  ...block("chain between", [
    "ip saddr . ip daddr . tcp dport @flows accept",
    "ip daddr . ip saddr . tcp sport @flows tcp flags & (syn | ack) != syn accept",
    "drop",
  ]),
];

function set(
  name: string,
  type: string,
  flags: string | undefined,
  elements: readonly string[],
  more: readonly string[] = [],
): string[] {
  return block(`set ${name}`, [
    `type ${type}`,
    ...(flags === undefined ? [] : [`flags ${flags}`]),
    ...more,
    // An empty list is no syntax; an empty set matches nobody.
    ...(elements.length === 0 ? [] : [`elements = { ${elements.join(", ")} }`]),
  ]);
}

function block(head: string, lines: readonly string[]): string[] {
  return [`${head} {`, ...lines.map((line) => `\t${line}`), "}"];
}
