/**
 * The relay's real image, in the shape in which it is deployed, behind the real Squid with its real access list; the
 * stand-in Bot API listens on the machine itself, at an address that Squid takes for a public one.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { BlockList } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { fixedAddresses } from "../../../config/addresses";
import { services } from "../../../config/services";
import { tiers } from "../../../config/tiers";
import { buildContext } from "../../../config-files/build-context";
import {
  currentRevision,
  egressPort,
  egressProxyFiles,
  squidConf,
} from "../../../config-files/egress-proxy/squid-conf";
import { bundleRelay } from "../../../config-files/relay/bundle";
import { relayConfiguration, relayUrl, telegramHost } from "../../../config-files/relay/deployment";
import { published } from "../../../lab/images/catalogue";
import { buildLocal } from "../../../lab/images/local-image";
import { docker } from "../../../lab/lib/docker";
import { attempt, run } from "../../../lab/lib/exec";
import type { Any } from "../../lab/internet/harness";
import { Place, placeholders, realTokens, secrets } from "./support/place";

jest.setTimeout(180_000);
const id = randomBytes(4).toString("hex");
const inner = `relay-test-${id}-inner`;
const outer = `relay-test-${id}-outer`;
const relay = `relay-test-${id}-relay`;
const squid = `relay-test-${id}-squid`;
// A private network that the lab does not use, and a documentation network: Squid takes that for a public one.
// Public-looking: the egress proxy refuses every special address, those of documentations too.
const telegramAddress = "103.22.209.1";
const subnets = { openclaw: "10.87.213.0/24", proxy: "10.87.214.0/24", egress: "103.22.209.0/24" };
const addresses = fixedAddresses(subnets, 2);
const gateways = [
  { name: "first", telegram: true },
  { name: "second", telegram: true },
];
const directory = mkdtempSync(join(tmpdir(), "clawkeep-relay-image-"));
const place = new Place();
let node: string;
let tag: string;

const image = (ref: string) => {
  const found = published.find((item) => item.ref.startsWith(ref));
  if (found === undefined) throw new Error(`${ref} is not in the catalogue`);
  return buildLocal(found.image);
};

/** A folder with files of one owner and mode, as they land on a host. */
function folder(name: string, files: Readonly<Record<string, string>>, uid: number, mode: number): string {
  const path = join(directory, name);
  mkdirSync(path);
  for (const [file, content] of Object.entries(files)) {
    writeFileSync(join(path, file), content);
    chownSync(join(path, file), uid, uid);
    chmodSync(join(path, file), mode);
  }
  chownSync(path, uid, uid);
  chmodSync(path, mode === 0o400 ? 0o500 : 0o755);
  return path;
}

const limits = tiers.starter.services.relay;
const hardening = [
  ...["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--init"],
  ...["--memory", `${limits.memoryMiB}m`, "--memory-swap", `${limits.memoryMiB}m`],
  ...["--pids-limit", String(limits.pids), "--cpus", String(limits.cpus), "--dns", "127.0.0.1"],
];

/** A bridge with a network that the machine is already in would take its connections away. */
function refuseTakenNetworks(): void {
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  for (const subnet of [subnets.openclaw, subnets.egress]) {
    const [base = "", bits] = subnet.split("/");
    const wanted = new BlockList();
    wanted.addSubnet(base, Number(bits));
    for (const { family, address, cidr } of own) {
      if (family !== "IPv4" || cidr === null) continue;
      const there = new BlockList();
      there.addSubnet(address, Number(cidr.split("/")[1]));
      if (wanted.check(address) || there.check(base))
        throw new Error(`this machine is in ${cidr}: the test cannot use ${subnet}`);
    }
  }
}

/** What a run that was killed left behind holds the addresses. */
async function clearLeftovers(): Promise<void> {
  const listed = async (...args: string[]): Promise<string[]> =>
    (await docker([...args, "--quiet", "--filter", "name=^relay-test-"])).split("\n").filter(Boolean);
  for (const container of await listed("ps", "--all")) await docker(["rm", "--force", container]);
  for (const network of await listed("network", "ls")) await docker(["network", "rm", network]);
}

