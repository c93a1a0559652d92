/** Who reaches what: the edge, the networks, the host's firewall, the egress proxy. */
import { controlsOf, type Control } from "../control";

const firewall = "config-files/host/firewall.ts";
const firewallTest = "tests/config-files/host/firewall.test.ts";
const hostItself = "The host's own firewall says the same";
const squid = "config-files/egress-proxy/squid-conf.ts";
const squidTest = "tests/config-files/egress-proxy/squid-conf.test.ts";

const edge = controlsOf(
  {
    threat: "The cloud firewall admits SSH",
    file: "components/hcloud-server.ts",
    test: "tests/policy/rules.test.ts",
  },
  [
    {
      name: "cloud-firewall-https",
      from: "sourceIps: [...cloudflareRanges.v4, ...cloudflareRanges.v6]",
      to: 'sourceIps: ["0.0.0.0/0", "::/0"]',
      failing: "keeps firewall-https-from-cloudflare",
    },
    {
      name: "cloud-firewall-ssh",
      from: "sourceIps: [...host.adminCidrs]",
      to: 'sourceIps: ["0.0.0.0/0", "::/0"]',
      failing: "keeps firewall-ssh-sources",
    },
    {
      name: "cloud-firewall-attached",
      from: "        firewallIds: [firewall.id.apply(Number)],\n",
      to: "",
      failing: "keeps server-behind-firewall",
    },
    {
      name: "record-behind-cloudflare",
      threat: undefined,
      file: "components/public-record.ts",
      from: "proxied: true,",
      to: "proxied: false,",
      failing: "keeps record-proxied",
    },
    {
      name: "record-looked-for",
      threat: undefined,
      file: "components/public-record.ts",
      from: "hooks: { beforeCreate: [free] }",
      to: "",
      test: "tests/components/options.test.ts",
      failing: "every use of a resource option",
    },
    {
      name: "record-in-the-way-refused",
      threat: undefined,
      file: "components/cloud-questions.ts",
      from: "    if (!preview) throw new Error(report(problems));\n",
      to: "",
      test: "tests/config/dns-records.test.ts",
      failing: "refuses where there is one",
    },
    {
      name: "second-record-seen",
      threat: undefined,
      file: "tools/verify/name.ts",
      from: "found.length === 1 && ",
      to: "",
      test: "tests/config/dns-records.test.ts",
      failing: "falls short with another address beside it",
    },
  ],
);

const caddy = controlsOf(
  {
    threat: "Caddy answers for one name",
    file: "config-files/reverse-proxy/caddyfile.ts",
    test: "tests/config-files/reverse-proxy/caddyfile.test.ts",
  },
  [
    { name: "caddy-administration", from: "\tadmin off\n", to: "", failing: "has no administration port" },
    {
      name: "caddy-client-address",
      from: "\t\theader_up X-Forwarded-For {client_ip}\n",
      to: "",
      failing: "overwrites what a client says about its address",
    },
    {
      name: "caddy-bounds",
      from: "\t\tmax_header_size ${limits.headerKilobytes}KB\n",
      to: "",
      failing: "bounds heads, and the time of heads",
    },
    {
      name: "caddy-probes",
      from: '["/readyz", "/startupz"]',
      to: '["/startupz"]',
      failing: "does not tell visitors how the gateway's start is going",
    },
    {
      name: "caddy-trusts-cloudflare-alone",
      from: "trusted_proxies static ${",
      to: "trusted_proxies static 0.0.0.0/0 ${",
      failing: "believes Cloudflare, and nobody else",
    },
    {
      name: "caddy-says-nothing-of-itself",
      from: '    "\\t-Via",\n',
      to: "",
      failing: "in every answer, its own errors too",
    },
    {
      name: "caddy-tls-from-now-on",
      from: '"max-age=${hstsMaxAgeSeconds}"',
      to: '"max-age=${hstsMaxAgeSeconds}; includeSubDomains"',
      failing: "in every answer, its own errors too",
    },
  ],
);

const networks = controlsOf(
  {
    threat: "Its networks are internal",
    file: "components/networks.ts",
    test: "tests/components/networks.test.ts",
  },
  [
    {
      name: "network-internal",
      from: 'network("openclaw", true)',
      to: 'network("openclaw", false)',
      failing: "has the three networks, of which one leads out",
    },
    {
      name: "network-sink-dns",
      file: "components/container.ts",
      from: '{ dns: ["127.0.0.1"] }',
      to: "{}",
      failing: "lets the egress proxy alone look names up",
    },
    {
      name: "network-none",
      file: "components/container.ts",
      from: '{ networkMode: "none" }',
      to: '{ networkMode: "bridge" }',
      failing: "gives a container without a network none at all",
    },
    {
      name: "store-without-network",
      threat: "What was spent lies in a store",
      file: "config-files/redis/redis-conf.ts",
      from: '"port 0"',
      to: '"port 6379"',
      test: "tests/config-files/redis/redis-conf.test.ts",
      failing: "port is 0",
    },
    {
      name: "store-keeps-what-was-spent",
      threat: "What was spent lies in a store",
      file: "config-files/redis/redis-conf.ts",
      from: "maxmemory-policy noeviction",
      to: "maxmemory-policy allkeys-lru",
      test: "tests/config-files/redis/redis-conf.test.ts",
      failing: "maxmemory-policy is noeviction",
    },
  ],
);

