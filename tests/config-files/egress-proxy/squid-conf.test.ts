import fc from "fast-check";
import { squidConf, type EgressClient } from "../../../config-files/egress-proxy/squid-conf";
import { decide, readRules, type ProxyRequest } from "./access-rules";

const hostNames = ["api.anthropic.com", "api.openai.com", "api.telegram.org", "api.example.org"];
/** Any clients: different names and addresses, each with some hosts or none. */
const clients: fc.Arbitrary<EgressClient[]> = fc
  .uniqueArray(fc.integer({ min: 2, max: 254 }), { minLength: 1, maxLength: 6 })
  .chain((places) =>
    fc.tuple(
      ...places.map((place) =>
        fc
          .subarray(hostNames)
          .map((hosts) => ({ name: `client_${place}`, address: `172.30.1.${place}`, hosts })),
      ),
    ),
  );
const request = (changes: Partial<ProxyRequest> = {}): ProxyRequest => ({
  client: "172.30.1.20",
  method: "CONNECT",
  host: "api.anthropic.com",
  port: 443,
  resolved: "203.0.113.80",
  ...changes,
});

describe("whatever the clients", () => {
  const always = (check: (conf: string, list: EgressClient[]) => void) =>
    fc.assert(fc.property(clients, (list) => check(squidConf(list), list)));

  it("the last rule denies all", () => {
    always((conf) => expect(readRules(conf).rules.at(-1)).toEqual({ action: "deny", words: ["all"] }));
  });

  it("there is no list of names that looks reverse names up, and no wildcard", () => {
    always((conf) => {
      for (const line of conf.split("\n").filter((text) => text.includes("dstdomain"))) {
        expect(line).toMatch(/^acl \w+ dstdomain -n [a-z0-9][a-z0-9.-]+$/);
      }
    });
  });

  it("only a client with hosts is allowed anything, and only its own", () => {
    always((conf, list) => {
      const allows = readRules(conf).rules.filter(({ action }) => action === "allow");
      const served = list.filter(({ hosts }) => hosts.length > 0);
      expect(allows.map(({ words }) => words)).toEqual(
        served.map(({ name }) => [`from_${name}`, `hosts_of_${name}`]),
      );
    });
  });

  it("a tunnel is allowed exactly to a host of that very client", () => {
    fc.assert(
      fc.property(
        clients,
        fc.integer({ min: 2, max: 254 }),
        fc.constantFrom(...hostNames, "evil.example", "x.api.openai.com"),
        (list, place, host) => {
          const client = `172.30.1.${place}`;
          const may = list.some(({ address, hosts }) => address === client && hosts.includes(host));
          expect(decide(squidConf(list), request({ client, host }))).toBe(may ? "allow" : "deny");
        },
      ),
    );
  });
});

describe("a client with a host", () => {
  const conf = squidConf([
    { name: "litellm", address: "172.30.1.20", hosts: ["api.anthropic.com"] },
    { name: "relay", address: "172.30.1.30", hosts: [] },
  ]);

  it("reaches it", () => expect(decide(conf, request())).toBe("allow"));

  it.each<[string, Partial<ProxyRequest>]>([
    ["another port", { port: 80 }],
    ["SSH", { port: 22 }],
    ["without a tunnel", { method: "GET" }],
    ["by address", { host: "203.0.113.80" }],
    ["by address in one number", { host: "3405803856" }],
    ["by IPv6 address", { host: "[2001:db8::80]" }],
    ["another host", { host: "api.openai.com" }],
    ["a host below it", { host: "x.api.anthropic.com" }],
    ["a host that ends like it", { host: "bad-api.anthropic.com" }],
    ["from an address next to its own", { client: "172.30.1.21" }],
    ["as a client without hosts", { client: "172.30.1.30" }],
    ["when the name answers with a loopback address", { resolved: "127.0.0.1" }],
    ["when the name answers with the Docker bridge", { resolved: "172.17.0.1" }],
    ["when the name answers with a private network", { resolved: "10.1.2.3" }],
    ["when the name answers with a provider's metadata service", { resolved: "169.254.169.254" }],
    ["when the name answers with shared address space", { resolved: "100.64.1.1" }],
    ["when the name answers with IPv6 loopback", { resolved: "::1" }],
    ["when the name answers with a private IPv6 network", { resolved: "fd00::1" }],
    ["when the name answers with a link-local address", { resolved: "fe80::1" }],
  ])("does not reach it: %s", (_, changes) => {
    expect(decide(conf, request(changes))).toBe("deny");
  });
});

it("logs to the container's output, keeps nothing and says nothing about itself", () => {
  const lines = squidConf([]).split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      "cache deny all",
      "via off",
      "forwarded_for delete",
      "strip_query_terms on",
      "cache_store_log none",
      "pid_filename none",
    ]),
  );
});
