/** The assistant as the world sees it: through the public name, over TLS, by way of the edge. */
import { run } from "../lib/exec";
import { addresses, endpoints } from "../internet/addresses";
import { ensureCa } from "../lib/ca";
import { hostname, labSecrets } from "./stacks";
import { complaints } from "./vps";

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** @param token gateway token; absent: none is sent */
export async function ask(path: string, body: unknown, token?: string, name = hostname): Promise<Answer> {
  const ca = await ensureCa();
  // curl, because it can be told which address to ask without touching the machine's resolver.
  const text = await run(
    "curl",
    [
      ...["--silent", "--show-error", "--max-time", "180", "--cacert", ca.cert],
      ...["--resolve", `${name}:443:${addresses.edge}`, "--write-out", "\n%{http_code}"],
      ...["--header", "content-type: application/json", "--config", "-", `https://${name}${path}`],
    ],
    { input: curlConfig(body, token) },
  );
  const end = text.lastIndexOf("\n");
  return { status: Number(text.slice(end + 1)), body: text.slice(0, end) };
}

/** One message to the assistant. @param user has a conversation of its own. @returns the text of the answer */
export const chatTurn = (message: string, user?: string): Promise<string> =>
  chatTurnAt(hostname, message, user);

/** The same, at another public name of the lab. */
export async function chatTurnAt(name: string, message: string, user = "rehearsal"): Promise<string> {
  const token = (await labSecrets())["clawkeep:gatewayToken-openclaw"] ?? "";
  const request = {
    model: "openclaw/default",
    user,
    messages: [{ role: "user", content: message }],
  };
  const answer = await ask("/v1/chat/completions", request, token, name);
  if (answer.status !== 200) {
    // The gateway says "internal error" to its callers, and why to its log alone.
    const why = answer.status === 500 && name === hostname ? `\n${await complaints("prod")}` : "";
    throw new Error(`the chat turn ended with ${answer.status}: ${answer.body.slice(0, 500)}${why}`);
  }
  const parsed = JSON.parse(answer.body) as { choices?: { message?: { content?: string } }[] };
  return parsed.choices?.[0]?.message?.content ?? "";
}

/** Requests a service of the small internet has received, newest last. */
export async function requestsTo(service: string): Promise<WorldRequest[]> {
  const response = await fetch(`${endpoints.worldControl}/requests?service=${service}`);
  const parsed = (await response.json()) as { requests: WorldRequest[] } | WorldRequest[];
  return Array.isArray(parsed) ? parsed : parsed.requests;
}

export interface WorldRequest {
  /** ISO 8601 */
  readonly time: string;
  readonly source: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Header and body on standard input: the token never stands in a process's arguments. */
function curlConfig(body: unknown, token: string | undefined): string {
  const quoted = JSON.stringify(JSON.stringify(body));
  const authorization = token === undefined ? "" : `header = "authorization: Bearer ${token}"\n`;
  return `${authorization}data = ${quoted}\n`;
}