const hostFirewall = controlsOf({ threat: hostItself, file: firewall, test: firewallTest }, [
  {
    name: "firewall-closed-by-default",
    from: "hook input priority filter - 10; policy drop;",
    to: "hook input priority filter - 10; policy accept;",
    failing: "drops what nobody asked for",
  },
  {
    name: "firewall-https-from-cloudflare",
    from: "${to(publishedPort.port)} ip saddr @cloudflare4 accept",
    to: "${to(publishedPort.port)} accept",
    failing: "publishes HTTPS alone, to exactly Cloudflare's ranges",
  },
  {
    name: "firewall-ssh-from-admins",
    from: '["ip saddr != @admin4 drop", "ip6 saddr != @admin6 drop"]',
    to: "[]",
    failing: "asks for SSH before anything else",
  },
  {
    name: "firewall-ssh-rate",
    from: "`update @ssh_seen4 { ip saddr ${limit} } drop`,",
    to: "",
    failing: "leaves SSH open where no admin addresses are known, at the same limited rate",
  },
  {
    name: "firewall-host-from-containers",
    threat: "The host answers no container",
    from: "  'iifname \"br-*\" drop',\n",
    to: "",
    failing: "stops every bridge before anything is admitted",
  },
  {
    name: "firewall-way-out",
    threat: "Of the containers here Squid alone",
    from: "`${proxy} ip daddr != @private tcp dport ${ports} accept`",
    to: "`ip daddr != @private tcp dport ${ports} accept`",
    failing: "lets the egress proxy alone out",
  },
  {
    name: "firewall-between-gateways",
    threat: "A table of addresses says which container",
    file: "config/services.ts",
    from: 'opensTo: ["litellm", "relay"',
    to: 'opensTo: ["gateway", "litellm", "relay"',
    failing: "lets no gateway reach another",
  },
  {
    name: "firewall-before-docker",
    threat: "No firewall, no Docker",
    file: "components/host-baseline.ts",
    from: "      gateways,\n      firewall,\n    ];",
    to: "      gateways,\n    ];",
    test: "tests/components/order.test.ts",
    failing: "does nothing on the host before it is prepared",
  },
]);

const egress = controlsOf({ threat: "The egress proxy has a list", file: squid, test: squidTest }, [
  {
    name: "egress-no-reverse-names",
    from: "dstdomain -n ${host}",
    to: "dstdomain ${host}",
    failing: "no list of names that looks reverse names up",
  },
  {
    name: "egress-port-443",
    from: '["http_access deny !tls_port"]',
    to: "[]",
    failing: "does not reach it: (another port|SSH)",
  },
  {
    name: "egress-tunnels-only",
    from: '    "http_access deny !tunnel",\n',
    to: "",
    failing: "does not reach it: without a tunnel",
  },
  {
    name: "egress-names-only",
    from: '    "http_access deny ip_literal",\n',
    to: "",
    failing: "is no destination even where a list names it",
  },
  {
    name: "egress-one-address-a-client",
    from: "src ${client.address}/32",
    to: "src ${client.address}/24",
    failing: "from an address next to its own",
  },
  {
    name: "egress-list-of-hosts",
    from: "http_access allow from_${client.name} hosts_of_${client.name}${portOf(client)}`",
    to: "http_access allow from_${client.name}${portOf(client)}`",
    failing: "a tunnel is allowed exactly to a host of that very client",
  },
  {
    name: "egress-special-addresses",
    threat: "A name one of whose addresses is private",
    from: "      `http_access deny from_${client.name} hosts_of_${client.name} special_address`,\n",
    to: "",
    failing: "is refused to the client that may reach it",
  },
  {
    name: "egress-metadata-address",
    threat: "A name one of whose addresses is private",
    file: "config-files/egress-proxy/special-addresses.ts",
    from: '  "169.254.0.0/16",',
    to: "",
    failing: "is refused to the client that may reach it",
  },
  {
    name: "egress-log-without-paths",
    threat: "A client has 128 connections",
    from: "%rm %>rd:%>rP %<a",
    to: "%rm %ru %<a",
    failing: "logs host and port, never a path",
  },
]);

export const networkControls: readonly Control[] = [
  ...edge,
  ...caddy,
  ...networks,
  ...hostFirewall,
  ...egress,
];
