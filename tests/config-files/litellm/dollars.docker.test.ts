/**
 * What a gateway's owner can cost at most: the number that a preview shows, against what the stand-in providers would bill for all
 * that reaches them, while callers hang up, LiteLLM is killed, and providers fail, dawdle and break off.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { mostModelSpending } from "../../../config/model-spending";
import type { ServiceName } from "../../../lab/internet/world/services";
import { fuzzSeed as seed } from "../../fuzzing";
import { billed } from "./dollars/bill";
import { callIn, callUntil, type Plans, type Seen } from "./dollars/clients";
import { Deployment, gpt, sonnet } from "./support/deployment";

jest.setTimeout(420_000);

/** Of calls, after the last of three kills. */
const seconds = 25;
const clientsOfEach = 6;
const rate = { requestsPerMinute: 10_000, maxParallelRequests: 40 } as const;
const quick = { timeoutSeconds: 2, retries: 1, requestsPerMinute: 100_000 } as const;
const all = ["dear", "spare", "memory"];

const deployment = new Deployment({
  gateways: [
    { name: "one", ...rate, budgetUsd: 0.6, models: all },
    { name: "two", ...rate, models: all },
    { name: "three", ...rate, models: all },
    { name: "rush", ...rate, models: ["rushed"] },
  ],
  models: [
    { ...sonnet, ...quick, name: "dear", budgetUsd: 1.5, fallbacks: ["spare"] },
    { ...gpt, ...quick, name: "spare", budgetUsd: 0.9, shares: { two: 0.5 } },
    { ...sonnet, ...quick, name: "rushed", budgetUsd: 0.3, retries: 0, timeoutSeconds: 30 },
    {
      ...{ name: "memory", provider: "voyage", model: "voyage-3.5", mode: "embedding" },
      ...{ ...quick, budgetUsd: 0.009 },
    },
  ],
});
const { gateways, models } = deployment;
/** What a preview shows, of one period of each cap: they are of 30 days, and all of it happens in one. */
const most = mostModelSpending(gateways, models, () => 1);
const plans: Plans = new Map();
/** Each call is booked to a nano-dollar. */
const rounding = 1e-6;
const services: readonly ServiceName[] = ["anthropic", "openai", "voyage"];

/** Gateway -> dollars, by the providers' own record of requests. */
function bills(): Map<string, number> {
  const found = new Map<string, number>(gateways.map(({ name }) => [name, 0]));
  const place = new Map<string, number>();
  for (const service of services) {
    for (const entry of deployment.world.recorder.list(0, service)) {
      if (entry.body === null) continue;
      const call = callIn(entry.body);
      if (call === undefined)
        throw new Error(`a request of nobody: ${JSON.stringify(entry.body).slice(0, 300)}`);
      const key = `${service} ${call.mark}`;
      const turn = place.get(key) ?? 0;
      place.set(key, turn + 1);
      const reply = plans.get(key)?.[turn];
      if (reply === undefined)
        throw new Error(`${key} was sent more often than was planned for: ${turn + 1}`);
      found.set(call.gateway, (found.get(call.gateway) ?? 0) + billed(entry, reply, models));
    }
  }
  return found;
}
const inFlight = async (gateway: string): Promise<void> => deployment.settled(`gateway:${gateway}`);

beforeAll(async () => {
  console.log(`seed: CLAWKEEP_FUZZ_SEED=${seed}; at most ${JSON.stringify(most)}`);
  await deployment.start();
});
afterAll(() => deployment.stop());

it("the number is that of the caps: each gateway's own, or its shares of its models', whichever is less", () => {
  // By hand: a third of 1.5 and of 0.009 each; of 0.9 a half for one, a quarter for each of the others.
  expect(most.ofGateways).toEqual({ one: 0.6, two: 0.96, three: 0.73, rush: 0.3 });
  expect(most.usdPer30Days).toBe(2.59);
});

