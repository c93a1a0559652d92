/** By way of the egress proxy, and of everything else that might forward. */
import type { Attempt, ControlOff, From } from "./attempt";

const clients: readonly From[] = ["gateway", "litellm", "relay"];
const established = "^HTTP/1\\.[01] 200";
const byProxy = (
  family: string,
  name: string,
  send: string,
  more: Partial<Attempt> & { want?: string; via?: string; port?: number | string } = {},
): Attempt => {
  const { want = established, via = "{proxy}", port = "{proxyPort}", ...rest } = more;
  return {
    family,
    name,
    from: clients,
    controlOff: "open proxy",
    how: { kind: "tcp", host: via, port, send, want },
    ...rest,
  };
};
const tunnel = (target: string, headers = ""): string =>
  `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${headers}\r\n`;
const connect = (family: string, target: string, more: Parameters<typeof byProxy>[3] = {}): Attempt =>
  byProxy(family, `CONNECT ${target}`, tunnel(target), more);
const leaked = { want: "you reached the host" };
const plain = (name: string, request: string, more: Parameters<typeof byProxy>[3] = {}): Attempt =>
  byProxy("a plain request", name, request, { ...leaked, ...more });
const guide: { controlOff: ControlOff } = { controlOff: "guide's proxy" };
const squidRefuses = { nowhere: "Squid takes it for no request at all" };

