/** Alerts on the real LiteLLM, Redis and Squid: over TLS, by the egress proxy, once, and in no call's way. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { ServerResponse } from "node:http";
import * as https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { run } from "../../../lab/lib/exec";
import { ScriptedNames } from "../egress-proxy/support/names";
import { EgressProxyUnderTest, egressContainer, here, proxyAddress } from "../egress-proxy/support/proxy";
import { Deployment, sonnet, sonnetCallUsd, type Answer } from "./support/deployment";

jest.setTimeout(180_000);

/** One call is 90 % of it. */
const oneCallNear = { ...sonnet, budgetUsd: sonnetCallUsd / 0.9 };
const named = [
  "listed",
  "parallel",
  "redirected",
  "impostor",
  "silent",
  "endless",
  "refused",
  "cut-off",
  "logged",
  "unlisted",
];
const secretParts = ["PATH-a91c77", "QUERY-5d20be"];
const certificates = mkdtempSync(join(tmpdir(), "clawkeep-alerts-"));
const certificate = (name: string) => ({
  key: readFileSync(join(certificates, `${name}.key`)),
  cert: readFileSync(join(certificates, `${name}.pem`)),
});

interface Alert {
  readonly what: string;
  readonly which: string;
  readonly text: string;
  readonly [key: string]: unknown;
}
/** What has arrived: where from, for which name, at which path. */
const arrived: { alert: Alert; from: string; servername: unknown; url: string }[] = [];
/** What the webhook does with an alert of a model, other than to take it. */
const answers: Record<string, (response: ServerResponse) => void> = {
  "model:silent": () => undefined,
  "model:endless": (response) => {
    const drip = setInterval(() => response.write("x".repeat(1000)), 100);
    response.writeHead(500).on("close", () => clearInterval(drip));
  },
  "model:redirected": (response) =>
    response.writeHead(307, { location: "https://other.test/elsewhere" }).end(),
};
let webhook: https.Server;
const names = new ScriptedNames();
const proxy = new EgressProxyUnderTest();
const deployment = new Deployment({
  webhook: `https://hooks.test/${secretParts[0]}?token=${secretParts[1]}`,
  egressProxyUrl: "http://openclaw-egress:3128",
  gateways: [
    { name: "openclaw", maxParallelRequests: 30, requestsPerMinute: 1000 },
    { name: "second", budgetUsd: sonnetCallUsd / 0.8, models: ["open"] },
  ],
  models: [
    ...named.map((name) => ({ ...oneCallNear, name })),
    { ...sonnet, name: "open" },
    // The first call is 80 % of it. The second is sold dearer than it was announced and goes past the cap.
    { ...sonnet, name: "billed", budgetUsd: sonnetCallUsd / 0.8 },
  ],
  edit: (files) => files.set("extra-ca.pem", readFileSync(join(certificates, "hooks.pem"), "utf8")),
});
const list = (...hosts: string[]) => proxy.load([{ name: "litellm", address: deployment.address, hosts }]);

const listening = (): Promise<void> =>
  new Promise((resolve) => webhook.listen(443, here.public, () => resolve()));
const closed = (): Promise<void> =>
  new Promise((resolve) => {
    webhook.close(() => resolve());
    webhook.closeAllConnections();
  });

beforeAll(async () => {
  for (const [file, name] of [
    ["hooks", "hooks.test"],
    ["other", "other.test"],
  ]) {
    await run("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2"],
      ...["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`],
      ...["-keyout", join(certificates, `${file}.key`), "-out", join(certificates, `${file}.pem`)],
    ]);
  }
  webhook = https.createServer(certificate("hooks"), (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const socket = request.socket as TLSSocket & { servername?: unknown };
      const alert = JSON.parse(Buffer.concat(chunks).toString()) as Alert;
      arrived.push({
        alert,
        from: socket.remoteAddress ?? "",
        servername: socket.servername,
        url: request.url ?? "",
      });
      const take = (): unknown => response.writeHead(204).end();
      (answers[alert.which] ?? take)(response);
    });
  });
  await proxy.prepare();
  await names.listen(here.public);
  for (const name of ["hooks.test", "other.test"]) names.script(name, [here.public]);
  await listening();
  await Promise.all([
    deployment.start(),
    proxy.load([{ name: "litellm", address: "192.0.2.1", hosts: ["hooks.test"] }]).then(() => proxy.start()),
  ]);
  await proxy.docker("network", "connect", "--alias", "openclaw-egress", deployment.id);
  expect(await list("hooks.test")).toMatchObject({ code: 0 });
  // The first call of all takes longest.
  expect((await deployment.chat("open", "warm up")).status).toBe(200);
});