it("a rush: 40 calls at once, each as dear as it may be, of which a cap holds less than the half", async () => {
  const key = deployment.keys["rush"] ?? "";
  const planned = (number: number, delayMs: number, output: number): string => {
    const match = `CALL-rush-${number}-END`;
    const reply = { match, delayMs, usage: { input: 400, output } };
    plans.set(`anthropic ${match}`, [reply]);
    deployment.world.script.add("anthropic", [reply]);
    return match;
  };
  // What LiteLLM loads with its first call holds all others up.
  await deployment.chat("rushed", `${planned(1000, 0, 1)} ${"x".repeat(500)}`, {}, key);
  // All of them are on their way before the first is paid.
  const calls = Array.from({ length: 40 }, (_, number) => planned(number, 1200, 1000));
  const answers = await Promise.all(
    calls.map((mark) => deployment.chat("rushed", `${mark} ${"x".repeat(500)}`, { max_tokens: 1000 }, key)),
  );
  await inFlight("rush");
  const passed = answers.filter(({ status }) => status === 200).length;
  expect(passed).toBeGreaterThan(5);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(calls.length - passed);
  const bill = bills().get("rush") ?? 0;
  console.log(`rush: ${passed} calls, billed $${bill.toFixed(4)} of $${most.ofGateways["rush"]}`);
  expect(bill).toBeGreaterThan(0.2);
  expect(bill).toBeLessThanOrEqual(most.ofGateways["rush"] ?? 0);
});

it("callers that hang up, streams, fallbacks, slow and broken providers, LiteLLM killed three times: never above it", async () => {
  const names = ["one", "two", "three"];
  const seen = new Map<string, Seen>();
  let end = Infinity;
  const over = (): boolean => Date.now() > end;
  let number = 0;
  const clients = names.flatMap((gateway, place) => {
    const own: Seen = { calls: 0, answered: 0, hungUp: 0, atCap: 0, away: 0 };
    seen.set(gateway, own);
    return Array.from({ length: clientsOfEach }, (_, client) =>
      callUntil(
        {
          ...{ deployment, gateway, plans, seen: own, nextCall: () => ++number },
          ...{ models: { chat: "dear", embedding: "memory" }, seed: seed + 100 * place + client },
        },
        over,
      ),
    );
  });
  const killer = (async () => {
    let kills = 0;
    for (const wait of [6, 9, 12]) {
      await sleep(wait * 1000);
      await deployment.restartLiteLLM();
      kills += 1;
    }
    // From the last one that is ready again: how long a start takes is the machine's.
    end = Date.now() + seconds * 1000;
    return kills;
  })();
  // Nobody calls for ever where that has failed.
  killer.catch(() => (end = 0));
  await Promise.all(clients);
  expect(await killer).toBe(3);
  // What the slowest providers still work on, and calls that nobody waits for any more.
  await sleep(5000);
  await deployment.restartLiteLLM();
  await Promise.all(names.map(inFlight));

  const bill = bills();
  const spent = new Map<string, number>();
  for (const name of names) spent.set(name, (await deployment.spending(`gateway:${name}`)).spent);
  for (const name of names) {
    const own = seen.get(name);
    if (own === undefined) throw new Error(`nobody called for ${name}`);
    const { calls, answered, hungUp, atCap, away } = own;
    console.log(
      `${name}: ${calls} calls, ${answered} answered, ${hungUp} hung up, ${atCap} at a cap, ${away} without LiteLLM; billed ` +
        `$${bill.get(name)?.toFixed(4)}, booked $${spent.get(name)?.toFixed(4)}, at most $${most.ofGateways[name]}`,
    );
    // It was tried: money was spent, a cap closed, callers hung up.
    expect(bill.get(name)).toBeGreaterThan(0.1);
    expect(Math.min(answered, hungUp, atCap)).toBeGreaterThan(5);
    // The books are never behind the bill, and neither is above the number.
    expect(bill.get(name)).toBeLessThanOrEqual((spent.get(name) ?? 0) + rounding);
    expect(spent.get(name)).toBeLessThanOrEqual(most.ofGateways[name] ?? 0);
    expect(bill.get(name)).toBeLessThanOrEqual(most.ofGateways[name] ?? 0);
  }
  expect([...bill.values()].reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(most.usdPer30Days);
  const asked = (service: ServiceName): number =>
    deployment.world.recorder.list(0, service).filter(({ body }) => body !== null).length;
  // Nobody asks for `spare`: what came there are fallbacks.
  expect(asked("openai")).toBeGreaterThan(5);
  expect(asked("voyage")).toBeGreaterThan(5);
  // All of them are in the record, none was pushed out.
  expect(deployment.world.recorder.list(0).length).toBeLessThan(3000);
});
