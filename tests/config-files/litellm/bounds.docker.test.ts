/** What one gateway can take of LiteLLM: memory, disk, time; and that its name gives it nothing. */
import * as http from "node:http";
import * as net from "node:net";
import { attempt } from "../../../lab/lib/exec";
import { docker } from "../../../lab/lib/docker";
import { Deployment, gpt, sonnet } from "./support/deployment";

jest.setTimeout(180_000);

const readSeconds = 8;
const plenty = { budgetUsd: 1000, requestsPerMinute: 10_000 } as const;
const deployment = new Deployment({
  gateways: [
    { name: "greedy", ...plenty, maxParallelRequests: 8 },
    { name: "other", ...plenty },
    { name: "operator", ...plenty, maxParallelRequests: 8 },
  ],
  models: [
    { ...sonnet, ...plenty, retries: 0, timeoutSeconds: 10 },
    { ...gpt, ...plenty, retries: 0 },
    { ...plenty, name: "memory", provider: "voyage", model: "voyage-3.5", mode: "embedding", retries: 0 },
  ],
  edit: (files) => {
    const bodies = files.get("bodies.py") ?? "";
    expect(bodies).toContain("READ_SECONDS = 30");
    files.set("bodies.py", bodies.replace("READ_SECONDS = 30", `READ_SECONDS = ${readSeconds}`));
  },
});
const key = (name: string): string => deployment.keys[name] ?? "";
const mebibyte = 1024 * 1024;

beforeAll(async () => {
  await deployment.start();
  for (const model of ["gpt", "sonnet"]) await deployment.chat(model, "warm", {}, key("other"));
});
afterAll(() => deployment.stop());

const post = (raw: string, name = "greedy") =>
  deployment.ask("/v1/chat/completions", undefined, { raw, key: key(name) });
const inside = (program: string) =>
  docker(["exec", "-i", "--env", "PYTHONPATH=/etc/litellm", deployment.litellm, "python3", "-"], {
    input: program,
  });
const started = () =>
  docker(["inspect", "--format", "{{.State.StartedAt}} {{.State.OOMKilled}}", deployment.litellm]);
/** Most memory that LiteLLM's process has had, in MiB. */
async function peak(): Promise<number> {
  const { stdout } = await attempt("docker", [
    ...["exec", deployment.litellm, "sh", "-c", "grep -h VmHWM /proc/[0-9]*/status"],
  ]);
  return Math.max(...[...stdout.matchAll(/(\d+) kB/g)].map(([, kibibytes]) => Number(kibibytes))) / 1024;
}
/** Eight of them at once by each of two gateways, and a call of another gateway while they are on their way. */
async function eight(body: string) {
  const [before, running] = [await peak(), await started()];
  const answers = Promise.all(
    Array.from({ length: 16 }, (_, index) => post(body, index % 2 === 0 ? "greedy" : "operator")),
  );
  const other = await deployment.chat("gpt", "me too", {}, key("other"));
  const statuses = (await answers).map(({ status }) => status);
  const after = await peak();
  console.log(`${body.length} characters, sixteen times: ${before} -> ${after} MiB, ${statuses.join(" ")}`);
  expect([other.status, other.text]).toEqual([200, expect.any(String)]);
  expect(await started()).toBe(running);
  expect(after).toBeLessThan(900);
  return { statuses, grown: after - before };
}

it("a body that is small and becomes large is refused before it does", async () => {
  const nested = `{"model": "sonnet", "messages": [${"[],".repeat(2.5 * mebibyte)}[]]}`;
  const { statuses, grown } = await eight(nested);
  expect(new Set(statuses)).toEqual(new Set([413, 429]));
  expect(grown).toBeLessThan(100);
  const many = `{"model": "sonnet", "messages": ${"[".repeat(150_000)}`;
  expect((await post(many)).text).toMatch(/more than 50000 parts/);
  expect((await post(`["${"x".repeat(8.1 * mebibyte)}"]`)).text).toMatch(/larger than \d+ bytes/);
});

it("brackets and commas within text are text", async () => {
  const text = `${"[{,\\".repeat(200_000)}"`;
  const answer = await deployment.chat("gpt", text, {}, key("other"));
  expect(answer.status).toBe(200);
});

it("counting takes a time of the body's length, whatever is in it", async () => {
  const seconds = await inside(`import time, bodies
worst = 0
for raw in (b'"' + b'\\\\"' * 4000000, b'"' * 8000000, b'\\\\' * 8000000, b'"\\\\' * 4000000, b'1' * 8000000, b'[' * 8000000):
    began = time.time()
    try:
        bodies.parse(raw, bodies.Bodies().share('x').__enter__())
    except bodies.Answer:
        pass
    worst = max(worst, time.time() - began)
print(worst)`);
  expect(Number(seconds)).toBeLessThan(15);
});

