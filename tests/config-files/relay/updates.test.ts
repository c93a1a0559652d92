/** What the relay does with the updates of a gateway that is about to be stopped. */
import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { controls } from "../../../config-files/relay/controls";
import { call, type Answer } from "./support/client";
import { addresses, Place, placeholders } from "./support/place";

const place = new Place();
let port: number;
beforeAll(async () => {
  await place.start();
  port = await place.relay();
  mkdirSync(place.withheld);
});
afterEach(() => {
  for (const gateway of ["first", "second"]) rmSync(join(place.withheld, gateway), { force: true });
  place.forget();
});
afterAll(() => place.stop());

const withhold = (gateway: string): void => writeFileSync(join(place.withheld, gateway), "");
const soon = (ms = 100): Promise<void> => new Promise((wake) => setTimeout(wake, ms));
const poll = (timeout: number, of: "first" | "second" = "first", at = port): Promise<Answer> =>
  call(at, "getUpdates", { timeout }, { from: addresses[of], token: placeholders[of] });
const bot = { first: 1234567890, second: 9876543210 };
const polling = (): unknown => place.world.telegram.status().find(({ id }) => id === bot.first)?.["polling"];

it("answers a poll as one that nothing came for, and Telegram is not asked", async () => {
  withhold("first");
  place.world.telegram.inject(bot.first, { text: "written meanwhile" });
  const before = Date.now();
  const { status, json } = await poll(20);
  expect([status, json]).toEqual([200, { ok: true, result: [] }]);
  // A client asks again at once.
  expect(Date.now() - before).toBeGreaterThan(900);
  expect(place.seen).toEqual([]);
  // What came meanwhile is there for whoever asks next.
  rmSync(join(place.withheld, "first"));
  expect((await poll(0)).json.result).toMatchObject([{ message: { text: "written meanwhile" } }]);
});

it("ends a poll that waits, on both sides, and what comes then stays at Telegram", async () => {
  const offset = (await poll(0)).json.result.at(-1).update_id + 1;
  const waits = call(port, "getUpdates", { timeout: 20, offset });
  await soon();
  expect(polling()).toBe(true);
  withhold("first");
  expect((await waits).json).toEqual({ ok: true, result: [] });
  await soon();
  expect(polling()).toBe(false);
  place.world.telegram.inject(bot.first, { text: "a moment later" });
  expect((await poll(0)).json.result).toEqual([]);
  rmSync(join(place.withheld, "first"));
  expect((await call(port, "getUpdates", { offset })).json.result).toMatchObject([
    { message: { text: "a moment later" } },
  ]);
});

it("lets answers out all the same, and withholds nothing of another gateway", async () => {
  withhold("first");
  expect((await call(port, "sendMessage", { chat_id: 1, text: "the last answer" })).json.ok).toBe(true);
  place.world.telegram.inject(bot.second, { text: "for the other" });
  expect((await poll(1, "second")).json.result).toMatchObject([{ message: { text: "for the other" } }]);
});

it("forgets an order whose gateway nobody has stopped", async () => {
  withhold("first");
  const longAgo = Date.now() / 1000 - 601;
  utimesSync(join(place.withheld, "first"), longAgo, longAgo);
  place.world.telegram.inject(bot.first, { text: "still served" });
  expect(JSON.stringify((await poll(0)).json.result)).toContain("still served");
});

it("without the control everything is given", async () => {
  const open = await place.relay({ ...controls, withholdsUpdates: () => false });
  withhold("first");
  place.world.telegram.inject(bot.first, { text: "given" });
  expect(JSON.stringify((await poll(0, "first", open)).json.result)).toContain("given");
});
