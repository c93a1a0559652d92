import { cloudflareRanges } from "../../../config-files/cloudflare/ip-ranges";
import { caddyfile, caddyHealthPort, caddyPort } from "../../../config-files/reverse-proxy/caddyfile";

const text = caddyfile({ hostname: "assistant.example.org", upstream: "172.30.2.100:18789" });
const lines = text.split("\n").map((line) => line.trim());
/** First lines of the blocks at the outermost level. */
const sites = text.split("\n").filter((line) => /^(\S.*)?\{$/.test(line));

it("serves one name over TLS, refuses others, and serves its own health on loopback", () => {
  expect(sites).toEqual([
    "{",
    `https://assistant.example.org:${caddyPort} {`,
    `https://:${caddyPort} {`,
    `http://127.0.0.1:${caddyHealthPort} {`,
  ]);
  expect(lines.filter((line) => line.startsWith("tls "))).toEqual([
    "tls /etc/caddy/origin.pem /run/secrets/caddy/origin.key",
  ]);
});

it("closes every block that it opens", () => {
  expect(text.split("{").length).toBe(text.split("}").length);
});

it("has no administration port, asks for no certificates and writes nothing", () => {
  expect(lines).toEqual(expect.arrayContaining(["admin off", "auto_https off", "persist_config off"]));
});

it("believes Cloudflare, and nobody else, about who the client is", () => {
  const trusted = lines
    .find((line) => line.startsWith("trusted_proxies static "))
    ?.split(" ")
    .slice(2);
  expect(trusted).toEqual([...cloudflareRanges.v4, ...cloudflareRanges.v6]);
  expect(lines).toEqual(
    expect.arrayContaining(["trusted_proxies_strict", "client_ip_headers CF-Connecting-IP"]),
  );
});

it("overwrites what a client says about its address", () => {
  const proxy = text.slice(text.indexOf("reverse_proxy"));
  expect(proxy).toMatch(/^reverse_proxy 172\.30\.2\.100:18789 \{/);
  expect(proxy).toContain("header_up X-Forwarded-For {client_ip}");
  expect(proxy).toContain("header_up X-Real-IP {client_ip}");
  expect(proxy).toContain("header_up -CF-Connecting-IP");
});

it("says in every answer, its own errors too, to use TLS, of this name alone, and nothing of itself", () => {
  const site = text.slice(text.indexOf("https://"), text.indexOf("https://:"));
  const [answers = "", errors = ""] = site.split("handle_errors {");
  for (const part of [answers, errors]) {
    expect(part).toMatch(/^\t+-Server$/m);
    expect(part).toMatch(/^\t+-Via$/m);
    // Set last (>), in the place of what the gateway says.
    expect(part).toMatch(/^\t+>Strict-Transport-Security "max-age=15768000"$/m);
  }
  expect(text).not.toMatch(/preload|includeSubDomains/i);
});

it("bounds heads, and the time of heads, bodies and idle connections, for every site", () => {
  const servers = text.slice(text.indexOf("\tservers {"), text.indexOf("\tlog {"));
  expect(servers).toMatch(
    /^\t\ttimeouts \{\n\t{3}read_header 10s\n\t{3}read_body 60s\n\t{3}idle 120s\n\t\t\}\n\t\tmax_header_size 32KB$/m,
  );
});

it("does not tell visitors how the gateway's start is going", () => {
  const site = text.slice(text.indexOf("https://assistant"), text.indexOf("\treverse_proxy"));
  expect(site).toMatch(/^\trespond \/readyz 404\n\trespond \/startupz 404$/m);
});
