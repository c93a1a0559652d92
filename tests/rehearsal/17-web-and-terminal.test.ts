/**
 * The web page and OpenClaw's own terminal clients, by the public name and through the edge; devices that are let in
 * with `make pair`, and put out again.
 *
 * There is no browser in this: the page and its scripts are fetched, and its WebSocket is spoken by a client that
 * builds the same frames and the same signature as the page's own code (visitor/web-session.ts). The terminal clients
 * are the published ones.
 */
import { generateKeyPairSync } from "node:crypto";
import { hostname, labSecrets } from "../../lab/rehearsal/stacks";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { chatTurn, requestsTo } from "../../lab/rehearsal/public";
import { onVps } from "../../lab/rehearsal/vps";
import { script } from "../../lab/rehearsal/world";
import { pair } from "./pairing";
import { eventually } from "./support";
import { visitor, type Visitor } from "./visitor/visitor";
import type { WebOutcome, WebSession } from "./visitor/web-session";

jest.setTimeout(120_000);

const url = `https://${hostname}`;
/** A device of its own for each run; the gateway knows it by the hash of its key. */
const privateKey = generateKeyPairSync("ed25519")
  .privateKey.export({ format: "pem", type: "pkcs8" })
  .toString();
let owner: Visitor;
let attacker: Visitor;
let token: string;
let buildId = "";

interface DeviceList {
  readonly pending: readonly { requestId: string; clientId: string; remoteIp: string }[];
  readonly paired: readonly { deviceId: string; clientId: string; remoteIp: string }[];
}
const onGateway = (...command: string[]): Promise<string> =>
  onVps("prod", `docker exec openclaw openclaw ${command.join(" ")} --json`);
const devices = async (): Promise<DeviceList> => JSON.parse(await onGateway("devices", "list")) as DeviceList;

/** The page's own session, as far as `changes` do not say otherwise. */
const page = (changes: Partial<WebSession> = {}): WebSession => ({
  url: `wss://${hostname}/`,
  headers: { origin: url },
  client: { id: "openclaw-control-ui", mode: "webchat" },
  buildId,
  token,
  device: { privateKey },
  seconds: 30,
  ...changes,
});
const without = (key: "token" | "device"): WebSession =>
  Object.fromEntries(Object.entries(page()).filter(([name]) => name !== key)) as unknown as WebSession;
const refusal = ({ upgraded, hello, refusal, closed }: WebOutcome): unknown[] => [
  upgraded,
  hello !== undefined,
  refusal?.details?.code,
  closed?.code,
];
const refused = (code: string): unknown[] => [true, false, code, 1008];

/** Fetches with what a browser would send. */
async function get(path: string): Promise<{ status: number; headers: Headers; body: string }> {
  const { code, stdout, stderr } = await owner.run(
    ["node", "--input-type=module", "-"],
    `const answer = await fetch(${JSON.stringify(url + path)});
const body = await answer.text();
console.log(JSON.stringify({ status: answer.status, headers: [...answer.headers], body }));`,
  );
  if (code !== 0) throw new Error(`GET ${path}: ${stderr}`);
  const { status, headers, body } = JSON.parse(stdout) as {
    status: number;
    headers: [string, string][];
    body: string;
  };
  return { status, headers: new Headers(headers), body };
}

beforeAll(async () => {
  await enterLabEnvironment();
  token = (await labSecrets())["clawkeep:gatewayToken-openclaw"] ?? "";
  [owner, attacker] = await Promise.all([
    visitor("owner", `wss://${hostname}`),
    visitor("attacker", `wss://${hostname}`),
  ]);
});

afterAll(async () => {
  const visitors = [owner, attacker];
  await Promise.all(visitors.map((one) => one.leave()));
  await script("anthropic", []);
  const theirs = ({ remoteIp }: { remoteIp: string }): boolean =>
    visitors.some(({ address }) => address === remoteIp);
  await eventually("the gateway without this file's devices", 60, async () => {
    const { pending, paired } = await devices();
    for (const { requestId } of pending.filter(theirs)) await onGateway("devices", "reject", requestId);
    for (const { deviceId } of paired.filter(theirs)) await onGateway("devices", "remove", deviceId);
  });
});

