/** Squid's configuration: which client may reach which exact hosts, and nothing else. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { services } from "../../config/services";
import { special4, special6 } from "./special-addresses";

/** One client of the egress proxy. */
export interface EgressClient {
  /** Name for the access list: letters, digits and underscores. */
  readonly name: string;
  /** The client's fixed address. */
  readonly address: string;
  /** Exact host names, no wildcards. An empty list: the client reaches nothing. */
  readonly hosts: readonly string[];
  /** The one port of those hosts that it may reach. @default 443 */
  readonly port?: number;
}

/** Connections of one client at the same time. */
export const clientConnections = 128;
/** Port the proxy listens on. */
export const egressPort = services.egressProxy.port;

/** Where the container sees the revision that is in force; `load-egress-list` points it at another one. */
export const currentRevision = "/etc/squid/clawkeep/current";

/**
 * `squid.conf`. Clients without hosts get no rule and so end at the final deny. To a question from inside the container
 * it answers with the revision it runs with, so that whoever loads a new list can see whether it is in force.
 */
export function squidConf(clients: readonly EgressClient[]): string {
  const rules = accessRules(clients);
  const revision = createHash("sha256").update(rules).digest("hex").slice(0, 12);
  return [
    "# From inside the container: which revision is in force? A redirect to its name, and nothing else.",
    "acl inside src 127.0.0.1/32",
    `deny_info 307:http://revision.invalid/${revision} inside`,
    "http_access deny inside",
    "",
    rules,
  ].join("\n");
}

/** Every file of a revision: the configuration, and error pages that say their name and nothing of the request or the proxy. */
export function egressProxyFiles(): { path: string; content: string }[] {
  const pages = errorPages.map((page) => ({ path: `ERR_${page}`, content: `${page}\n` }));
  return [{ path: "ask-revision", content: readFileSync(join(__dirname, "ask-revision"), "utf8") }, ...pages];
}

/** All that Squid 6 looks for at its start; those of FTP and the like it never answers with. */
const errorPages = (
  "ACCESS_DENIED ACL_TIME_QUOTA_EXCEEDED AGENT_CONFIGURE AGENT_WPAD CACHE_ACCESS_DENIED CACHE_MGR_ACCESS_DENIED " +
  "CANNOT_FORWARD CONFLICT_HOST CONNECT_FAIL DIR_LISTING DNS_FAIL ESI FORWARDING_DENIED FTP_DISABLED FTP_FAILURE " +
  "FTP_FORBIDDEN FTP_NOT_FOUND FTP_PUT_CREATED FTP_PUT_ERROR FTP_PUT_MODIFIED FTP_UNAVAILABLE GATEWAY_FAILURE " +
  "ICAP_FAILURE INVALID_REQ INVALID_RESP INVALID_URL LIFETIME_EXP NO_RELAY ONLY_IF_CACHED_MISS PRECONDITION_FAILED " +
  "PROTOCOL_UNKNOWN READ_ERROR READ_TIMEOUT SECURE_CONNECT_FAIL SHUTTING_DOWN SOCKET_FAILURE TOO_BIG " +
  "UNSUP_HTTPVERSION UNSUP_REQ URN_RESOLVE WRITE_ERROR ZERO_SIZE_OBJECT"
).split(" ");

function accessRules(clients: readonly EgressClient[]): string {
  const served = clients.filter((client) => client.hosts.length > 0);
  const own = served.filter((client) => client.port !== undefined);
  // Where nobody has a port of its own, the first rule has said all there is to say of ports.
  const portOf = ({ name, port }: EgressClient): string =>
    own.length === 0 ? "" : ` ${port === undefined ? "tls_port" : `port_of_${name}`}`;
  return [
    `http_port ${egressPort}`,
    "",
    "# Only tunnels, only to port 443. (So the cache manager and Squid's own pages are refused as well.)",
    "acl tls_port port 443",
    "acl tunnel method CONNECT",
    "http_access deny !tunnel",
    ...(own.length === 0
      ? ["http_access deny !tls_port"]
      : [
          "# But for what a client has of its own: SSH to where its backups go.",
          ...own.map(({ name, port }) => `acl port_of_${name} port ${port}`),
          `http_access deny !tls_port ${own.map(({ name }) => `!port_of_${name}`).join(" ")}`,
        ]),
    "",
    "# Names only: an address in any spelling, or a name one of whose addresses is special, is no destination.",
    "acl ip_literal url_regex -i (^|\\.)(0x[0-9a-f]*|[0-9]+)\\.*:[0-9]+$ ^\\[ :.*:[0-9]+$",
    "http_access deny ip_literal",
    ...[...special4, ...special6].map((range) => `acl special_address dst ${range}`),
    "",
    "# -n: no reverse lookup, which would let whoever controls the reverse name of an address through.",
    ...served.flatMap((client) => [
      `acl from_${client.name} src ${client.address}/32`,
      ...client.hosts.map((host) => `acl hosts_of_${client.name} dstdomain -n ${host}`),
      `http_access deny from_${client.name} hosts_of_${client.name} special_address`,
      `http_access allow from_${client.name} hosts_of_${client.name}${portOf(client)}`,
    ]),
    "http_access deny all",
    "",
    ...settings,
    "",
  ].join("\n");
}

const settings = [
  "# Says nothing about itself or its clients, to either side.",
  "via off",
  "forwarded_for delete",
  "httpd_suppress_version_string on",
  `visible_hostname ${services.egressProxy.name}`,
  `error_directory ${currentRevision}`,
  "email_err_data off",
  "reply_header_access Server deny all",
  "reply_header_access Cache-Status deny all",
  "cachemgr_passwd disable all",
  "",
  "# Keeps nothing.",
  "cache_mem 32 MB",
  "maximum_object_size_in_memory 256 KB",
  "cache deny all",
  "",
  "# No client can use it up. An answer at a checked name's address is kept for a minute at least, so that the",
  "# connection goes where the check looked, however short the name's own time is.",
  "max_filedescriptors 4096",
  `client_ip_max_connections ${clientConnections}`,
  "request_header_max_size 8 KB",
  "client_request_buffer_max_size 16 KB",
  "request_start_timeout 10 seconds",
  "request_timeout 10 seconds",
  "connect_timeout 10 seconds",
  "forward_timeout 30 seconds",
  "dns_timeout 10 seconds",
  "negative_dns_ttl 60 seconds",
  "# A tunnel outlives a change of the list for as long as both ends use it.",
  "read_timeout 15 minutes",
  "shutdown_lifetime 3 seconds",
  "",
  "# Not root from the start, so nothing is given up later. Logs go to the container's output: host and port, no path.",
  "pid_filename /tmp/squid.pid",
  "logformat clawkeep %ts.%03tu %>a %Ss/%03>Hs %rm %>rd:%>rP %<a %<st",
  "access_log stdio:/dev/stdout clawkeep !inside",
  "cache_log /dev/stderr",
  "cache_store_log none",
  "pinger_enable off",
];