beforeAll(async () => {
  await clearLeftovers();
  refuseTakenNetworks();
  chmodSync(directory, 0o755);
  node = await image("docker.io/library/node");
  const squidImage = await image("docker.io/ubuntu/squid");
  const context = buildContext("relay", {
    Dockerfile: readFileSync(join(__dirname, "../../../config-files/relay/Dockerfile"), "utf8"),
    "relay.js": bundleRelay(),
  });
  tag = `relay-test-${id}`;
  await run("docker", ["build", "--network", "none", "--tag", tag, "--build-arg", `BASE=${node}`, "-"], {
    input: Buffer.from(context.tarBase64, "base64"),
    env: { DOCKER_BUILDKIT: "0" },
  });
  await docker(["network", "create", "--internal", "--subnet", subnets.openclaw, inner]);
  await docker(["network", "create", "--subnet", subnets.egress, "--gateway", telegramAddress, outer]);
  await place.start("api.telegram.org", { address: telegramAddress, port: 443 });

  const conf = squidConf([{ name: "relay", address: addresses.relay, hosts: [telegramHost] }]);
  const pages = Object.fromEntries(egressProxyFiles().map(({ path, content }) => [path, content]));
  await docker([
    ...["create", "--name", squid, "--network", inner, "--network-alias", "openclaw-egress"],
    ...["--ip", addresses.egressProxy.openclaw, "--user", "13:13", "--read-only", "--cap-drop", "ALL"],
    ...["--tmpfs", "/tmp:rw,size=16m", "--tmpfs", "/run:rw,size=4m,mode=1777"],
    ...["--add-host", `${telegramHost}:${telegramAddress}`, "--memory", "128m"],
    ...["--volume", `${folder("squid", { "squid.conf": conf, ...pages }, 0, 0o444)}:${currentRevision}:ro`],
    ...["--entrypoint", "/usr/sbin/squid", squidImage],
    ...["-N", "-f", `${currentRevision}/squid.conf`],
  ]);
  await docker(["network", "connect", outer, squid]);
  await docker(["start", squid]);

  const configuration = relayConfiguration({
    ...{ gateways, addresses, extraCa: true },
  });
  const files = folder("config", { "configuration.json": configuration, "extra-ca.pem": place.ca }, 0, 0o444);
  const tokens = folder("secrets", { "tokens.json": JSON.stringify(realTokens) }, services.relay.uid, 0o400);
  await docker([
    ...["run", "--detach", "--name", relay, "--hostname", services.relay.name, ...hardening],
    ...["--network", inner, "--network-alias", services.relay.name, "--ip", addresses.relay],
    ...["--volume", `${files}:/etc/relay:ro`, "--volume", `${tokens}:/run/secrets/relay:ro`],
    ...["--health-interval", "1s", "--user", `${services.relay.uid}:${services.relay.uid}`, tag],
  ]);
  await until(async () => (await inspect("{{.State.Health.Status}}")) === "healthy");
});
afterAll(async () => {
  await attempt("docker", ["rm", "--force", relay, squid]);
  await place.stop();
  await attempt("docker", ["network", "rm", inner, outer]);
  await attempt("docker", ["image", "rm", tag]);
  rmSync(directory, { recursive: true });
});
beforeEach(() => place.forget());

const inspect = async (template: string): Promise<string> =>
  (await docker(["inspect", "--format", template, relay])).trim();
const logs = async (container: string): Promise<string> => {
  const { stdout, stderr } = await attempt("docker", ["logs", container]);
  return stdout + stderr;
};

async function until(good: () => Promise<boolean>): Promise<void> {
  for (let attempts = 0; attempts < 40; attempts++) {
    if (await good()) return;
    await new Promise((wake) => setTimeout(wake, 500));
  }
  throw new Error(`not in time:\n${await logs(relay)}${await logs(squid)}`);
}

/** Runs JavaScript in a container at an address of the internal network; it gives its answer to `done`. */
async function inContainer(address: string, script: string): Promise<Any> {
  const program = `
    const api = "${relayUrl}/bot${placeholders.first}/", files = "${relayUrl}/file/bot${placeholders.first}/";
    const done = (value) => console.log(JSON.stringify(value));
    const call = async (method, params = {}) => (await fetch(api + method, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(params) })).json();
    (async () => { ${script} })().catch((error) => done({ error: String(error.cause ?? error) }));`;
  const output = await docker(
    [
      "run",
      "--rm",
      "--interactive",
      "--network",
      inner,
      "--ip",
      address,
      "--user",
      "1000:1000",
      node,
      "node",
      "-",
    ],
    { input: program },
  );
  return JSON.parse(output);
}
const gateway = addresses.gateways[0]?.openclaw ?? "";