test("the web page: scripts load, nobody may frame it, and it holds no token", async () => {
  const { status, headers, body } = await get("/");
  expect(status).toBe(200);
  expect(headers.get("content-type")).toMatch(/^text\/html/);
  expect(body).toContain("<title>OpenClaw Control</title>");
  expect(headers.get("x-frame-options")).toBe("DENY");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("referrer-policy")).toBe("no-referrer");
  const policy = headers.get("content-security-policy") ?? "";
  expect(policy).toMatch(/default-src 'self'/);
  expect(policy).toMatch(/frame-ancestors 'none'/);
  expect(policy).not.toMatch(/script-src[^;]*'unsafe-(inline|eval)'/);
  buildId = /control-ui-build-id="([^"]+?)(?:-[0-9a-f]{64})?"/.exec(body)?.[1] ?? "";
  expect(buildId).toMatch(/^2026\./);

  const scripts = [...body.matchAll(/<(?:script|link)[^>]+(?:src|href)="([^"]+\.js)[^"]*"/g)].map(
    ([, path = ""]) => new URL(path, url).pathname,
  );
  expect(scripts.length).toBeGreaterThan(0);
  for (const path of scripts.slice(0, 5)) {
    const script = await get(path);
    expect([path, script.status, script.headers.get("content-type")]).toEqual([
      path,
      200,
      expect.stringMatching(/javascript/),
    ]);
    expect(script.body).not.toContain(token);
  }
  expect(body).not.toContain(token);
});

describe("a browser that nobody has let in", () => {
  test("without the token: refused", async () => {
    expect(refusal(await attacker.web(without("token")))).toEqual(refused("AUTH_TOKEN_MISSING"));
  });

  test("from another site's page, with the token: refused", async () => {
    const elsewhere = page({ headers: { origin: "https://evil.example" } });
    expect(refusal(await attacker.web(elsewhere))).toEqual(refused("CONTROL_UI_ORIGIN_NOT_ALLOWED"));
    const nowhere = page({ headers: {} });
    expect(refusal(await attacker.web(nowhere))).toEqual(refused("CONTROL_UI_ORIGIN_NOT_ALLOWED"));
  });

  test("with the token, but no device or a signature of another connection: refused", async () => {
    const code = "CONTROL_UI_DEVICE_IDENTITY_REQUIRED";
    expect(refusal(await attacker.web(without("device")))).toEqual(refused(code));
    const replayed = page({ device: { privateKey, nonce: "00000000-0000-4000-8000-000000000000" } });
    expect(refusal(await attacker.web(replayed))).toEqual(refused("DEVICE_AUTH_NONCE_MISMATCH"));
  });

  test("the token without a device, in a client that is no browser, opens no conversation and no setting", async () => {
    for (const client of [
      { id: "cli", mode: "cli" },
      { id: "gateway-client", mode: "backend" },
    ]) {
      const message = { sessionKey: "agent:main:stranger", text: "Say: no device" };
      const methods = ["sessions.list", "config.get", "device.pair.list"];
      const outcome = await attacker.web({ ...without("device"), headers: {}, client, methods, message });
      expect(outcome.hello?.auth?.scopes).toEqual([]);
      expect(outcome.answers).toEqual({
        "sessions.list": "MISSING_SCOPE",
        "config.get": "MISSING_SCOPE",
        "device.pair.list": "MISSING_SCOPE",
        "chat.send": "MISSING_SCOPE",
      });
    }
  });
});

