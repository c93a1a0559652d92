import fc from "fast-check";
import {
  egressProxyFiles,
  squidConf,
  type EgressClient,
} from "../../../config-files/egress-proxy/squid-conf";
import { specialAddresses } from "./support/special-addresses";
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
  resolved: "103.22.204.81",
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
          // An address at random is hardly ever a client's.
          for (const client of [`172.30.1.${place}`, ...list.map(({ address }) => address)]) {
            const may = list.some(({ address, hosts }) => address === client && hosts.includes(host));
            expect(decide(squidConf(list), request({ client, host }))).toBe(may ? "allow" : "deny");
          }
        },
      ),
    );
  });
});

const conf = squidConf([
  { name: "litellm", address: "172.30.1.20", hosts: ["api.anthropic.com"] },
  { name: "relay", address: "172.30.1.30", hosts: [] },
]);

describe("a client with a host", () => {
  it("reaches it", () => expect(decide(conf, request())).toBe("allow"));

  it.each<[string, Partial<ProxyRequest>]>([
    ["another port", { port: 80 }],
    ["SSH", { port: 22 }],
    ["without a tunnel", { method: "GET" }],
    ["by address", { host: "203.0.113.80" }],
    ["by address in one number", { host: "3405803856" }],
    ["by address in hexadecimal", { host: "0xCB007150" }],
    ["by address in octal parts", { host: "0313.0.0161.0120" }],
    ["by address with a dot behind", { host: "203.0.113.80." }],
    ["by IPv6 address", { host: "[2001:db8::80]" }],
    ["by IPv6 address without brackets", { host: "2001:db8::80" }],
    ["another host", { host: "api.openai.com" }],
    ["a host below it", { host: "x.api.anthropic.com" }],
    ["a host that ends like it", { host: "bad-api.anthropic.com" }],
    ["from an address next to its own", { client: "172.30.1.21" }],
    ["as a client without hosts", { client: "172.30.1.30" }],
  ])("does not reach it: %s", (_, changes) => {
    expect(decide(conf, request(changes))).toBe("deny");
  });
});

it.each(["103.22.204.81", "1729547345", "0x6716cc51", "2606:4700::6810:1"])(
  "an address, %s, is no destination even where a list names it",
  (host) => {
    const listed = squidConf([{ name: "litellm", address: "172.30.1.20", hosts: [host] }]);
    expect(decide(listed, request({ host }))).toBe("deny");
  },
);

describe("a port of its own is one client's way to its own host", () => {
  const [ping, box] = ["ping.example.net", "u1.your-storagebox.de"];
  const own = squidConf([
    { name: "litellm", address: "172.30.1.20", hosts: ["api.anthropic.com"] },
    { name: "backup", address: "172.30.1.60", hosts: [ping] },
    { name: "backup_ssh", address: "172.30.1.60", hosts: [box], port: 23 },
  ]);
  it.each<[string, string, number, string]>([
    ["172.30.1.60", box, 23, "allow"],
    ["172.30.1.60", ping, 443, "allow"],
    ["172.30.1.20", "api.anthropic.com", 443, "allow"],
    ["172.30.1.60", box, 443, "deny"],
    ["172.30.1.60", box, 22, "deny"],
    ["172.30.1.60", ping, 23, "deny"],
    ["172.30.1.60", "api.anthropic.com", 23, "deny"],
    ["172.30.1.20", "api.anthropic.com", 23, "deny"],
    ["172.30.1.20", box, 23, "deny"],
    ["172.30.1.60", "203.0.113.9", 23, "deny"],
  ])("%s to %s by %i: %s", (client, host, port, wanted) => {
    expect(decide(own, request({ client, host, port }))).toBe(wanted);
  });
  it("not to an address inside, by that port either", () => {
    const inside = { client: "172.30.1.60", host: box, port: 23, resolved: "10.0.0.9" };
    expect(decide(own, request(inside))).toBe("deny");
  });
});

const globalAddresses = [
  ...["1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.1.1.1", "128.0.0.1"],
  ...["172.15.1.1", "172.32.0.1", "192.0.1.1", "192.167.1.1", "198.17.1.1", "198.20.0.1", "223.255.255.254"],
  ...[
    "103.22.204.81",
    "160.79.104.10",
    "2001:4860:4860::8888",
    "2400:cb00::1",
    "2606:4700::6810:1",
    "2a01:4f8::1",
  ],
];

it.each(specialAddresses)(
  "a name that answers with %s is refused to the client that may reach it",
  (resolved) => {
    expect(decide(conf, request({ resolved }))).toBe("deny");
  },
);

it.each(globalAddresses)("a name that answers with %s is allowed", (resolved) => {
  expect(decide(conf, request({ resolved }))).toBe("allow");
});

it("answers a question from inside with its revision, which is another one for another list", () => {
  const revision = (text: string) =>
    /^deny_info 307:http:\/\/revision\.invalid\/([0-9a-f]{12}) inside$/m.exec(text)?.[1];
  expect(revision(conf)).toMatch(/./);
  expect(revision(squidConf([]))).not.toBe(revision(conf));
  expect(readRules(conf).rules[0]).toEqual({ action: "deny", words: ["inside"] });
  expect(decide(conf, request({ client: "127.0.0.1" }))).toBe("deny");
});

it("has the guide's values for headers and memory, keeps nothing, and says nothing about itself", () => {
  const lines = conf.split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      "via off",
      "forwarded_for delete",
      "httpd_suppress_version_string on",
      "cache_mem 32 MB",
      "maximum_object_size_in_memory 256 KB",
      "cache deny all",
      "cache_store_log none",
      "cachemgr_passwd disable all",
    ]),
  );
});

it("logs host and port, never a path or a query", () => {
  expect(conf).toMatch(/^logformat clawkeep (?!.*%(ru|>ru|rp|>rp|un|>h))/m);
});

it("answers every error with its name alone", () => {
  const pages = egressProxyFiles().filter(({ path }) => path.startsWith("ERR_"));
  expect(pages.length).toBeGreaterThan(40);
  for (const { path, content } of pages) expect(content).toBe(`${path.slice(4)}\n`);
});