it("the largest pictures and texts, eight at once of two gateways: most are refused, and the process stays within its limit", async () => {
  const hang = () =>
    deployment.world.script.add(
      "anthropic",
      Array.from({ length: 16 }, () => ({ hang: true })),
    );
  const text = (content: unknown) =>
    JSON.stringify({ model: "sonnet", max_tokens: 10, messages: [{ role: "user", content }] });
  const data = "A".repeat(7 * mebibyte);
  for (const content of [
    [{ type: "image_url", image_url: { url: `data:image/png;base64,${data}` } }],
    // One wide character makes all of a text wide.
    `${"x".repeat(7.8 * mebibyte)}\u{1f600}`,
    Array.from({ length: 7_000 }, () => ({ type: "text", text: "x" })),
  ]) {
    hang();
    const { statuses } = await eight(text(content));
    deployment.world.script.clear();
    expect(statuses).not.toContain(200);
  }
});

it("a body that does not come to its end is waited for so long", async () => {
  const status = await new Promise<number>((resolve, reject) => {
    const request = http.request(
      {
        ...{ host: deployment.address, port: 4000, method: "POST", path: "/v1/chat/completions" },
        headers: { authorization: `Bearer ${key("greedy")}`, "content-length": 1000 },
      },
      (response) => {
        resolve(response.statusCode ?? 0);
        request.destroy();
      },
    );
    request.on("error", reject);
    request.write("{");
  });
  expect(status).toBe(408);
});

describe("a request for the list of models with a body", () => {
  /** Writes the pieces until the connection ends, or `most` of them. @returns what came back, and how much was taken */
  function pour(head: string, piece: Buffer, most: number): Promise<{ answer: string; written: number }> {
    const request = `GET /v1/models HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key("greedy")}\r\n${head}\r\n`;
    return new Promise((resolve) => {
      let [answer, written] = ["", 0];
      const socket = net.connect(4000, deployment.address, () => socket.write(request, more));
      const more = (error?: Error | null): void => {
        if (error !== undefined && error !== null) return;
        if (written >= most) return;
        written += 1;
        socket.write(piece, more);
      };
      socket.on("data", (data) => (answer += data.toString()));
      socket.on("error", () => undefined).on("close", () => resolve({ answer, written }));
    });
  }
  const zeros = Buffer.alloc(1024 * 1024);
  const chunk = Buffer.concat([Buffer.from("100000\r\n"), zeros, Buffer.from("\r\n")]);
  const chunked = "transfer-encoding: chunked\r\n";

  it.each<[string, string, Buffer, number]>([
    ["of 600 MB in chunks", chunked, chunk, 600],
    ["in chunks of one byte", chunked, Buffer.from("1\r\n \r\n".repeat(20_000)), 5_000],
    ["of 600 MB", `content-length: ${600 * mebibyte}\r\n`, zeros, 600],
    ["that stops in the middle", chunked, Buffer.from("100\r\nabc"), 1],
    [
      "of many parts",
      "content-type: multipart/form-data; boundary=x\r\ntransfer-encoding: chunked\r\n",
      chunk,
      80,
    ],
  ])("%s: answered or refused, not kept, and the connection ends", async (_, head, piece, most) => {
    const [before, running, began] = [await peak(), await started(), performance.now()];
    const poured = pour(head, piece, most);
    const other = await deployment.chat("gpt", "meanwhile", {}, key("other"));
    const { answer, written } = await poured;
    expect(other.status).toBe(200);
    // Who ends a connection on which more comes resets it, and a reset may overtake the answer.
    expect(answer).toMatch(/^($|HTTP\/1.1 (200|411) )/);
    expect(written * piece.length).toBeLessThan(100 * mebibyte);
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(await started()).toBe(running);
    expect((await peak()) - before).toBeLessThan(50);
  });
});

