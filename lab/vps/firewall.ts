/** One entry of an inbound allow-list. */
export interface FirewallRule {
  readonly protocol: "tcp" | "udp" | "icmp";
  /** "443" or "8000-8010"; absent means all ports. */
  readonly port?: string;
  /** CIDRs, IPv4 and IPv6. */
  readonly sourceIps: readonly string[];
}

const table = "inet cloud_firewall";

/**
 * The provider's firewall as an nftables script, to be loaded in the server's network namespace.
 *
 * It drops in prerouting, before any rule of the server itself and before its engine's port forwarding, like a firewall
 * in front of the machine. It has a table of its own, which neither ufw nor iptables shows or flushes.
 * Loading it again replaces it; `undefined` (no firewall attached) removes it.
 */
export function firewallScript(rules: readonly FirewallRule[] | undefined): string {
  const reset = `table ${table}\ndelete table ${table}\n`;
  if (rules === undefined) return reset;
  const lines = [
    'iifname != "eth*" accept',
    "ct state established,related accept",
    "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept",
    ...rules.flatMap((rule) => rule.sourceIps.map((source) => accept(rule, source))),
    "drop",
  ];
  const body = lines.map((line) => `    ${line}`).join("\n");
  return `${reset}table ${table} {\n  chain inbound {\n    type filter hook prerouting priority mangle\n${body}\n  }\n}\n`;
}

function accept(rule: FirewallRule, source: string): string {
  const six = source.includes(":");
  const from = source.endsWith("/0")
    ? `meta nfproto ${six ? "ipv6" : "ipv4"}`
    : `${six ? "ip6" : "ip"} saddr ${source}`;
  const protocol = rule.protocol === "icmp" && six ? "icmpv6" : rule.protocol;
  const to =
    rule.protocol !== "icmp" && rule.port !== undefined ? ` ${rule.protocol} dport ${rule.port}` : "";
  return `${from} meta l4proto ${protocol}${to} accept`;
}
