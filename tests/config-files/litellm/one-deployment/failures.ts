/**
 * What is booked for an attempt that failed, by what the provider did: LiteLLM invents a status for every failure, so a
 * connection that breaks after the whole request was read must not look like a provider's refusal.
 */
import type * as http from "node:http";
import { gpt, sonnet, type Deployment, type DeploymentArgs } from "../support/deployment";

export const name = "failures";

type Act = (request: http.IncomingMessage, response: http.ServerResponse) => void;
const error = (status: number): Act => {
  const body = JSON.stringify({ type: "error", error: { type: "api_error", message: "no" } });
  return (_, response) => response.writeHead(status, { "content-type": "application/json" }).end(body);
};
const may_have_worked: Record<string, Act> = {
  closes: (request) => request.socket.end(),
  resets: (request) => request.socket.resetAndDestroy(),
  "half-a-body": (request, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
    response.write('{"id": "x", ', () => request.socket.end());
  },
  "not-json": (_, response) => response.writeHead(200).end("<html>all is well</html>"),
  "gave-up-waiting": error(504),
};
const refuses: Record<string, Act> = {
  "says-500": error(500),
  "says-429": error(429),
  "says-529": error(529),
  "says-400": error(400),
};
const acts = { ...may_have_worked, ...refuses };

/** The prompt says what the provider does, one word a request. */
const asked = new Map<string, number>();
const provider: http.RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  // Not before the whole request has been read.
  request.on("end", () => {
    const plan = /PLAN ([\w -]+) END/.exec(Buffer.concat(chunks).toString())?.[1] ?? "";
    const turn = asked.get(plan) ?? 0;
    asked.set(plan, turn + 1);
    (acts[plan.split(" ")[turn] ?? ""] ?? error(500))(request, response);
  });
};

const plans = {
  "says-500 closes": 1,
  "closes says-500": 1,
  "says-500 not-json": 1,
  "closes closes": 2,
  "says-500 says-500": 0,
} as const;
const nobody = "nobody-listens";
const plenty = { budgetUsd: 1000, requestsPerMinute: 10_000 } as const;
/** One gateway for each plan, so that what it was booked with stands alone. */
const gatewayOf = (plan: string): string => `gw-${plan.replace(/ /g, "-then-")}`;
export const wants: DeploymentArgs = {
  stands: {
    "failing-gpt": provider,
    "failing-claude": provider,
    again: provider,
    [nobody]: "http://127.0.0.1:9",
  },
  gateways: [...Object.keys(acts), ...Object.keys(plans)].map((plan) => ({
    name: gatewayOf(plan),
    ...plenty,
  })),
  models: [
    { ...gpt, ...plenty, name: "failing-gpt", retries: 0 },
    { ...sonnet, ...plenty, name: "failing-claude", retries: 0 },
    { ...sonnet, ...plenty, name: "again", retries: 1 },
    { ...sonnet, ...plenty, name: nobody, retries: 0 },
  ],
};

interface Booked {
  readonly worstCases: number;
  readonly requests: number;
}
/** The bytes of the request are what a worst case is longer than that by, less than a third. */
const whole = ({ worstCases, requests }: Booked) => {
  const count = Math.floor(worstCases);
  return [worstCases - count < 0.33 * Math.max(1, count) ? count : worstCases, requests];
};

export function tests(deployment: Deployment): void {
  beforeAll(async () => {
    // What LiteLLM loads with its first calls holds all others up, so that the store seems not to answer.
    for (const model of ["failing-gpt", "failing-claude"])
      await booked("says-400", "/v1/chat/completions", model);
    await booked("says-400", "/v1/messages", "failing-claude");
  });

  /** What a call that fails so was booked with, and how often the provider was asked. */
  async function booked(plan: string, path: string, model: string, stream = false): Promise<Booked> {
    const gateway = gatewayOf(plan);
    const spent = async () => (await deployment.spending(`gateway:${gateway}`)).spent || 0;
    const before = await spent();
    asked.delete(plan);
    const body = {
      model,
      max_tokens: 1000,
      stream,
      messages: [{ role: "user", content: `PLAN ${plan} END` }],
    };
    // A stream that has begun ends in an exception here.
    await deployment.ask(path, body, { key: deployment.keys[gateway] ?? "" }).catch(() => undefined);
    await deployment.settled(`gateway:${gateway}`);
    // 1000 tokens out; in, one for each byte and 1000 on top.
    const worstCase = model === "failing-gpt" ? 0.01 + 0.0025 : 0.015 + 0.003;
    const cost = (await spent()) - before;
    return { worstCases: cost === 0 ? 0 : cost / worstCase, requests: asked.get(plan) ?? 0 };
  }

  it.each([
    ["/v1/chat/completions", "failing-gpt", false],
    ["/v1/chat/completions", "failing-gpt", true],
    ["/v1/chat/completions", "failing-claude", false],
    ["/v1/chat/completions", "failing-claude", true],
    ["/v1/messages", "failing-claude", false],
    ["/v1/messages", "failing-claude", true],
  ])(
    "%s of %s, stream %s: a refusal costs nothing, all else its worst case, in one request",
    async (...call) => {
      const results = await Promise.all(
        Object.keys(acts).map(async (act) => [act, whole(await booked(act, ...call))] as const),
      );
      expect(Object.fromEntries(results)).toEqual({
        ...Object.fromEntries(Object.keys(may_have_worked).map((act) => [act, [1, 1]])),
        ...Object.fromEntries(Object.keys(refuses).map((act) => [act, [0, 1]])),
      });
    },
  );

  it.each(["/v1/chat/completions", "/v1/messages"])(
    "%s to a provider that nobody can connect to costs nothing",
    async (path) => {
      expect(whole(await booked("closes", path, nobody))).toEqual([0, 0]);
    },
  );

  it("of a retry and the attempt before it, each is judged by its own end", async () => {
    const results = await Promise.all(
      Object.keys(plans).map(
        async (plan) => [plan, whole(await booked(plan, "/v1/chat/completions", "again"))] as const,
      ),
    );
    expect(Object.fromEntries(results)).toEqual(
      Object.fromEntries(Object.entries(plans).map(([plan, worstCases]) => [plan, [worstCases, 2]])),
    );
  });
}
