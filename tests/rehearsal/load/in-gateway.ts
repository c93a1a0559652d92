/**
 * The worst that whoever owns a gateway's process can do to others, one row each: Node programs in the gateway's container, with
 * its user, its files and its keys. Each ends by itself.
 */
import { containerName, services } from "../../../config/services";
import { stateDirectory } from "../../../config-files/gateway/paths";
import { labModels } from "../../../lab/rehearsal/stacks";
import { fillsAt, makesFilesAt } from "./filling";
import type { WorstThing } from "./worst-things";

const at = (service: "litellm" | "relay" | "egressProxy"): string => {
  const row = services[service];
  return JSON.stringify({ host: containerName(row, ""), port: row.port });
};
const modelOf = (mode: "chat" | "embedding"): string => {
  const found = labModels.find((model) => ("mode" in model ? model.mode : "chat") === mode);
  if (found === undefined) throw new Error(`the lab has no model for ${mode}`);
  return JSON.stringify(found.name);
};

const inGateway = (name: string, shown: string, program: string): WorstThing => ({
  name,
  from: "gateway",
  shown,
  program,
});

/** Many at once, without a pause. */
const loops = (count: number, work: string): string => `const work = async () => { ${work} };
await Promise.all(Array.from({ length: ${count} }, async () => { while (going()) await work().catch(() => pause(20)); }));
`;