afterAll(async () => {
  await closed();
  names.close();
  await proxy.docker("network", "disconnect", "--force", deployment.id).catch(() => undefined);
  await deployment.stop();
  await proxy.remove();
  rmSync(certificates, { recursive: true, force: true });
});

const told = (which: string) => arrived.filter(({ alert }) => alert.which === which);
/** Waits until it is so, or for the time; the expectation behind it says what is missing. */
async function soon(so: () => boolean | Promise<boolean>, seconds = 10): Promise<void> {
  for (const end = Date.now() + seconds * 1000; !(await so()) && Date.now() < end;)
    await new Promise((wake) => setTimeout(wake, 100));
}
const gaveUp = (model: string): RegExp =>
  new RegExp(`the alert webhook did not take near-cap of model:${model}: (.*)`);
/** Why an alert was given up, as the log says it. */
async function reasonOf(model: string): Promise<string> {
  await soon(async () => gaveUp(model).test(await deployment.logs()), 30);
  return gaveUp(model).exec(await deployment.logs())?.[1] ?? "nothing was logged";
}
/**
 * A call that brings the model near its cap: it is answered, and as soon as one that nobody is told of. Waiting for the
 * webhook would take three seconds at least, which lie between the attempts.
 */
async function callOf(model: string): Promise<void> {
  const other = await deployment.chat("open", "nobody is told");
  const { status, ms } = await deployment.chat(model, "near the cap");
  expect([status, ms < other.ms + 2900 ? "at once" : `after ${ms} ms`]).toEqual([200, "at once"]);
}

it("is told over TLS, by the egress proxy, at the whole of its address", async () => {
  await callOf("listed");
  await soon(() => told("model:listed").length > 0);
  expect(told("model:listed")).toEqual([
    {
      alert: expect.objectContaining({ what: "near-cap" }),
      from: proxyAddress.public,
      servername: "hooks.test",
      url: `/${secretParts[0]}?token=${secretParts[1]}`,
    },
  ]);
  expect(await proxy.docker("logs")).toMatch(
    new RegExp(` ${deployment.address} TCP_TUNNEL/200 CONNECT hooks\\.test:443 `),
  );
});

describe("words", () => {
  it("say which model, how much of how much, and what to do; each message once, not once a call", async () => {
    expect((await deployment.chat("billed", "one", { max_tokens: 1000 })).status).toBe(200);
    await deployment.settled("model:billed");
    expect((await deployment.chat("billed", "two", { max_tokens: 20 })).status).toBe(200);
    await deployment.settled("model:billed");
    for (let index = 0; index < 5; index++)
      expect((await deployment.chat("billed", "more")).status).toBe(429);
    await soon(() => told("model:billed").length > 1);
    // Time for one too many.
    await new Promise((wake) => setTimeout(wake, 500));
    const resets = "resets 20\\d\\d-\\d\\d-\\d\\dT\\S+\\. Next: ";
    const raise = "raise budgetUsd of billed in clawkeep:models and run pulumi up$";
    const spent = ["\\$0\\.018 of \\$0\\.0225 \\(80 %\\)", "\\$0\\.036 of \\$0\\.0225 \\(160 %\\)"];
    const texts = told("model:billed").map(({ alert }) => alert.text);
    expect(texts.sort()).toEqual([
      expect.stringMatching(
        `^at-cap: model:billed has spent ${spent[1]}; ${resets}its calls are refused .*${raise}`,
      ),
      expect.stringMatching(`^near-cap: model:billed has spent ${spent[0]}; ${resets}at the cap .*${raise}`),
    ]);
  });

  it("say the same of a gateway", async () => {
    expect((await deployment.chat("open", "mine", {}, deployment.keys["second"])).status).toBe(200);
    await soon(() => told("gateway:second").length > 0);
    expect(told("gateway:second").map(({ alert }) => alert.text)).toEqual([
      expect.stringMatching(
        /^near-cap: gateway:second has spent .*budgetUsd of second in clawkeep:gateways and/,
      ),
    ]);
  });

  it("are not repeated by calls side by side", async () => {
    const calls: Answer[] = await Promise.all(
      Array.from({ length: 10 }, () => deployment.chat("parallel", "all at once")),
    );
    expect(calls.filter(({ status }) => status === 200)).toHaveLength(1);
    await deployment.settled("model:parallel");
    await deployment.chat("parallel", "and again");
    await soon(() => told("model:parallel").length > 1);
    await new Promise((wake) => setTimeout(wake, 500));
    const whats = told("model:parallel").map(({ alert }) => alert.what);
    expect(whats.sort()).toEqual(["near-cap", "refusing"]);
    const refusing = told("model:parallel").find(({ alert }) => alert.what === "refusing");
    expect(refusing?.alert.text).toMatch(
      /Next: a call no longer fitted .*budgetUsd of parallel in clawkeep:models/,
    );
  });
});