describe("another gateway's turn", () => {
  const middle = (times: readonly number[]): number => times[times.length / 2] ?? 0;
  async function turns(count: number): Promise<number[]> {
    const times: number[] = [];
    for (let turn = 0; turn < count; turn++) {
      const { status, ms } = await deployment.chat("gpt", "a turn", {}, key("other"));
      expect(status).toBe(200);
      times.push(ms);
    }
    return times.sort((a, b) => a - b);
  }
  const embed = (count: number) =>
    deployment.ask(
      "/v1/embeddings",
      { model: "memory", input: Array<string>(count).fill("abc"), dimensions: 2048 },
      { key: key("greedy") },
    );
  const manyMessages = () => {
    const messages = Array.from({ length: 5000 }, () => ({ role: "user", content: "x" }));
    return post(JSON.stringify({ model: "gpt", max_tokens: 10, messages }));
  };

  it("embeddings of more texts than there may be are refused", async () => {
    const answers = await Promise.all(Array.from({ length: 7 }, () => embed(1000)));
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(7).fill(400));
    expect((await embed(256)).status).toBe(200);
  });

  it.each<[string, () => Promise<unknown>]>([
    ["embeddings", () => embed(256)],
    ["conversations of 5,000 messages", manyMessages],
  ])("is not held up by %s without a pause", async (what, work) => {
    // What may be done at once is done, so that it is the rate that counts.
    const first = Promise.all(Array.from({ length: 4 }, work));
    const alone = (await first, await turns(20));
    let over = false;
    const busy = Array.from({ length: 7 }, async () => {
      while (!over) await work();
    });
    const beside = await turns(40);
    over = true;
    await Promise.all(busy);
    console.log(
      `a turn: ${middle(alone)} ms, beside ${what} ${middle(beside)} ms, at worst ${beside.at(-1)} ms`,
    );
    expect(middle(beside)).toBeLessThan(2 * middle(alone));
    expect(beside.at(-1)).toBeLessThan(4_000);
  });
});

it("an address has 128 connections, and ten seconds on each to say what it wants", async () => {
  const sockets = Array.from({ length: 200 }, () => net.connect(4000, deployment.address));
  let open = sockets.length;
  const began = performance.now();
  for (const socket of sockets) socket.on("error", () => undefined).on("close", () => (open -= 1));
  await new Promise((resolve) => setTimeout(resolve, 3000));
  // Some are the test's own, kept open.
  expect(open).toBeLessThanOrEqual(128);
  expect(open).toBeGreaterThan(100);
  // Half a head is no head, and a byte now and then does not buy time.
  for (const socket of sockets.slice(0, 10)) socket.write("GET /v1/models HTTP/1.1\r\nx-a: 1");
  await deployment.until("all are closed", () => Promise.resolve(open === 0));
  expect(performance.now() - began).toBeGreaterThan(8000);
  expect((await deployment.ask("/v1/models", undefined, { key: key("greedy") })).status).toBe(200);
});

it("a gateway by the name of operator is a gateway", async () => {
  for (const path of ["/model/info", "/health/readiness", "/key/list"])
    expect((await deployment.ask(path, undefined, { key: key("operator") })).status).toBe(404);
  const local = `import json, sys, urllib.error, urllib.request as u
key = json.load(open("/run/secrets/litellm/secrets.json"))["gatewayKeys"]["operator"]
try:
    print(u.urlopen(u.Request("http://127.0.0.1:4000/model/info", headers={"authorization": "Bearer " + key})).status)
except urllib.error.HTTPError as error:
    print(error.code)`;
  expect((await inside(local)).trim()).toBe("404");
  expect((await deployment.chat("gpt", "hello", {}, key("operator"))).status).toBe(200);
});

it("the records have a most in bytes: the oldest days go, never today's, and the log says so", async () => {
  const said = await inside(`import logging, os, sys, time, audit
logging.basicConfig(stream=sys.stdout, format="%(message)s")
os.makedirs("/tmp/records")
now = [time.mktime((2030, 1, 10, 12, 0, 0, 0, 0, 0))]
records = audit.Audit(90, "/tmp/records", most_bytes=2500, clock=lambda: now[0])
for day in (7, 8, 9):
    open(f"/tmp/records/calls-2030-01-0{day}.jsonl", "w").write("x" * 1000)
records.add({"gateway": None})
print(sorted(os.listdir("/tmp/records")))
records.add({"gateway": None, "text": "x" * 5000})
now[0] += 60
records.flush()
print(sorted(os.listdir("/tmp/records")))`);
  const [first, left, ...rest] = said.trim().split("\n");
  expect(first).toBe("audit records of 2030-01-07 are deleted: all of them take more than 2500 bytes");
  expect(left).toBe("['calls-2030-01-08.jsonl', 'calls-2030-01-09.jsonl', 'calls-2030-01-10.jsonl']");
  expect(rest.at(-1)).toBe("['calls-2030-01-10.jsonl']");
});

// It ends LiteLLM, so it is the last.
it("refused calls take little of the disk, and none is lost in the sum", async () => {
  const earlier = (await deployment.audit(1)).length;
  for (let round = 0; round < 10; round++)
    await Promise.all(Array.from({ length: 30 }, () => post("no JSON", "other")));
  await docker(["stop", deployment.litellm]);
  const records = (await deployment.audit(1)).slice(earlier).filter(({ gateway }) => gateway === "other");
  const more = records.filter(({ result }) => result === "refused: more");
  // Two minutes, where the clock's has ended meanwhile.
  expect(records.length).toBeLessThanOrEqual(2 * 61);
  expect(more.length).toBeGreaterThan(0);
  const single = records.length - more.length;
  expect(single + more.reduce((sum, { count }) => sum + Number(count), 0)).toBe(300);
});