test("a browser and a terminal ask, are let in with `make pair`, and get answers", async () => {
  const [web, tui, cli] = ["web", "terminal", "shell"].map((name) => `${name}-${Date.now()}`) as [
    string,
    string,
    string,
  ];
  await script(
    "anthropic",
    [web, tui, cli].map((name) => ({ match: `ask-${name}`, text: `answer-${name}` })),
  );
  const asked = async (): Promise<number[]> => {
    const bodies = (await requestsTo("anthropic")).map(({ body }) => JSON.stringify(body));
    return [web, tui, cli].map((name) => bodies.filter((body) => body.includes(`ask-${name}`)).length);
  };
  const first = await owner.web(page());
  expect(refusal(first)).toEqual(refused("PAIRING_REQUIRED"));
  // It knocks until it is let in. `timeout` in the background would not get the terminal.
  const log = "/tmp/terminal";
  const client = `openclaw tui --session agent:main:${tui} --message ask-${tui}`;
  const shell = `stty cols 120 rows 40; exec timeout --foreground 110 ${client}`;
  await owner.start(["script", "--quiet", "--flush", "--command", shell, log]);
  const terminal = async (): Promise<string> => (await owner.run(["cat", log])).stdout;
  await eventually("the terminal's request", 40, async () => {
    expect(await terminal()).toMatch(/Pairing request sent/);
  });

  const listed = await pair();
  const codeOf = (name: string): string =>
    new RegExp(
      `^device +([0-9a-f-]{36}) +${name} on .* from ${owner.address} as operator: admin, `,
      "m",
    ).exec(listed)?.[1] ?? "none";
  expect(listed).toMatch(/: make pair STACK=prod APPROVE=CODE$/m);
  expect(codeOf("web page")).toBe(first.refusal?.details?.["requestId"]);
  expect(await asked()).toEqual([0, 0, 0]);
  expect(await pair(codeOf("web page"))).toMatch(/^let in: web page on /);
  expect(await pair(codeOf("terminal"))).toMatch(/^let in: terminal on /);

  const message = { sessionKey: `agent:main:${web}`, text: `ask-${web}` };
  const outcome = await owner.web(page({ message, methods: ["sessions.list"] }));
  expect(outcome.reply).toContain(`answer-${web}`);
  expect(outcome.answers).toEqual({ "chat.send": "ok", "sessions.list": "ok" });

  await eventually("the answer in the terminal", 40, async () => {
    expect(await terminal()).toContain(`answer-${tui}`);
  });

  // The command line is the same device, and asks for less.
  const args = ["--agent", "main", "--session-key", `agent:main:${cli}`, "--message", `ask-${cli}`];
  expect((await owner.run(["openclaw", "agent", ...args, "--json"])).stdout).toContain(`answer-${cli}`);
  expect(await asked()).toEqual([1, 1, 1]);
});

test("wrong tokens lock out who tries them, whatever he says of himself, and nobody else", async () => {
  // What he adds to his requests would lock the owner out instead of himself, if anybody believed it.
  const headers = {
    origin: url,
    "x-forwarded-for": owner.address,
    "cf-connecting-ip": owner.address,
    "x-real-ip": owner.address,
    "true-client-ip": owner.address,
    forwarded: `for=${owner.address}`,
  };
  const guess = (): Promise<WebOutcome> => attacker.web(page({ headers, token: "0".repeat(64) }));
  const codes: unknown[] = [];
  for (let n = 0; n < 12; n++) codes.push((await guess()).refusal?.details?.code);
  expect(codes.slice(0, 10)).toEqual(Array<string>(10).fill("AUTH_TOKEN_MISMATCH"));
  expect(codes.slice(10)).toEqual(["AUTH_RATE_LIMITED", "AUTH_RATE_LIMITED"]);
  // The right token does not help him now, and his address stands for it.
  expect(refusal(await attacker.web(page()))).toEqual(refused("AUTH_RATE_LIMITED"));
  const honest = await owner.web(page({ methods: ["sessions.list"] }));
  expect(honest.answers).toEqual({ "sessions.list": "ok" });
  expect(await chatTurn("Say: still open")).toContain("still open");
});

test("a device that is put out is out: its open connection, its own token, and the gateway's", async () => {
  const own = (await owner.web(page())).hello?.auth?.deviceToken ?? "none";
  const alone: WebSession = { ...without("token"), device: { privateKey, token: own } };
  expect((await owner.web({ ...alone, methods: ["sessions.list"] })).answers).toEqual({
    "sessions.list": "ok",
  });

  const open = owner.web(page({ stay: true, seconds: 60 }));
  const mine = ({ clientId, remoteIp }: { clientId: string; remoteIp: string }): boolean =>
    clientId === "openclaw-control-ui" && remoteIp === owner.address;
  const [device] = (await devices()).paired.filter(mine);
  await onGateway("devices", "remove", device?.deviceId ?? "");
  expect((await open).closed).toEqual({ code: 4001, reason: "device removed" });
  expect(refusal(await owner.web(alone))).toEqual(refused("AUTH_DEVICE_TOKEN_MISMATCH"));
  expect(refusal(await owner.web(page()))).toEqual(refused("PAIRING_REQUIRED"));
});
