/** The host as the Internet sees it: cloud firewall, public record, and the checked way in. */
import { cloudflareRanges } from "../../config-files/cloudflare/ip-ranges";
import {
  at,
  broken,
  each,
  shown,
  undecided,
  unknown,
  want,
  type Finding,
  type ResourceRule,
  type Value,
} from "../rule";

const firewall = ["hcloud:index/firewall:Firewall"];
const record = ["cloudflare:index/dnsRecord:DnsRecord"];
const cloudflare: ReadonlySet<Value> = new Set([...cloudflareRanges.v4, ...cloudflareRanges.v6]);

/** Findings about each inbound rule. */
const inbound = (rules: Value, check: (rule: Value) => readonly Finding[]): Finding[] =>
  each(rules, "rules", (rule) => {
    const direction = at(rule, "direction");
    if (direction === unknown) return [undecided("a rule has a direction")];
    return direction === "out" ? [] : check(rule);
  });
const isTcp = (rule: Value): boolean => at(rule, "protocol") === "tcp";
const isHttps = (rule: Value): boolean => isTcp(rule) && at(rule, "port") === "443";

/** Wider than any network that somebody administers from. */
function isWholeInternet(source: string): boolean {
  const prefix = Number(source.split("/")[1]);
  return !(prefix >= (source.includes(":") ? 16 : 8));
}

/** The public name as browsers look it up. */
export const isPublic = (type: Value): boolean => type === "A" || type === "AAAA" || type === "CNAME";

export const edgeRules: readonly ResourceRule[] = [
  {
    name: "firewall-inbound",
    promise: "The cloud firewall admits SSH on one port, HTTPS, and ICMP; all else is dropped.",
    mend: "Take the rule away: nothing else listens for the Internet.",
    unknown: "refused",
    types: firewall,
    check: ({ inputs }) => {
      const { rules } = inputs;
      const ssh = new Set<Value>();
      const findings = inbound(rules, (rule) =>
        want(
          [at(rule, "protocol"), at(rule, "port")],
          () => {
            if (at(rule, "protocol") === "icmp" || isHttps(rule)) return true;
            const port = at(rule, "port");
            ssh.add(port);
            return isTcp(rule) && typeof port === "string" && /^[1-9]\d*$/.test(port);
          },
          `it admits ${shown(at(rule, "protocol"))} to ${shown(at(rule, "port"))}`,
        ),
      );
      if (!Array.isArray(rules) || rules.length === 0)
        return [...findings, broken("it has no rules: Hetzner admits everything")];
      if (ssh.size > 1) findings.push(broken(`it admits ${[...ssh].map(shown).join(" and ")} beside HTTPS`));
      return findings;
    },
  },
  {
    name: "firewall-ssh-sources",
    promise: "SSH is open to the addresses it is administered from, never to everybody.",
    mend: "Set adminCidrs to your own addresses.",
    unknown: "refused",
    types: firewall,
    check: ({ inputs }) =>
      inbound(inputs["rules"], (rule) =>
        !isTcp(rule) || isHttps(rule)
          ? []
          : want(
              at(rule, "sourceIps"),
              (sources) =>
                Array.isArray(sources) &&
                sources.length > 0 &&
                (sources as Value[]).every(
                  (source) => typeof source === "string" && !isWholeInternet(source),
                ),
              `SSH is open to ${shown(at(rule, "sourceIps"))}`,
            ),
      ),
  },
  {
    name: "firewall-https-from-cloudflare",
    promise: "HTTPS is open to Cloudflare's addresses alone, so nobody passes its edge by.",
    mend: "Take the sources from config-files/cloudflare/ip-ranges.ts.",
    unknown: "refused",
    types: firewall,
    check: ({ inputs }) =>
      inbound(inputs["rules"], (rule) =>
        isHttps(rule)
          ? want(
              at(rule, "sourceIps"),
              (sources) =>
                Array.isArray(sources) &&
                sources.length > 0 &&
                (sources as Value[]).every((source) => cloudflare.has(source)),
              "HTTPS is open to addresses that are not Cloudflare's",
            )
          : [],
      ),
  },
  {
    name: "server-behind-firewall",
    promise: "The server is behind the cloud firewall from its first second on.",
    mend: "Name the firewall in firewallIds: one attached later leaves a gap.",
    unknown: "waits",
    types: ["hcloud:index/server:Server"],
    check: ({ inputs }) => {
      const { firewallIds } = inputs;
      if (firewallIds === unknown) return [undecided("it has a firewall")];
      // An id that is not known yet is one all the same.
      return Array.isArray(firewallIds) && firewallIds.length > 0 ? [] : [broken("it has no firewall")];
    },
  },
  {
    name: "record-proxied",
    promise: "The public name points at Cloudflare's edge, never at the host's own address.",
    mend: "Set proxied on the record.",
    unknown: "refused",
    types: record,
    check: ({ inputs }) =>
      isPublic(inputs["type"])
        ? want(
            inputs["proxied"],
            (value) => value === true,
            `proxied is ${shown(inputs["proxied"])}, not true`,
          )
        : want(inputs["type"], () => true, "the record has a type"),
  },
  {
    name: "command-host-key-checked",
    promise: "Every command reaches the host whose key is pinned, by a key that only the ssh-agent has.",
    mend: "Give the connection hostKey; take privateKey and password away.",
    unknown: "waits",
    types: ["command:remote:*"],
    check: ({ inputs }) => {
      const { connection } = inputs;
      if (connection === unknown) return [undecided("the connection has a host key")];
      return [
        ...want(
          at(connection, "hostKey"),
          (value) => typeof value === "string" && /^(ssh-|ecdsa-)\S+ AAAA/.test(value),
          "the connection has no host key, so any host will do",
        ),
        ...["privateKey", "password", "privateKeyPassword"].flatMap((key) =>
          at(connection, key) === undefined
            ? []
            : [broken(`the connection holds ${key}, which then stands in the state`)],
        ),
      ];
    },
  },
  {
    name: "docker-host-key-checked",
    promise:
      "Docker is reached over SSH, on the host whose key is pinned, whatever the user's own known_hosts and ssh config say.",
    mend: "Use the provider that components/host.ts makes.",
    unknown: "waits",
    types: ["pulumi:providers:docker"],
    check: ({ inputs }) => [
      ...want(
        inputs["host"],
        (value) => typeof value === "string" && value.startsWith("ssh://"),
        `host is ${shown(inputs["host"])}: not over SSH`,
      ),
      ...want(
        inputs["sshOpts"],
        (value) =>
          typeof value === "string" &&
          ["KnownHostsCommand=", '"StrictHostKeyChecking=yes"', '"UserKnownHostsFile=/dev/null"'].every(
            (part) => value.includes(part),
          ),
        "sshOpts does not pin the host key",
      ),
      ...want(
        inputs["sshOpts"],
        (value) => typeof value !== "string" || value.startsWith('["-F","none",'),
        "sshOpts lets ssh read the operator's configuration, which may forward his agent to the host",
      ),
    ],
  },
];
