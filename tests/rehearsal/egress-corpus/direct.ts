/** Past the proxy: straight to addresses, by every protocol a process without privileges can speak. */
import type { Attempt, From } from "./attempt";

const everybody: readonly From[] = ["gateway", "litellm", "relay", "sandbox"];
const withPython: readonly From[] = ["litellm", "sandbox"];
const get = { send: "GET / HTTP/1.0\r\nHost: nobody.example\r\n\r\n", want: "you reached the host" };
const outside = (name: string, host: string, port: number): Attempt => ({
  family: "another host",
  name,
  from: everybody,
  controlOff: "egress-net",
  how: { kind: "tcp", host, port },
});
const spelled = (name: string, host: string): Attempt => ({
  family: "an address in another spelling",
  name,
  from: everybody,
  controlOff: "egress-net",
  how: { kind: "tcp", host, port: 80, ...get },
});
/** Services of the host at an address: SSH says hello by itself. */
const onHost = (name: string, host: string): Attempt => ({
  family: "the host",
  name,
  from: everybody,
  controlOff: "host",
  how: { kind: "tcp", host, port: 9922, want: "^SSH-" },
});
const question = (
  name: string,
  server: string,
  type = 1,
  more: Partial<Attempt> = {},
  tcp = false,
): Attempt => ({
  family: "DNS",
  name,
  from: everybody,
  controlOff: "egress-net",
  how: { kind: "dns", server, name: "{label}.nobody.example", type, tcp },
  ...more,
});
const noServer = { nowhere: "there is no such DNS server in the lab" };

export const direct: readonly Attempt[] = [
  outside("nobody, 443", "{nobody4}", 443),
  {
    ...outside("nobody, 80, with an answer", "{nobody4}", 80),
    how: { kind: "tcp", host: "{nobody4}", port: 80, ...get },
  },
  outside("a listed provider, without the proxy", "{anthropic}", 443),
  outside("another provider", "{openai}", 443),
  outside("a chat service", "{telegram}", 443),
  outside("the image registry", "{registry}", 443),
  outside("the reverse proxy of the world", "{edge}", 443),
  outside("a DNS server over TCP", "{dns}", 53),
  { ...outside("by name", "nobody.example", 443), family: "a name" },
  { ...outside("a listed provider by name", "api.anthropic.com", 443), family: "a name" },

  spelled("one number", "{nobodyNumber}"),
  spelled("hexadecimal", "{nobodyHex}"),
  spelled("octal", "{nobodyOctal}"),
  spelled("three parts", "{nobodyThree}"),
  spelled("IPv4 in IPv6", "::ffff:{nobody4}"),

  ...[443, 80].map((port): Attempt => ({
    family: "IPv6",
    name: `nobody, ${port}`,
    from: everybody,
    controlOff: "host",
    how: { kind: "tcp", host: "{nobody6}", port },
  })),
  {
    family: "IPv6",
    name: "IPv4 behind a 6to4 prefix",
    from: everybody,
    controlOff: "host",
    nowhere: "the lab has no 6to4 relay",
    how: { kind: "tcp", host: "2002:6716:cc55::1", port: 443 },
  },

  onHost("at its public address", "{host4}"),
  onHost("at its public IPv6 address", "{host6}"),
  onHost("at openclaw-net's gateway", "{openclawGateway}"),
  onHost("at proxy-net's gateway", "{proxyGateway}"),
  onHost("at egress-net's gateway", "{egressGateway}"),
  onHost("at the default bridge's gateway", "172.17.0.1"),

  {
    family: "another bridge",
    name: "the reverse proxy on egress-net",
    from: everybody,
    controlOff: "host",
    how: { kind: "tcp", host: "{caddyEgress}", port: 8443 },
  },
  {
    family: "another bridge",
    name: "the egress proxy on egress-net",
    from: everybody,
    controlOff: "host",
    how: { kind: "tcp", host: "{squidEgress}", port: 3128 },
  },
  {
    family: "another bridge",
    name: "the reverse proxy on proxy-net",
    from: ["litellm", "relay", "sandbox"],
    controlOff: "host",
    how: { kind: "tcp", host: "{caddyProxy}", port: 8443 },
  },
  {
    family: "the metadata service",
    name: "169.254.169.254",
    from: everybody,
    controlOff: "host",
    nowhere: "the lab has no metadata service",
    how: { kind: "tcp", host: "169.254.169.254", port: 80 },
  },

  question("Docker's resolver, A", "127.0.0.11"),
  question("Docker's resolver, TXT", "127.0.0.11", 16),
  question("Docker's resolver, over TCP", "127.0.0.11", 1, {}, true),
  question("the server of the host, A", "{dns}"),
  question("the server of the host, AAAA", "{dns}", 28),
  question("the server of the host, TXT", "{dns}", 16),
  question("the server of the host, MX", "{dns}", 15),
  question("the server of the host, over TCP", "{dns}", 1, {}, true),
  question("the host itself at openclaw-net's gateway", "{openclawGateway}", 1, noServer),
  question("the host itself at proxy-net's gateway", "{proxyGateway}", 1, noServer),
  question("a public resolver", "8.8.8.8", 1, noServer),
  question("another public resolver over TCP", "1.1.1.1", 1, noServer, true),
  ...["nobody.example", "{label}.nobody.example", "api.anthropic.com"].map((name): Attempt => ({
    family: "DNS",
    name: `the container's own resolver, ${name}`,
    from: everybody,
    controlOff: "egress-net",
    how: { kind: "lookup", name },
  })),

  ...["{nobody4}", "{dns}", "{anthropic}", "{host4}"].map((host): Attempt => ({
    family: "ICMP",
    name: `echo to ${host}`,
    from: withPython,
    controlOff: "egress-net",
    how: { kind: "ping", host },
  })),
];