export const throughProxy: readonly Attempt[] = [
  ...["nobody.example:443", "NOBODY.example:443", "nobody.example.:443", "ghcr.io:443"].map((target) =>
    connect("another host", target),
  ),
  connect("a name as the message", "{label}.nobody.example:443"),
  connect("another host", "api.anthropic.com.nobody.example:443"),
  connect("another host", "xn--pi-6kc.nobody.example:443"),
  connect("another host", "api.anthropic.com@nobody.example:443", { nowhere: "a CONNECT has no user part" }),
  // Squid reads it up to the first port, so for LiteLLM it is a host of its own.
  connect("another client's host", "api.anthropic.com:443@nobody.example:443", {
    from: ["gateway", "relay"],
  }),
  connect("another host", "nobody.example%00.api.anthropic.com:443", squidRefuses),
  connect("another host", "nobody.example#api.anthropic.com:443", squidRefuses),

  connect("another client's host", "api.anthropic.com:443", { from: ["gateway", "relay"] }),
  connect("another client's host", "api.openai.com:443", { from: ["gateway", "relay"] }),
  connect("another client's host", "api.telegram.org:443", { from: ["gateway", "litellm"] }),
  connect("another client's host", "api.voyageai.com:443", { from: ["gateway", "relay"] }),

  connect("another port", "nobody.example:80"),
  connect("another port", "nobody.example:080"),
  connect("another port", "{dns}:53"),
  connect("another port", "{host4}:9922"),
  connect("another port", "api.anthropic.com:80", { nowhere: "nothing listens there" }),

  ...[
    "{nobody4}:443",
    "{nobodyNumber}:443",
    "{nobodyHex}:443",
    "{nobodyOctal}:443",
    "{nobodyThree}:443",
    "{nobody4}.:443",
    "[{nobody6}]:443",
    "[::ffff:{nobody4}]:443",
  ].map((target) => connect("an address in another spelling", target)),
  connect("an address in another spelling", "{nobody6}:443", squidRefuses),

  connect("a reverse name that lies", "{nobody4}:443", guide),
  byProxy(
    "a reverse name that lies",
    "with a listed Host",
    `CONNECT {nobody4}:443 HTTP/1.1\r\nHost: api.anthropic.com:443\r\n\r\n`,
    guide,
  ),

  ...(["loopback", "metadata", "neighbour"] as const).map((name) =>
    connect(
      "a name with a private address",
      `${name}.nobody.example:${{ loopback: 9922, metadata: 80, neighbour: 8443 }[name]}`,
      {
        ...(name === "metadata" ? { nowhere: "the lab has no metadata service" } : {}),
      },
    ),
  ),

  ...["{openclawGateway}", "{proxyGateway}", "{egressGateway}", "172.17.0.1", "127.0.0.1", "localhost"].map(
    (host) => connect("the host", `${host}:9922`),
  ),
  connect("the host", "[::1]:9922"),
  connect("the host", "{host4}:443"),
  connect("the metadata service", "169.254.169.254:80", { nowhere: "the lab has no metadata service" }),
  connect("the metadata service", "169.254.169.254:443", { nowhere: "the lab has no metadata service" }),
  connect("the metadata service", "[fd00:ec2::254]:80", { nowhere: "the lab has no metadata service" }),

  connect("another container", "{litellm}:4000"),
  connect("another container", "{gateway}:18789"),
  connect("another container", "{gatewayProxy}:18789"),
  connect("another container", "{caddyEgress}:8443"),
  connect("another container", "{caddyProxy}:8443"),
  connect("another container", "openclaw-litellm:4000"),
  connect("another container", "openclaw-caddy:8443"),

  byProxy(
    "proxy in proxy",
    "the proxy by way of itself",
    `${tunnel("{proxy}:{proxyPort}")}\u0000${tunnel("nobody.example:443")}`,
    {
      want: "200[\\s\\S]*\\r\\n\\r\\nHTTP/1\\.[01] 200",
    },
  ),
  byProxy(
    "proxy in proxy",
    "the proxy on loopback",
    `${tunnel("127.0.0.1:{proxyPort}")}\u0000${tunnel("nobody.example:443")}`,
    {
      want: "200[\\s\\S]*\\r\\n\\r\\nHTTP/1\\.[01] 200",
    },
  ),
  byProxy("another forwarder", "LiteLLM: CONNECT", tunnel("nobody.example:443"), {
    via: "{litellmAsProxy}",
    port: "{litellmAsProxyPort}",
  }),
  byProxy(
    "another forwarder",
    "LiteLLM: a whole URL",
    "GET http://nobody.example/ HTTP/1.1\r\nHost: nobody.example\r\nConnection: close\r\n\r\n",
    {
      ...leaked,
      via: "{litellmAsProxy}",
      port: "{litellmAsProxyPort}",
    },
  ),
  byProxy("another forwarder", "the gateway: CONNECT", tunnel("nobody.example:443"), {
    via: "{gatewayAsProxy}",
    port: "{gatewayAsProxyPort}",
  }),
  byProxy("another forwarder", "the relay: CONNECT", tunnel("nobody.example:443"), {
    via: "{relayAsProxy}",
    port: "{relayAsProxyPort}",
  }),
  byProxy(
    "another forwarder",
    "the relay: a whole URL",
    "GET http://nobody.example/ HTTP/1.1\r\nHost: nobody.example\r\nConnection: close\r\n\r\n",
    {
      ...leaked,
      via: "{relayAsProxy}",
      port: "{relayAsProxyPort}",
    },
  ),

  ...["GET", "HEAD", "OPTIONS", "DELETE"].map((method) =>
    plain(
      method,
      `${method} http://nobody.example/{label} HTTP/1.1\r\nHost: nobody.example\r\nConnection: close\r\n\r\n`,
      method === "HEAD" ? { want: established } : {},
    ),
  ),
  ...["POST", "PUT", "PATCH"].map((method) =>
    plain(
      method,
      `${method} http://nobody.example/{label} HTTP/1.1\r\nHost: nobody.example\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndata`,
    ),
  ),
  plain("GET to port 443", "GET http://nobody.example:443/ HTTP/1.1\r\nHost: nobody.example:443\r\n\r\n", {
    nowhere: "TLS answers nothing there",
  }),
  plain(
    "GET over TLS by the proxy",
    "GET https://nobody.example/ HTTP/1.1\r\nHost: nobody.example\r\nConnection: close\r\n\r\n",
    { nowhere: "the proxy has not the lab's CA" },
  ),
  plain("HTTP/1.0", "GET http://nobody.example/ HTTP/1.0\r\n\r\n"),
  plain("by address", "GET http://{nobody4}/ HTTP/1.1\r\nHost: {nobody4}\r\nConnection: close\r\n\r\n"),
  plain(
    "by IPv6 address",
    "GET http://[{nobody6}]/ HTTP/1.1\r\nHost: [{nobody6}]\r\nConnection: close\r\n\r\n",
  ),
  plain(
    "with a listed Host",
    "GET http://nobody.example/ HTTP/1.1\r\nHost: api.anthropic.com\r\nConnection: close\r\n\r\n",
  ),
  plain(
    "with an upgrade",
    "GET http://nobody.example/ HTTP/1.1\r\nHost: nobody.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
  ),
  plain(
    "with a chunked body",
    "POST http://nobody.example/ HTTP/1.1\r\nHost: nobody.example\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\ndata\r\n0\r\n\r\n",
  ),
  plain(
    "behind another request",
    "GET http://api.anthropic.com/ HTTP/1.1\r\nHost: api.anthropic.com\r\nContent-Length: 0\r\n\r\nGET http://nobody.example/ HTTP/1.1\r\nHost: nobody.example\r\nConnection: close\r\n\r\n",
  ),
  plain("FTP", "GET ftp://nobody.example/ HTTP/1.1\r\nHost: nobody.example\r\nConnection: close\r\n\r\n", {
    nowhere: "nobody speaks FTP",
  }),
  plain(
    "TRACE",
    "TRACE http://nobody.example/ HTTP/1.1\r\nHost: nobody.example\r\nMax-Forwards: 0\r\nConnection: close\r\n\r\n",
    { want: established },
  ),

  ...[
    ["X-Forwarded-For", "X-Forwarded-For: {litellm}"],
    ["Forwarded", "Forwarded: for={litellm};proto=https"],
    ["Via and X-Real-IP", "Via: 1.1 openclaw-litellm\r\nX-Real-IP: {litellm}"],
    ["Proxy-Authorization", "Proxy-Authorization: Basic bGl0ZWxsbTpsaXRlbGxt"],
    ["Host of a listed name", "Host: api.anthropic.com:443"],
    ["Upgrade", "Upgrade: h2c\r\nConnection: Upgrade"],
  ].map(([name, header]) =>
    byProxy("a header", name ?? "", `CONNECT nobody.example:443 HTTP/1.1\r\n${header}\r\n\r\n`),
  ),
  byProxy(
    "a header",
    "LiteLLM's list by X-Forwarded-For",
    tunnel("api.openai.com:443", "X-Forwarded-For: {litellm}\r\n"),
    { from: ["gateway", "relay"] },
  ),
  byProxy(
    "a header",
    "LiteLLM's list by Forwarded",
    tunnel("api.openai.com:443", "Forwarded: for={litellm}\r\n"),
    { from: ["gateway", "relay"] },
  ),
  byProxy(
    "a header",
    "the proxy protocol",
    `PROXY TCP4 {litellm} {squid} 1234 3128\r\n${tunnel("api.openai.com:443")}`,
    { from: ["gateway", "relay"], nowhere: "no port takes the proxy protocol" },
  ),
  {
    ...byProxy("a borrowed address", "LiteLLM's", tunnel("api.openai.com:443"), {
      from: ["gateway", "relay"],
    }),
    how: {
      kind: "tcp",
      host: "{proxy}",
      port: "{proxyPort}",
      send: tunnel("api.openai.com:443"),
      want: established,
      local: "{borrowed}",
    },
  },

  byProxy(
    "the cache manager",
    "by its path",
    "GET /squid-internal-mgr/info HTTP/1.1\r\nHost: {proxy}:{proxyPort}\r\nConnection: close\r\n\r\n",
    { want: "Squid Object Cache" },
  ),
  byProxy(
    "the cache manager",
    "by URL",
    "GET http://{proxy}:{proxyPort}/squid-internal-mgr/menu HTTP/1.1\r\nHost: {proxy}:{proxyPort}\r\nConnection: close\r\n\r\n",
    { want: established },
  ),
  byProxy(
    "the cache manager",
    "by its own pictures",
    "GET http://{proxy}:{proxyPort}/squid-internal-static/icons/SN.png HTTP/1.1\r\nHost: {proxy}:{proxyPort}\r\nConnection: close\r\n\r\n",
    { want: established },
  ),

  {
    family: "another bot",
    name: "its token, by way of the relay",
    from: ["gateway"],
    controlOff: "open proxy",
    nowhere: "a relay without its check is in the relay's own tests",
    how: {
      kind: "tcp",
      host: "{relay}",
      port: 8090,
      send: "GET /bot987654:somebody-elses/getMe HTTP/1.1\r\nHost: api.telegram.org\r\nConnection: close\r\n\r\n",
      want: established,
    },
  },
];
