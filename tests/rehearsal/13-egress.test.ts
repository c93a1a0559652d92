/** Everything that a hostile process would try to get something out: none of it leaves, and all of it could. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { names6 } from "../../lab/internet/addresses";
import { labDir } from "../../lab/lib/paths";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { chatTurn, requestsTo } from "../../lab/rehearsal/public";
import { stackOutputs } from "../../lab/rehearsal/pulumi";
import { onVps, tryOnVps } from "../../lab/rehearsal/vps";
import { script } from "../../lab/rehearsal/world";
import {
  languageOf,
  made,
  places,
  program,
  withProxyAt,
  type ControlOff,
  type From,
  type Made,
} from "./egress-corpus";

jest.setTimeout(180_000);

const subnets = { openclaw: "172.30.1.0/24", proxy: "172.30.2.0/24", egress: "172.30.3.0/24" };
const ports: Partial<Record<ControlOff, number>> = { "open proxy": 3198, "guide's proxy": 3199 };
const run = Date.now().toString(36);
const openProxy = "egress-open-proxy";

interface Result {
  readonly id: string;
  readonly left: boolean;
  readonly said: string;
}
interface Tried extends Made, Result {}

let controls: Tried[] = [];
let deployed: Tried[] = [];
let deployedSince = "";

beforeAll(async () => {
  await enterLabEnvironment();
  const words = await deploymentWords();
  await startOpenProxy(words);
  const containers = await clients();
  // The host's firewall is a control too: it would stop the others' attempts where their own control is off.
  await onVps("prod", "nft delete table inet clawkeep; nft delete table bridge clawkeep");
  try {
    controls = await withControlsOff(words);
  } finally {
    await onVps("prod", "/opt/openclaw/bin/apply-firewall ensure");
  }
  await onVps(
    "prod",
    `docker rm --force ${openProxy}; rm -f /run/${openProxy}.conf; ${providersByIpv4Alone("del")}`,
  );
  // The world notes a connection when it is over.
  await new Promise((wake) => setTimeout(wake, 2000));
  deployedSince = new Date().toISOString();
  deployed = await settle(
    Object.entries(containers).map(([from, container]) =>
      tryAll(made(`${run}d`, [from as From], words), `docker exec --interactive ${container}`),
    ),
  );
});

afterAll(() =>
  tryOnVps("prod", "docker ps --all --quiet --filter name=^egress- | xargs -r docker rm --force"),
);

const named = ({ from, attempt, said }: Tried): string =>
  `${from}: ${attempt.family}: ${attempt.name} (${said.split("\r\n")[0]})`;
const counted = (): Tried[] => deployed.filter(({ attempt }) => attempt.nowhere === undefined);

test("every attempt that counts succeeds where its control is off, by the same program", () => {
  const failed = controls.filter(({ attempt, left }) => attempt.nowhere === undefined && !left);
  expect(failed.map(named)).toEqual([]);
});

test("an attempt that does not count succeeds nowhere", () => {
  expect(controls.filter(({ attempt, left }) => attempt.nowhere !== undefined && left).map(named)).toEqual(
    [],
  );
});

test("at least a hundred attempts count, from every client there is", () => {
  const from = [...new Set(counted().map((attempt) => attempt.from))].sort();
  console.log(
    `${counted().length} attempts count, ${deployed.length - counted().length} were tried and count apart; from ${from.join(", ")}`,
  );
  expect(counted().length).toBeGreaterThanOrEqual(100);
  expect(from).toEqual(expect.arrayContaining(["gateway", "litellm", "sandbox"]));
  const proven = new Set(controls.filter(({ left }) => left).map(({ id }) => id));
  expect(
    counted()
      .filter(({ id }) => !proven.has(id))
      .map(named),
  ).toEqual([]);
});

test("none leaves", () => {
  expect(deployed.filter(({ left }) => left).map(named)).toEqual([]);
});

test("the host that nobody may reach was reached by nobody", async () => {
  const reached = (await requestsTo("nobody")).filter(({ time }) => time >= deployedSince);
  expect(reached).toEqual([]);
  // And it would have been noticed.
  expect((await requestsTo("nobody")).some(({ time }) => time < deployedSince)).toBe(true);
});

test("every listed host is reached by its one client, and by no other", async () => {
  const conf = await onVps("prod", "docker exec openclaw-egress cat /etc/squid/clawkeep/current/squid.conf");
  const lists = [...conf.matchAll(/^acl hosts_of_(\w+) dstdomain -n (\S+)$/gm)].map(
    ([, owner = "", host = ""]) => ({
      owner,
      host,
    }),
  );
  expect(lists.length).toBeGreaterThan(0);
  const containers = await clients();
  for (const from of (Object.keys(containers) as From[]).filter((client) => client !== "sandbox")) {
    const how = lists.map(({ owner, host }) => ({
      ...{ id: `${owner} ${host}`, kind: "tcp", host: "openclaw-egress", port: 3128 },
      ...{ send: `CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`, want: "^HTTP/1.1 200" },
    }));
    const text = program(
      languageOf(from),
      how.map(({ id, ...rest }) => ({ id, how: rest }) as unknown as Made),
    );
    const answer = await onVps(
      "prod",
      `docker exec --interactive ${containers[from]} ${languageOf(from)} -`,
      text,
    );
    const reached = (JSON.parse(answer) as Result[]).filter(({ left }) => left).map(({ id }) => id);
    const own = lists.filter(({ owner }) => owner === from).map(({ owner, host }) => `${owner} ${host}`);
    expect([from, reached.sort()]).toEqual([from, own.sort()]);
  }
});

async function deploymentWords(): Promise<Record<string, string>> {
  const outputs = await stackOutputs("prod");
  return places(subnets, { ipv4: String(outputs["ipv4"]), ipv6: String(outputs["ipv6"]) });
}

/** The container of each client that this stack has. */
async function clients(): Promise<Partial<Record<From, string>>> {
  const running = async (pattern: string): Promise<string | undefined> =>
    (await onVps("prod", `docker ps --filter name='${pattern}' --format '{{.Names}}'`))
      .trim()
      .split("\n")[0] || undefined;
  const sandboxes = String.raw`^openclaw\.`;
  if ((await running(sandboxes)) === undefined) await makeSandbox();
  const sandbox = await running(sandboxes);
  const relay = await running("^openclaw-relay$");
  return {
    gateway: "openclaw",
    litellm: "openclaw-litellm",
    ...(relay === undefined ? {} : { relay }),
    ...(sandbox === undefined ? {} : { sandbox }),
  };
}