export const worstInGateway: readonly WorstThing[] = [
  inGateway(
    "burns CPU, in the gateway",
    "its control group has the weight of every other gateway's",
    `const burn = \`const end = Date.now() + \${left()}; while (Date.now() < end);\`;
for (let each = 0; each < 4; each++) spawn(process.execPath, ["-e", burn, marker], { stdio: "ignore" }).on("error", () => {});
while (going()) await pause(200);
`,
  ),
  inGateway(
    "commands at the filter, as many as it takes, none of them waited for",
    "a rate, and so many at once: the filter refuses, and says so in its log",
    `const { Id } = await json("GET", "/containers/" + name(1) + "/json");
${loops(
  30,
  `const made = await json("POST", "/containers/" + Id + "/exec", execBody("true"));
  const socket = connect({ path: filter }).on("error", () => {});
  const body = JSON.stringify({ Detach: false, Tty: false });
  socket.write("POST /exec/" + made.Id + "/start HTTP/1.1\\r\\nHost: x\\r\\nConnection: Upgrade\\r\\nUpgrade: tcp\\r\\n" +
    "Content-Type: application/json\\r\\nContent-Length: " + body.length + "\\r\\n\\r\\n" + body);
  await pause(30); socket.destroy();`,
)}`,
  ),
  inGateway(
    "commands that are created and never started",
    "a small number is outstanding, and the rest refused",
    `const { Id } = await json("GET", "/containers/" + name(1) + "/json");
const long = "x".repeat(30000);
${loops(20, `await json("POST", "/containers/" + Id + "/exec", execBody(": " + long)); await pause(5);`)}`,
  ),
  inGateway(
    "sandboxes made, started and removed without a pause",
    "a rate, and three at once",
    `await json("DELETE", "/containers/" + name(3) + "?force=1").catch(() => {});
${loops(
  4,
  `await json("POST", "/containers/create?name=" + name(3), createBody);
  await json("POST", "/containers/" + name(3) + "/start").catch(() => {});
  await json("DELETE", "/containers/" + name(3) + "?force=1");`,
)}`,
  ),
  inGateway(
    "connections and questions at the filter, pipelined",
    "one request of a connection at a time, and refusals counted past 60 a minute",
    loops(
      40,
      `const socket = connect({ path: filter }).on("error", () => {});
  socket.write("GET /containers/nobody/json HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n".repeat(200));
  socket.resume(); await pause(50); socket.destroy();`,
    ),
  ),
  inGateway(
    "calls, streams and embeddings at LiteLLM, half of them hung up on",
    "its own pace at the gate, refusals as counts past 60 a minute in the records",
    `const litellm = ${at("litellm")};
const chat = { model: ${modelOf("chat")}, max_tokens: 10, messages: [{ role: "user", content: "worst ".repeat(2000) }] };
const calls = [
  ["/v1/chat/completions", chat], ["/v1/chat/completions", { ...chat, stream: true }], ["/v1/messages", chat],
  ["/v1/embeddings", { model: ${modelOf("embedding")}, input: Array(256).fill("worst"), dimensions: 2048 }],
  ["/v1/chat/completions", { model: [] }],
];
let turn = 0;
${loops(
  24,
  `const [path, body] = calls[turn++ % calls.length];
  const patience = AbortSignal.timeout(turn % 2 === 0 ? 5000 : 100 + (turn % 7) * 50);
  const answer = await fetch("http://" + litellm.host + ":" + litellm.port + path, { method: "POST", signal: patience,
    headers: { authorization: "Bearer " + secrets.litellmKey, "content-type": "application/json" }, body: JSON.stringify(body) });
  await answer.text();`,
)}`,
  ),
  inGateway(
    "connections and calls at the relay, pipelined; at the egress proxy; names of everybody",
    "one request of a connection at a time, a limit for each gateway; the proxy and outside names are not there",
    `const relay = ${at("relay")}, proxy = ${at("egressProxy")};
const call = "GET /bot" + secrets.telegramBotToken + "/getMe HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n";
${loops(
  40,
  `const socket = connect(relay).on("error", () => {});
  socket.write(call.repeat(100)); socket.resume();
  const other = connect(proxy).on("error", () => {});
  other.write("CONNECT api.telegram.org:443 HTTP/1.1\\r\\n\\r\\n"); other.resume();
  await Promise.race([lookup("n" + Math.random() + ".example.net").catch(() => {}), pause(100)]);
  socket.destroy(); other.destroy();`,
)}`,
  ),
  inGateway(
    "lines to its own log without end",
    "a most a day in root's files, the rest counted; no other container's traces go",
    `const line = "worst ".repeat(10000) + "\\n";
while (going()) { try { const log = openSync("/proc/1/fd/1", "w"); for (let each = 0; each < 50; each++) writeSync(log, line);
  closeSync(log); } catch { await pause(20); } await pause(0); }
`,
  ),
  inGateway(
    "fills its state",
    "its file system has a size of its own, reserved in full",
    fillsAt(`${stateDirectory}/worst`),
  ),
  inGateway(
    "makes files in its state until there are no inodes",
    "the inodes are those of its own file system",
    makesFilesAt(`${stateDirectory}/worst`),
  ),
  inGateway(
    "takes memory to its limit, in the gateway",
    "the kernel ends what grows, in that container",
    // Of pieces, so that what is asked for is what is taken.
    `const grow = \`const end = Date.now() + \${left()}, taken = []; while (Date.now() < end) taken.push(Buffer.alloc(16 << 20, 1));\`;
while (going()) {
  const child = spawn(process.execPath, ["-e", grow, marker], { stdio: "ignore" });
  await new Promise((resolve) => child.on("exit", resolve).on("error", resolve));
}
`,
  ),
  inGateway(
    "takes all processes and threads, in the gateway",
    "the limit of processes is the container's own",
    `const shell = "while :; do sleep 5 & done 2>/dev/null";
while (going()) {
  const child = spawn("sh", ["-c", shell, marker], { stdio: "ignore" });
  await new Promise((resolve) => child.on("exit", resolve).on("error", resolve));
  await pause(200);
}
`,
  ),
];

/** While it runs, whatever root starts in the container is stopped at once; so a look at it never ends by itself. */
export const stopsWhatIsStarted: WorstThing = inGateway(
  "stops every process that is started in its container",
  "make verify ends all the same, and says which gateway it is",
  `const known = new Set(readdirSync("/proc"));
while (going()) {
  for (const pid of readdirSync("/proc")) {
    if (!/^\\d+$/.test(pid) || known.has(pid)) continue;
    try { process.kill(Number(pid), "SIGSTOP"); } catch {}
  }
  await pause(2);
}
for (const pid of readdirSync("/proc")) {
  if (/^\\d+$/.test(pid) && !known.has(pid)) try { process.kill(Number(pid), "SIGCONT"); } catch {}
}
`,
);
