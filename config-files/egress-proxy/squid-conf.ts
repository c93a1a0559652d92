/** Squid's configuration: which client may reach which exact hosts, and nothing else. */

/** One client of the egress proxy. */
export interface EgressClient {
  /** Name for the access list: letters, digits and underscores. */
  readonly name: string;
  /** The client's fixed address. */
  readonly address: string;
  /** Exact host names, no wildcards. An empty list: the client reaches nothing. */
  readonly hosts: readonly string[];
}

/** Port the proxy listens on. */
export const egressPort = 3128;

/** `squid.conf`. Clients without hosts get no rule and so end at the final deny. */
export function squidConf(clients: readonly EgressClient[]): string {
  const served = clients.filter((client) => client.hosts.length > 0);
  return [
    `http_port ${egressPort}`,
    "",
    "# Only tunnels, only to port 443.",
    "acl tls_port port 443",
    "acl tunnel method CONNECT",
    "http_access deny !tunnel",
    "http_access deny !tls_port",
    "",
    "# Names only: an address, or a name that answers with a private address, is no destination.",
    "acl ip_literal url_regex ^[0-9.]+:[0-9]+$ ^\\[",
    "http_access deny ip_literal",
    "acl private_destination dst 0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12",
    "acl private_destination dst 192.0.0.0/24 192.168.0.0/16 198.18.0.0/15 224.0.0.0/3 ::/8 fc00::/7 fe80::/10",
    "",
    "# -n: no reverse lookup, which would let whoever controls the reverse name of an address through.",
    ...served.flatMap((client) => [
      `acl from_${client.name} src ${client.address}/32`,
      ...client.hosts.map((host) => `acl hosts_of_${client.name} dstdomain -n ${host}`),
      `http_access deny from_${client.name} hosts_of_${client.name} private_destination`,
      `http_access allow from_${client.name} hosts_of_${client.name}`,
    ]),
    "http_access deny all",
    "",
    "via off",
    "forwarded_for delete",
    "httpd_suppress_version_string on",
    "",
    "cache_mem 32 MB",
    "maximum_object_size_in_memory 256 KB",
    "cache deny all",
    "max_filedescriptors 4096",
    "",
    "# Not root from the start, so nothing is given up later; logs go to the container's output, without query strings.",
    "pid_filename none",
    "strip_query_terms on",
    "logformat clawkeep %ts.%03tu %>a %Ss/%03>Hs %rm %ru %<a %<st",
    "acl healthcheck src 127.0.0.1/32",
    "access_log stdio:/dev/stdout clawkeep !healthcheck",
    "cache_log /dev/stderr",
    "cache_store_log none",
    "shutdown_lifetime 3 seconds",
    "visible_hostname openclaw-egress",
    "pinger_enable off",
    "",
  ].join("\n");
}