it("carries text and a long poll, for Node's own client", async () => {
  const answer = inContainer(
    gateway,
    `const me = await (await fetch(api + "getMe")).json();
     const sent = await call("sendMessage", { chat_id: 42, text: "hello" });
     const { result } = await call("getUpdates", { timeout: 20 });
     done({ id: me.result.id, text: sent.result.text, heard: result[0].message.text });`,
  );
  await until(() => Promise.resolve(place.world.telegram.status().some(({ polling }) => polling === true)));
  place.world.telegram.inject(1234567890, { text: "hi" });
  expect(await answer).toEqual({ id: 1234567890, text: "hello", heard: "hi" });
});

it("carries the largest files within its memory", async () => {
  const bytes = randomBytes(20_000_000);
  place.world.telegram.inject(1234567890, { document: { base64: bytes.toString("base64"), name: "a.bin" } });
  const answer = await inContainer(
    gateway,
    `const { result } = await call("getUpdates", { offset: -1 });
     const file = await call("getFile", { file_id: result[0].message.document.file_id });
     const got = Buffer.from(await (await fetch(files + file.result.file_path)).arrayBuffer());
     const form = new FormData();
     form.set("chat_id", "42");
     form.set("document", new Blob([Buffer.alloc(50_000_000, 7)]), "big.bin");
     const sent = await (await fetch(api + "sendDocument", { method: "POST", body: form })).json();
     const more = new FormData();
     more.set("document", new Blob([Buffer.alloc(60_000_000)]), "bigger.bin");
     const refused = await fetch(api + "sendDocument", { method: "POST", body: more }).then((r) => r.status, () => 413);
     done({ sha: require("crypto").createHash("sha256").update(got).digest("hex"),
            size: sent.result.document.file_size, refused });`,
  );
  const { createHash } = await import("node:crypto");
  expect(answer).toEqual({
    sha: createHash("sha256").update(bytes).digest("hex"),
    size: 50_000_000,
    refused: 413,
  });
  expect(await inspect("{{.State.OOMKilled}} {{.RestartCount}} {{.State.Health.Status}}")).toBe(
    "false 0 healthy",
  );
});

it("answers nobody else on the network, nor another gateway with this one's placeholder", async () => {
  for (const [address, rule] of [
    [addresses.litellm, "caller"],
    [addresses.gateways[1]?.openclaw ?? "", "placeholder"],
  ] as const) {
    expect(await inContainer(address, `done(await call("getMe"))`)).toMatchObject({
      ok: false,
      error_code: 403,
    });
    expect(await logs(relay)).toContain(`"rule":"${rule}"`);
  }
  expect(place.seen).toEqual([]);
});

it("goes where its gateways may not: the egress proxy refuses them", async () => {
  const answer = await inContainer(
    gateway,
    `const socket = require("net").connect({ host: "openclaw-egress", port: ${egressPort} });
     socket.write("CONNECT ${telegramHost}:443 HTTP/1.1\\r\\nHost: ${telegramHost}:443\\r\\n\\r\\n");
     socket.once("data", (data) => { done(data.toString().split("\\r\\n")[0]); socket.destroy(); });`,
  );
  expect(answer).toContain(" 403 ");
});

it("refuses when the egress proxy is down, and goes on when it is back", async () => {
  // Long enough for Squid to end its tunnels by itself (shutdown_lifetime) and so to log them.
  await docker(["stop", "--time", "15", squid]);
  expect(await inContainer(gateway, `done(await call("getMe"))`)).toMatchObject({
    ok: false,
    error_code: 502,
  });
  expect(place.seen).toEqual([]);
  await docker(["start", squid]);
  await until(async () => (await inContainer(gateway, `done(await call("getMe"))`)).ok === true);
});

it("asks the egress proxy for one host", async () => {
  const tunnels = (await logs(squid)).split("\n").filter((line) => line.includes(` ${addresses.relay} `));
  expect(tunnels.length).toBeGreaterThan(0);
  for (const line of tunnels) expect(line).toMatch(/ TCP_TUNNEL\/\d+ CONNECT api\.telegram\.org:443 /);
  expect(tunnels.join()).toContain("TCP_TUNNEL/200");
});

it("shows the token nowhere", async () => {
  const shown = [
    await docker(["inspect", relay]),
    await docker(["history", "--no-trunc", tag]),
    await docker(["exec", relay, "cat", "/proc/1/environ", "/proc/1/cmdline"]),
    await logs(relay),
    await logs(squid),
  ].join("\n");
  expect(shown).toContain("relay.js");
  expect(shown).toContain('"event":"request"');
  for (const secret of secrets) expect(shown).not.toContain(secret);
  expect(await docker(["exec", relay, "stat", "--format", "%a %u", "/run/secrets/relay/tokens.json"])).toBe(
    `400 ${services.relay.uid}\n`,
  );
});
