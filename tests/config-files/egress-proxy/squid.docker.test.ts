/** The real Squid under the deployed configuration: what it lets through, and how its lists change while it runs. */
import { readlinkSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import type { EgressClient } from "../../../config-files/egress-proxy/squid-conf";
import { specialAddresses } from "./support/special-addresses";
import { ScriptedNames } from "./support/names";
import { EgressProxyUnderTest, here, say, status, Tunnel } from "./support/proxy";

jest.setTimeout(60_000);

const proxy = new EgressProxyUnderTest();
const names = new ScriptedNames();
const servers: Server[] = [];
/** Connections that arrived at the public and at the private address. */
const arrived = { public: 0, private: 0 };

const clients = (...hosts: string[]): EgressClient[] => [
  { name: "litellm", address: here.public, hosts },
  { name: "relay", address: here.private, hosts: ["relay.test"] },
];
const listed = [
  ...["one.test", "two.test", "mixed.test", "flip.test", "late.test", "six.test", "mapped.test", "none.test"],
  ...["meta.test", "both.test", "only6.test"],
];
const current = (): string => readlinkSync(join(proxy.root, "current"));

beforeAll(async () => {
  await proxy.prepare();
  await names.listen(here.public);
  for (const name of ["one.test", "two.test", "three.test", "relay.test"]) names.script(name, [here.public]);
  for (const side of ["public", "private"] as const) {
    const server = createServer((socket) => {
      arrived[side]++;
      socket.on("error", () => undefined);
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(443, here[side], resolve));
    servers.push(server);
  }
  expect(await proxy.load(clients(...listed))).toMatchObject({ code: 0 });
  await proxy.start();
});

afterAll(async () => {
  for (const server of servers) server.close();
  names.close();
  await proxy.remove();
});

describe("what is let through", () => {
  it("is a listed host of that very client, on port 443, with all that it sends", async () => {
    const tunnel = await Tunnel.open("one.test:443");
    expect(await tunnel.echo("ping")).toBe("ping");
    tunnel.close();
    expect(await status("relay.test:443", "private")).toBe(200);
    expect(await status("relay.test:443")).toBe(403);
    expect(await status("one.test:443", "private")).toBe(403);
    expect(await status("three.test:443")).toBe(403);
    expect(await status("one.test:80")).toBe(403);
  });

  it.each([
    ["an address", `CONNECT ${here.public}:443 HTTP/1.1\r\n\r\n`, 403],
    ["a plain request", "GET http://one.test/ HTTP/1.1\r\nHost: one.test\r\n\r\n", 403],
    ["a plain request to port 443", "POST http://one.test:443/ HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 403],
    ["TRACE", "TRACE http://one.test/ HTTP/1.1\r\nMax-Forwards: 0\r\n\r\n", 403],
    ["the cache manager", "GET /squid-internal-mgr/info HTTP/1.1\r\nHost: openclaw-egress\r\n\r\n", 403],
    ["the cache manager's old name", "GET cache_object://openclaw-egress/info HTTP/1.0\r\n\r\n", 403],
    [
      "its own pictures",
      "GET /squid-internal-static/icons/SN.png HTTP/1.1\r\nHost: openclaw-egress\r\n\r\n",
      403,
    ],
    ["an empty host", "CONNECT :443 HTTP/1.1\r\n\r\n", 400],
    ["a listed host in a header", "CONNECT three.test:443 HTTP/1.1\r\nHost: one.test:443\r\n\r\n", 403],
    [
      "a listed client in a header",
      `CONNECT relay.test:443 HTTP/1.1\r\nX-Forwarded-For: ${here.private}\r\nForwarded: for=${here.private}\r\n\r\n`,
      403,
    ],
    [
      "a request head of more than 8 KB",
      `CONNECT one.test:443 HTTP/1.1\r\nX: ${"x".repeat(9000)}\r\n\r\n`,
      431,
    ],
  ])("is not: %s", async (_, request, expected) => {
    const answer = await say(request);
    expect(answer.split("\r\n")[0]).toContain(` ${expected} `);
    // Its name, and nothing of the request, the proxy or its version.
    expect(answer).not.toMatch(/squid\/|via:|server:|cache-status:|html>|one\.test|openclaw-egress/i);
  });

  it("is nothing of Squid's own: one port listens, and no other protocol", async () => {
    const tables = await proxy.inside("cat", "/proc/net/tcp", "/proc/net/tcp6", "/proc/net/udp");
    const listening = [...tables.matchAll(/^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ 0A .*$/gm)];
    const outside = listening.filter(([, address]) => !/^0B00007F$/.test(address ?? ""));
    expect(outside.map(([, , port]) => parseInt(port ?? "", 16))).toEqual([3128]);
    const fixed = [...tables.matchAll(/:([0-9A-F]{4}) 00000000:0000 07 /g)].map(([, port]) =>
      parseInt(port ?? "", 16),
    );
    for (const port of [3130, 4827, 3401]) expect(fixed).not.toContain(port);
  });

  it("is told from inside by revision alone", async () => {
    expect(await proxy.inside("/bin/bash", "/etc/squid/clawkeep/current/ask-revision")).toMatch(
      /^Location: http:\/\/revision\.invalid\/[0-9a-f]{12}\s*$/,
    );
  });

  it("is logged without path or query", async () => {
    await say("GET http://one.test/secret-path?secret-query HTTP/1.1\r\nHost: one.test\r\n\r\n");
    const log = await proxy.docker("logs");
    // Squid says so where the client has hung up before it has read all of the refusal, as this one may.
    expect(log).toMatch(/TCP_DENIED(?:_ABORTED)?\/403 GET one\.test:80 /);
    expect(log).toMatch(/TCP_TUNNEL\/200 CONNECT one\.test:443 /);
    expect(log).not.toMatch(/secret-/);
  });
});

describe("a name that changes its mind", () => {
  /** 30 tunnels, some at the same time. */
  const hammer = async (name: string): Promise<number[]> => {
    const found = [];
    for (let round = 0; round < 6; round++)
      found.push(...(await Promise.all(Array.from({ length: 5 }, () => status(`${name}:443`)))));
    return [...new Set(found)].sort();
  };
  beforeEach(() => Object.assign(arrived, { public: 0, private: 0 }));

  it("is refused when one of its addresses is private", async () => {
    names.script("mixed.test", [here.public, here.private]);
    expect(await hammer("mixed.test")).toEqual([403]);
    names.script("meta.test", ["169.254.169.254"]);
    expect(await status("meta.test:443")).toBe(403);
    expect(arrived).toEqual({ public: 0, private: 0 });
  });

  it("is connected where the check looked, and not looked up in between", async () => {
    names.script("flip.test", [here.public], [here.private]);
    expect(await hammer("flip.test")).toEqual([200]);
    expect(arrived.public).toBeGreaterThan(0);
    expect(arrived.private).toBe(0);
    expect(names.asked.get("flip.test")).toBe(1);
  });

  it("is not connected when the first look-up fails and the next is private", async () => {
    names.script("late.test", "SERVFAIL", [here.private]);
    for (const found of await hammer("late.test")) expect([403, 503]).toContain(found);
    expect(arrived.private).toBe(0);
  });

  it("reaches the private address when the check is taken away", async () => {
    const without = (conf: string): string =>
      conf.replace(/^http_access deny from_litellm hosts_of_litellm special_address$/m, "");
    expect(await proxy.load(clients(...listed, "off.test"), without)).toMatchObject({ code: 0 });
    names.script("off.test", [here.private]);
    expect(await hammer("off.test")).toEqual([200]);
    expect(arrived.private).toBeGreaterThan(0);
  });
});

describe("a changed list", () => {
  beforeEach(async () => expect(await proxy.load(clients("one.test"))).toMatchObject({ code: 0 }));
  const started = () => proxy.docker("inspect", "--format", "{{.State.StartedAt}} {{.RestartCount}}");

  it("is in force when it is loaded, and open tunnels stay", async () => {
    const before = await started();
    const tunnel = await Tunnel.open("one.test:443");
    const loaded = await proxy.load(clients("two.test"));
    expect(loaded).toMatchObject({ code: 0, stdout: expect.stringContaining("runs with") });
    expect(await status("one.test:443")).toBe(403);
    expect(await status("two.test:443")).toBe(200);
    expect(await tunnel.echo("still there")).toBe("still there");
    tunnel.close();
    expect(await started()).toBe(before);
  });

  it.each<[string, (conf: string) => string, RegExp]>([
    ["that Squid does not understand", (conf) => `${conf}acl x nonsense y\n`, /acl x nonsense y/],
    ["with a directive that is not there", (conf) => `${conf}no_such_thing on\n`, /no_such_thing/],
    [
      "whose list of special addresses comes out empty",
      (conf) =>
        conf.replaceAll(/^acl special_address dst .*\n/gm, "").replace(/^http_access deny tunnel/m, ""),
      /special_address/,
    ],
  ])("%s is refused before it is loaded, and the old one stays in force", async (_, spoil, reason) => {
    const [revision, before] = [current(), await started()];
    const loaded = await proxy.load(clients("two.test"), spoil);
    expect(loaded.code).toBe(1);
    expect(loaded.stderr).toMatch(reason);
    expect(current()).toBe(revision);
    expect(await started()).toBe(before);
    expect([await status("one.test:443"), await status("two.test:443")]).toEqual([200, 403]);
  });

  it("is taken back when the running proxy does not take it", async () => {
    const revision = current();
    await proxy.docker("pause");
    const loaded = await proxy.load(clients("two.test"));
    await proxy.docker("unpause");
    expect(loaded.code).toBe(1);
    expect(loaded.stderr).toMatch(/did not take/);
    expect(current()).toBe(revision);
    expect([await status("one.test:443"), await status("two.test:443")]).toEqual([200, 403]);
  });

  it("leaves the restart policy as it was: a proxy that dies comes back, with the list in force", async () => {
    await proxy.load(clients("two.test"));
    // On a busy machine the container is down before this command has ended, and takes it along; the count below tells.
    await proxy.inside("/bin/bash", "-c", "kill -KILL $(cat /tmp/squid.pid)").catch(() => undefined);
    await proxy.answers();
    expect(await proxy.docker("inspect", "--format", "{{.RestartCount}}")).toMatch(/^1/);
    expect([await status("one.test:443"), await status("two.test:443")]).toEqual([403, 200]);
  });
});

describe("a client that wants it all", () => {
  it("is cut off when it says nothing for ten seconds", async () => {
    const begin = Date.now();
    expect(await say("", "public", 20)).toMatch(/closed|408/);
    expect(Date.now() - begin).toBeGreaterThan(8_000);
    expect(Date.now() - begin).toBeLessThan(15_000);
  });

  it("gets about 128 connections, and the other client goes on", async () => {
    await proxy.load(clients("one.test"));
    const tried = await Promise.allSettled(Array.from({ length: 140 }, () => Tunnel.open("one.test:443")));
    const held = tried.flatMap((attempt) => (attempt.status === "fulfilled" ? [attempt.value] : []));
    // Squid counts the ones that it is about to close.
    expect(held.length).toBeGreaterThan(120);
    expect(held.length).toBeLessThan(132);
    expect(await status("relay.test:443", "private")).toBe(200);
    held.forEach((tunnel) => tunnel.close());
  });
});

describe("with IPv6 inside the container, as newer engines have it", () => {
  const ipv6 = ["all", "default", "lo"].flatMap((name) => [
    "--sysctl",
    `net.ipv6.conf.${name}.disable_ipv6=0`,
  ]);
  beforeAll(async () => {
    await proxy.load(clients(...listed));
    await proxy.start(ipv6);
  });

  // As names of providers have; the proxy's networks carry no IPv6, whatever the host has.
  it("a name with an IPv6 address of the Internet too is reached by its IPv4 address, each time", async () => {
    names.script("both.test", ["2607:6bc0::10", here.public]);
    const found = [];
    for (let time = 0; time < 5; time++) found.push(await status("both.test:443"));
    expect(found).toEqual([200, 200, 200, 200, 200]);
    names.script("only6.test", ["2607:6bc0::10"]);
    expect(await status("only6.test:443")).toBe(503);
  });

  it("IPv4 destinations are still reached", async () => {
    expect(await proxy.docker("logs")).not.toContain("IPv6 has not been enabled");
    expect(await status("one.test:443")).toBe(200);
  });

  it("a name with any special address is refused", async () => {
    const answers = specialAddresses.map((address, index) => [`special${index}.test`, address] as const);
    for (const [name, address] of answers) names.script(name, [address]);
    expect(await proxy.load(clients(...answers.map(([name]) => name)))).toMatchObject({ code: 0 });
    const found = [];
    for (const [name, address] of answers) found.push(`${address} ${await status(`${name}:443`)}`);
    expect(found).toEqual(answers.map(([, address]) => `${address} 403`));
    expect(await proxy.load(clients(...listed))).toMatchObject({ code: 0 });
  });

  it("a name with a special IPv6 address beside a good IPv4 one is refused", async () => {
    names.script("six.test", [here.public, "fd00:ec2::254"]);
    expect(await status("six.test:443")).toBe(403);
    names.script("mapped.test", [`::ffff:${here.private}`]);
    expect(await status("mapped.test:443")).toBe(403);
  });
});