describe("an alert that is not taken delays and fails no call, and is given up:", () => {
  it("a webhook that says nothing, one that never stops, one that leads elsewhere, even to a host on the list", async () => {
    await list("hooks.test", "other.test");
    for (const model of ["silent", "endless", "redirected"]) await callOf(model);
    await soon(() => told("model:silent").length > 0);
    // Others are answered while it is waited for.
    expect((await deployment.chat("open", "meanwhile")).status).toBe(200);
    expect(await deployment.logs()).not.toMatch(gaveUp("silent"));
    expect(await reasonOf("endless")).toBe("it answered 500");
    expect(await reasonOf("redirected")).toBe("it answered 307");
    expect(arrived.map(({ url }) => url)).not.toContain("/elsewhere");
    expect(await proxy.docker("logs")).not.toContain("other.test");
    expect(await reasonOf("silent")).toMatch(/Timeout/);
    expect(["silent", "endless", "redirected"].map((model) => told(`model:${model}`).length)).toEqual([
      3, 3, 3,
    ]);
  });

  it("nobody listens", async () => {
    await closed();
    await callOf("refused");
    expect(await reasonOf("refused")).toMatch(/^ProxyError$/);
    await listening();
    expect(told("model:refused")).toEqual([]);
  });

  it("somebody in its place, with another name's certificate", async () => {
    webhook.setSecureContext(certificate("other"));
    await callOf("impostor");
    expect(await reasonOf("impostor")).toBe("ConnectError");
    webhook.setSecureContext(certificate("hooks"));
    expect(told("model:impostor")).toEqual([]);
  });

  it("a host that is not on LiteLLM's list", async () => {
    await list("other.test");
    await callOf("unlisted");
    expect(await reasonOf("unlisted")).toBe("ProxyError");
    expect(told("model:unlisted")).toEqual([]);
    expect(await proxy.docker("logs")).toMatch(/TCP_DENIED\/403 CONNECT hooks\.test:443 /);
    await list("hooks.test");
  });

  it("the egress proxy is down: there is no other way", async () => {
    await proxy.docker("stop", "--time", "1");
    await callOf("cut-off");
    await soon(() => told("model:cut-off").length > 0, 3);
    expect(told("model:cut-off")).toEqual([]);
    await proxy.docker("start");
    await proxy.answers();
  });
});

it("the secret part of the address is in no log and no record", async () => {
  await closed();
  await callOf("logged");
  expect(await reasonOf("logged")).toMatch(/^ProxyError/);
  const everything = [
    await deployment.logs(),
    await deployment.logs(egressContainer),
    JSON.stringify(await deployment.audit(2)),
  ];
  expect(everything.join()).toMatch(/near-cap: model:logged/);
  for (const part of secretParts) expect(everything.join()).not.toContain(part);
});
