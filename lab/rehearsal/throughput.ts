/**
 * What the egress proxy costs: the same work by way of it, from LiteLLM's container, and straight, on the host's own
 * network, because the firewall lets no container out but the proxy's.
 */
import { onVps } from "./vps";

/** 300 connections with a request each, then 48 MB on one more. */
const program = (proxy: string): string => `
import http.client, json, ssl, time
# How fast, not whom: the lab's authority is in LiteLLM's own file.
trust = ssl._create_unverified_context()
def ask(method, body=None):
    if ${JSON.stringify(proxy)}:
        c = http.client.HTTPSConnection(${JSON.stringify(proxy)}, 3128, context=trust, timeout=60)
        c.set_tunnel("api.anthropic.com", 443)
    else:
        c = http.client.HTTPSConnection("api.anthropic.com", 443, context=trust, timeout=60)
    c.request(method, "/v1/messages", body)
    c.getresponse().read()
    c.close()
begin = time.monotonic()
for _ in range(300):
    ask("POST", b"{}")
middle = time.monotonic()
ask("POST", b"{" + b" " * 48_000_000 + b"}")
print(json.dumps({"connections": middle - begin, "bulk": time.monotonic() - middle}))
`;

interface Seconds {
  readonly connections: number;
  readonly bulk: number;
}

/** Both ways, in one run and in turns, so that a busy machine is busy for both. The better of two each. */
export async function proxyThroughput(stack: string): Promise<{ name: string; seconds: number }[]> {
  const image = "$(docker inspect --format '{{.Config.Image}}' openclaw-litellm)";
  const straight = `docker run --rm --interactive --network host --entrypoint '' ${image} python3 -`;
  const run = async (command: string, proxy: string): Promise<Seconds> =>
    JSON.parse(await onVps(stack, command, program(proxy))) as Seconds;
  const [found, beside]: [Seconds[], Seconds[]] = [[], []];
  for (let turn = 0; turn < 2; turn++) {
    found.push(await run("docker exec --interactive openclaw-litellm python3 -", "openclaw-egress"));
    beside.push(await run(straight, ""));
  }
  const best = (seconds: readonly Seconds[], key: keyof Seconds) =>
    Math.min(...seconds.map((each) => each[key]));
  return [
    { name: "300 connections, by the egress proxy", seconds: best(found, "connections") },
    { name: "300 connections, straight", seconds: best(beside, "connections") },
    { name: "48 MB up, by the egress proxy", seconds: best(found, "bulk") },
    { name: "48 MB up, straight", seconds: best(beside, "bulk") },
  ];
}