/** The model calls a tool, and its gateway makes a sandbox for it. */
async function makeSandbox(): Promise<void> {
  await script("anthropic", [
    { tools: [{ name: "exec", arguments: { command: "true" } }] },
    { text: "done" },
  ]);
  await chatTurn("Run something in a sandbox");
}

/** Squid without lists, in the host's own network: it reaches everything that the host does. */
/**
 * The open proxy is in the server's own network, which has IPv6, and the lab serves the providers by IPv4 alone: without this
 * their published IPv6 addresses would leave it waiting.
 */
const providersByIpv4Alone = (what: "replace" | "del"): string =>
  Object.entries(names6)
    .filter(([name]) => name !== "nobody.example")
    .map(([, address]) => `ip -6 route ${what} unreachable ${address}`)
    .join("; ");

async function startOpenProxy(words: Record<string, string>): Promise<void> {
  const conf = [
    ...[
      "http_port 127.0.0.1:3198 name=open",
      "http_port 127.0.0.1:3199 name=guide",
      "visible_hostname 127.0.0.1",
    ],
    ...["acl open myportname open", "http_access allow open", "acl llm_apis dstdomain .anthropic.com"],
    ...["http_access allow CONNECT llm_apis", "http_access allow llm_apis", "http_access deny all"],
    ...["pid_filename none", "cache_log /dev/null", "access_log none", "cache deny all", "pinger_enable off"],
  ];
  const text = `${conf.join("\n")}\n`;
  await onVps("prod", providersByIpv4Alone("replace"));
  await onVps(
    "prod",
    `docker rm --force ${openProxy}; cat >/run/${openProxy}.conf; ` +
      `docker run --detach --name ${openProxy} --network host --user 13:13 --entrypoint squid ` +
      `--add-host openclaw-litellm:${words["litellm"]} --add-host openclaw-caddy:${words["caddyEgress"]} ` +
      `--volume /run/${openProxy}.conf:/open.conf:ro ` +
      `"$(docker inspect --format '{{.Config.Image}}' openclaw-egress)" -N -f /open.conf`,
    text,
  );
  await onVps(
    "prod",
    "for i in $(seq 50); do (: </dev/tcp/127.0.0.1/3199) 2>/dev/null && exit 0; sleep 0.2; done; exit 1",
  );
}

/** Every attempt in a throw-away container of its own program's image, where nothing holds it back. */
async function withControlsOff(words: Record<string, string>): Promise<Tried[]> {
  const everybody: From[] = ["gateway", "litellm", "relay", "sandbox"];
  const kinds: ControlOff[] = ["egress-net", "host", "open proxy", "guide's proxy"];
  return settle(
    kinds.flatMap((kind) => {
      const port = ports[kind];
      const there = { ...words, ...(port === undefined ? {} : withProxyAt(port)) };
      const attempts = made(`${run}c`, everybody, there).filter(({ attempt }) => attempt.controlOff === kind);
      return (["node", "python3"] as const).map((language) => {
        const name = `egress-control-${kinds.indexOf(kind)}-${language}`;
        const image = language === "node" ? "openclaw" : "openclaw-litellm";
        return tryAll(
          attempts.filter(({ from }) => languageOf(from) === language),
          `docker run --rm --interactive --name ${name} --network ${kind === "egress-net" ? kind : "host"} --user 1000 ` +
            `--entrypoint '' $(docker inspect --format '{{.Config.Image}}' ${image})`,
        );
      });
    }),
  );
}

/** @param inContainer command that runs what follows it in a container, with standard input */
async function tryAll(attempts: readonly Made[], inContainer: string): Promise<Tried[]> {
  const [first] = attempts;
  if (first === undefined) return [];
  const language = languageOf(first.from);
  const command = language === "node" ? "node --input-type=module -" : "python3 -";
  const results = JSON.parse(
    await onVps("prod", `${inContainer} ${command}`, program(language, attempts)),
  ) as Result[];
  return attempts.map((attempt) => {
    const result = results.find(({ id }) => id === attempt.id);
    if (result === undefined) throw new Error(`${attempt.id} was not tried`);
    return { ...attempt, ...result };
  });
}

/** Waits for all, and adds what only the outside can know: whose names its DNS server was asked for. */
async function settle(runs: readonly Promise<Tried[]>[]): Promise<Tried[]> {
  const tried = (await Promise.all(runs)).flat();
  const asked = readFileSync(join(labDir(), "logs", "dns.log"), "latin1");
  return tried.map((attempt) =>
    asked.includes(`${attempt.label}.nobody.example`)
      ? { ...attempt, left: true, said: `${attempt.said}; its name was asked for outside` }
      : attempt,
  );
}
