/** What a rehearsal proves on the running prod stack. */
import { isSandboxOf } from "../../config/sandbox-names";
import type { Rehearsal } from "./phases";
import { ask, chatTurn, requestsTo } from "./public";
import { labSecrets } from "./stacks";
import { containerStates, nodeIn, onVps } from "./vps";

export async function proveProd(rehearsal: Rehearsal): Promise<void> {
  await rehearsal.check("every container is healthy", everyContainerHealthy);
  await rehearsal.check("a chat turn through the public name is answered", async () => {
    const words = `rehearsal ${Date.now()}`;
    const text = await chatTurn(`Say: ${words}`);
    if (!text.includes(words))
      throw new Error(`the answer is not the stand-in model's: ${text.slice(0, 200)}`);
    return text.slice(0, 80);
  });
  await rehearsal.check("the provider saw LiteLLM's key, by way of the egress proxy", providerSawTheKey);
  await rehearsal.check("without the token: 401", async () => {
    const answer = await ask("/tools/invoke", { tool: "sessions_list" });
    if (answer.status !== 401) throw new Error(`answered ${answer.status}`);
    return "401";
  });
  await rehearsal.check("a host that is not listed is refused by the egress proxy", unlistedHostRefused);
  await rehearsal.check("without the proxy there is no way out", noDirectWayOut);
  await rehearsal.check("outside names do not resolve", outsideNamesUnknown);
}

async function everyContainerHealthy(): Promise<string> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const states = [...(await containerStates("prod"))].filter(([name]) => !isSandboxOf("openclaw", name));
    const ill = states.filter(([, state]) => state !== "healthy");
    if (ill.length === 0 && states.length > 0) return `${states.length} containers`;
    if (Date.now() > deadline)
      throw new Error(ill.map(([name, state]) => `${name} is ${state}`).join(", ") || "none");
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function providerSawTheKey(): Promise<string> {
  const last = (await requestsTo("anthropic")).at(-1);
  const key = (await labSecrets())["clawkeep:anthropicApiKey"];
  if (last === undefined) throw new Error("the provider was not asked");
  if (last.headers["x-api-key"] !== key) throw new Error("the request did not carry the provider key");
  const line = await tunnelInLog();
  if (line === undefined) throw new Error("the egress proxy's log has no tunnel to the provider");
  return `from ${last.source}; ${line.split(" ").slice(1, 5).join(" ")}`;
}

async function unlistedHostRefused(): Promise<string> {
  const program = `import socket
s = socket.create_connection(("openclaw-egress", 3128), 10)
s.sendall(b"CONNECT nobody.example:443 HTTP/1.1\\r\\nHost: nobody.example:443\\r\\n\\r\\n")
print(s.recv(100).split(b"\\r\\n")[0].decode())
`;
  const answer = (await onVps("prod", "docker exec -i openclaw-litellm python3 -", program)).trim();
  if (!/ 403 /.test(`${answer} `)) throw new Error(`answered ${answer}`);
  return answer;
}

async function noDirectWayOut(): Promise<string> {
  const answer = await nodeIn(
    "prod",
    "openclaw",
    `import net from "node:net";
const socket = net.connect({ host: "103.22.204.85", port: 443 });
const end = (text) => { console.log(text); process.exit(0); };
socket.on("connect", () => end("connected"));
socket.on("error", (error) => end(error.code));
setTimeout(() => end("no answer"), 4000);`,
  );
  if (/connected/.test(answer)) throw new Error("the gateway connected straight to a host outside");
  return answer.trim();
}

async function outsideNamesUnknown(): Promise<string> {
  const answer = await nodeIn(
    "prod",
    "openclaw",
    `import { lookup } from "node:dns/promises";
try { console.log("resolved", (await lookup("api.anthropic.com")).address); } catch (error) { console.log(error.code); }`,
  );
  if (/resolved/.test(answer)) throw new Error(answer.trim());
  return answer.trim();
}

/** The egress proxy's line about a tunnel to the provider. It is written when the tunnel ends, a little after the answer. */
async function tunnelInLog(): Promise<string | undefined> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const log = await onVps("prod", "docker logs --tail 200 openclaw-egress 2>/dev/null");
    const line = log
      .split("\n")
      .findLast((entry) => entry.includes("CONNECT api.anthropic.com:443") && entry.includes("/200 "));
    if (line !== undefined || Date.now() > deadline) return line;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
