/** No store, another store, an empty store, a full disk: no call, at once, with the reason; and back without a restart. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { docker } from "../../../lab/lib/docker";
import { Deployment, sonnetCallUsd } from "./support/deployment";

jest.setTimeout(180_000);
/** While this key is there, Redis books and is then silent for longer than it is waited for. */
const slow = "test:slow";
const deployment = new Deployment({
  edit: (files) => {
    const script = files.get("reserve.lua") ?? "";
    const end = script.lastIndexOf('return {"ok"}');
    expect(end).toBeGreaterThan(0);
    const wait = `if redis.call("EXISTS", "${slow}") == 1 then local began = os.clock() while os.clock() - began < 1.5 do end end\n`;
    files.set("reserve.lua", script.slice(0, end) + wait + script.slice(end));
  },
});
beforeAll(() => deployment.start());
afterAll(() => deployment.stop());

/** What a call is answered, how fast, and that the provider never heard of it. */
async function refusal(): Promise<string> {
  const before = deployment.world.recorder.list(0).length;
  const answer = await deployment.chat("sonnet", "refuse me");
  expect(answer.status).toBe(503);
  expect(answer.ms).toBeLessThan(1500);
  expect(deployment.world.recorder.list(0)).toHaveLength(before);
  return answer.text;
}
const answers = async (): Promise<void> => {
  expect((await deployment.chat("sonnet", "hello")).status).toBe(200);
  expect(await deployment.ill()).toBe("");
};

it("the first deployment makes store and identity, once", async () => {
  await answers();
  const [file, marker] = [await identity(), (await deployment.redisCli("get", "clawkeep:store")).trim()];
  expect(file).toMatch(/^[0-9a-f]{32}$/);
  expect(marker).toBe(file);
});

it("is down: refused at once, and healthy is what would let a call through", async () => {
  await docker(["kill", deployment.redis]);
  expect(await refusal()).toMatch(/the spend store does not answer/);
  expect(await deployment.ill()).toMatch(/does not answer/);
  expect(await deployment.spendStore("status")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/does not answer.*docker logs openclaw-redis/),
  });
  await docker(["start", deployment.redis]);
  await deployment.until("it is back", async () => (await deployment.ill()) === "");
  await answers();
});

it("hangs: refused within the timeout", async () => {
  await docker(["pause", deployment.redis]);
  const text = await refusal();
  await docker(["unpause", deployment.redis]);
  expect(text).toMatch(/the spend store does not answer/);
  await answers();
});

/** In the store: what is spent, and no attempt that is open. */
async function spentWithNothingOpen(): Promise<number> {
  await deployment.until(
    "no attempt is open",
    async () => (await deployment.redisCli("hlen", "clawkeep:open")).trim() === "0",
  );
  const { spent, reserved } = await deployment.spending("model:sonnet");
  expect(reserved).toBe(0);
  return spent;
}

it("books, and does not say so in time: refused, and the booking is taken back", async () => {
  const before = await spentWithNothingOpen();
  await deployment.redisCli("set", slow, "1");
  const answer = await deployment.chat("sonnet", "booked and refused");
  expect([answer.status, answer.text]).toEqual([503, expect.stringMatching(/does not answer/)]);
  await deployment.redisCli("del", slow);
  expect((await deployment.redisCli("hlen", "clawkeep:open")).trim()).toBe("1");
  expect(await spentWithNothingOpen()).toBe(before);
});

it("hangs with a call on its way to it: what it is asked too late it does not book", async () => {
  const before = await spentWithNothingOpen();
  // The gate's question is answered, the booking waits.
  await deployment.redisCli("client", "pause", "4000", "write");
  const answer = await deployment.chat("sonnet", "asked too late");
  expect([answer.status, answer.text]).toEqual([503, expect.stringMatching(/does not answer/)]);
  await new Promise((resolve) => setTimeout(resolve, 3200));
  expect((await deployment.redisCli("hlen", "clawkeep:open")).trim()).toBe("0");
  expect(await spentWithNothingOpen()).toBe(before);
});

it("hangs when a call ends: its cost is booked once the store is back", async () => {
  const before = await spentWithNothingOpen();
  deployment.world.script.add("anthropic", [{ delayMs: 1500 }]);
  const call = deployment.chat("sonnet", "ends in the dark");
  await deployment.until(
    "it is on its way",
    async () => (await deployment.spending("model:sonnet")).reserved > 0,
  );
  await docker(["pause", deployment.redis]);
  expect((await call).status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await docker(["unpause", deployment.redis]);
  expect((await spentWithNothingOpen()) - before).toBeCloseTo(sonnetCallUsd, 9);
});

it("came back empty: refused until the operator says so, also over a restart of LiteLLM", async () => {
  const before = await identity();
  await docker(["kill", deployment.redis]);
  rmSync(join(deployment.root, "data", "appendonlydir"), { recursive: true });
  await docker(["start", deployment.redis]);
  await deployment.until("it is up", async () => (await deployment.redisCli("dbsize")).trim() !== "");
  expect(await refusal()).toMatch(/the spend store is empty.*spend-store status/);
  await deployment.restartLiteLLM();
  expect(await refusal()).toMatch(/the spend store is empty/);
  expect(await deployment.ill()).toMatch(/is empty/);
  expect(await deployment.spendStore("status")).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/is empty.*accept-empty/s),
  });

  expect(await deployment.spendStore("accept-empty")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^accepted/),
  });
  expect(await deployment.spendStore("accept-empty")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/nothing to accept/),
  });
  expect(await identity()).toBe(before);
  await answers();
});

it("was flushed, or is another one: the same", async () => {
  await deployment.redisCli("flushall");
  expect(await refusal()).toMatch(/is empty/);
  await deployment.redisCli("set", "clawkeep:store", "0".repeat(32));
  expect(await refusal()).toMatch(/is another one/);
  expect((await deployment.spendStore("accept-empty")).code).toBe(0);
  await answers();
});

it("says what was spent and what is left", async () => {
  const { code, stdout } = await deployment.spendStore("status");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^the spend store is usable\n/);
  expect(stdout).toMatch(/gateway:openclaw: spent \$0\.\d{6}, reserved \$0\.\d{6} of \$150; resets in \d+ s/);
  expect(stdout).toMatch(/model:gpt: spent \$0\.000000.* of \$50; no spending in this period yet/);
  expect((await deployment.spendStore("empty")).code).toBe(2);
});

it("cannot be written any more: refused", async () => {
  await deployment.redisCli("config", "set", "maxmemory", "1");
  const answer = await deployment.chat("sonnet", "no room");
  expect([answer.status, answer.text]).toEqual([
    503,
    expect.stringMatching(/the spend store does not answer/),
  ]);
  await deployment.redisCli("config", "set", "maxmemory", "32mb");
  await answers();
});

it("a gateway has no way to the store", async () => {
  const template = "{{json .NetworkSettings.Networks}} {{.HostConfig.NetworkMode}}";
  expect(await docker(["inspect", "--format", template, deployment.redis])).toMatch(/none/);
  expect((await deployment.redisCli("config", "get", "port")).trim()).toBe("port\n0");
});

async function identity(): Promise<string> {
  return (await docker(["exec", deployment.litellm, "cat", "/var/lib/litellm/spend-store.id"])).trim();
}
