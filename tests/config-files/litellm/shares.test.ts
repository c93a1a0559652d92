/** A model's cap is shared: what one gateway spends is never another's, and all of it is never more than the cap. */
import fc from "fast-check";
import { z } from "zod";
import { gateway } from "../../../config/gateway-schema";
import { model } from "../../../config/model-schema";
import { limitsFile } from "../../../config-files/litellm/limits";
import { python, runPython } from "./support/door";
import { LuaStore } from "./support/lua-store";

const plenty = { budgetUsd: 1000, requestsPerMinute: 1_000_000 } as const;
const names = ["alice", "bob", "carol"] as const;
const gateways = z.array(gateway).parse(names.map((name) => ({ ...plenty, name })));
const base = { provider: "anthropic", model: "claude-sonnet-4-6", budgetPeriod: "1h" } as const;
const models = z.array(model).parse([
  { ...base, name: "equal", budgetUsd: 0.00001, requestsPerMinute: 1000 },
  { ...base, name: "said", budgetUsd: 0.00001, requestsPerMinute: 10, shares: { alice: 0.5, bob: 0.2 } },
  { ...base, name: "whole", budgetUsd: 0.00001, requestsPerMinute: 100, shares: { alice: 1 } },
]);
const limits = JSON.parse(limitsFile({ gateways, models, audit: { retentionDays: 1 } })) as {
  models: Record<string, { shares: Record<string, number> }>;
};

type Booking = readonly [gateway: string | null, model: string, nanoDollars: number];
interface Booked {
  readonly asked: readonly { readonly keys: readonly string[]; readonly args: readonly string[] }[];
  readonly said: { readonly status: number; readonly kind: string; readonly reason: string } | null;
  readonly alerts: readonly (readonly string[])[];
  readonly scopes: readonly (readonly [name: string, key: string, suffix: string, cap: number])[];
}
const book = (bookings: readonly Booking[], refusal: unknown = null, other: unknown = limits): Booked =>
  runPython<Booked>("booking.py", { limits: other, bookings, refusal });
const itPython = python ? it : it.skip;

itPython("every gateway has a cap of its own for each model; one that has all of it has the model's", () => {
  const { scopes } = book([]);
  const caps = Object.fromEntries(scopes.map(([name, , , cap]) => [name, cap]));
  expect(caps).toMatchObject({
    "model:equal": 10_000,
    "share:alice of equal": 3_333,
    "share:carol of equal": 3_333,
    "share:alice of said": 5_000,
    "share:bob of said": 2_000,
    "share:carol of said": 3_000,
    "share:bob of whole": 0,
  });
  expect(caps).not.toHaveProperty("share:alice of whole");
});

itPython("a full share is refused by its name, says what to raise, and is told of once", () => {
  const { said, alerts } = book([["alice", "said", 7]], ["cap", 1, 4_999, 0, 1000, 1, 1]);
  expect(said).toMatchObject({ status: 429, kind: "budget" });
  expect(said?.reason).toMatch(/^spending cap: share:alice of said has spent \$0\.0000 .* of \$5e-06,/);
  const setting = "the share of alice in shares of said, or its budgetUsd, in clawkeep:models";
  expect(alerts).toEqual([["refusing", "share:alice of said", setting]]);
  const minute = book([["alice", "said", 7]], ["requests", 1, 0, 0, 0, 0, 1]);
  expect(minute.said?.reason).toBe("share:alice of said has a limit of 5 requests a minute");
});

itPython.each<[string, unknown]>([
  ["more than all", { alice: 0.8, bob: 0.3 }],
  ["less than nothing", { alice: -0.5, bob: 0.3 }],
  ["none", undefined],
])("nothing is served with shares of %s", (_, shares) => {
  const broken = { ...limits, models: { ...limits.models, said: { ...limits.models["said"], shares } } };
  expect(() => book([], null, broken)).toThrow(/no shares of said that add up to its cap/);
});

itPython("a gateway that has no share is refused before the store is asked", () => {
  const without = { ...limits, models: { said: { ...limits.models["said"], shares: { bob: 1 } } } };
  const { asked, said } = book([["alice", "said", 7]], null, without);
  expect([asked, said?.status]).toEqual([[], 403]);
});

describe("the ledger's own scripts", () => {
  let store: LuaStore;
  /** What the ledger asks for a booking of one nano-dollar, by gateway and model. */
  let asked: Map<string, Booked["asked"][number]>;
  const cap: Record<string, Record<string, number>> = {};

  beforeAll(() => {
    store = new LuaStore();
    if (!python) return;
    const pairs = [null, ...names].flatMap((name) => models.map((each): Booking => [name, each.name, 1]));
    const booked = book(pairs);
    asked = new Map(pairs.map(([name, of], index) => [`${name} ${of}`, booked.asked[index] as never]));
    for (const each of models) {
      cap[each.name] = Object.fromEntries(
        names.map((name) => {
          const share = booked.scopes.find(([scope]) => scope === `share:${name} of ${each.name}`);
          return [name, share?.[3] ?? 10_000];
        }),
      );
    }
  });
  beforeEach(() => store.clear());

  let attempts = 0;
  /** @returns the answer, and the attempt's id */
  function reserve(name: string | null, of: string, cost: number): { answer: unknown[]; id: string } {
    const { keys, args } = asked.get(`${name} ${of}`) as Booked["asked"][number];
    const id = `attempt-${++attempts}`;
    const minute = Math.floor(store.now / 60_000);
    const argv = [args[0] ?? "", id, String(cost), "1", String(store.now + 3000), ...args.slice(5)];
    return {
      answer: store.reserve(
        keys.map((key) => key.replace(/(:minute:.*:)\d+$/, `$1${minute}`)),
        argv,
      ),
      id,
    };
  }
  const settle = (id: string, cost: number | ""): unknown[] =>
    store.settle(["clawkeep:open"], [id, String(cost), cost === "" ? "" : "1"]);
  const used = (of: string, suffix = ""): number =>
    ["spent", "reserved"].reduce(
      (sum, field) => sum + store.number(`clawkeep:spend:model:${of}`, field + suffix),
      0,
    );

  itPython("one gateway that spends all it can leaves the others all of theirs, to the nano-dollar", () => {
    for (let index = 0; index < 60; index++) reserve("alice", "equal", 100);
    expect(used("equal")).toBe(3300);
    expect(reserve("alice", "equal", 100).answer.slice(0, 4)).toEqual(["cap", 1, 0, 3300]);
    expect(reserve("alice", "equal", 33).answer).toEqual(["ok"]);
    for (const name of ["bob", "carol"]) expect(reserve(name, "equal", 3333).answer).toEqual(["ok"]);
    expect(used("equal")).toBe(9999);
    // Who administers LiteLLM has the model's cap and no share.
    expect(reserve(null, "equal", 2).answer[0]).toBe("cap");
    expect(reserve(null, "equal", 1).answer).toEqual(["ok"]);
  });

  itPython("nor can it take the others' part of the requests of a minute", () => {
    const passed = Array.from({ length: 9 }, () => reserve("alice", "said", 1).answer[0]);
    expect(passed.filter((what) => what === "ok")).toHaveLength(5);
    expect(passed.at(-1)).toBe("requests");
    expect(reserve("bob", "said", 1).answer).toEqual(["ok"]);
    expect(reserve("bob", "said", 1).answer).toEqual(["ok"]);
    expect(reserve("bob", "said", 1).answer[0]).toBe("requests");
    store.now += 60_000;
    expect(reserve("bob", "said", 1).answer).toEqual(["ok"]);
  });

  itPython(
    "share and whole begin anew together: nobody spends two shares in one period of the model's",
    () => {
      reserve("bob", "equal", 1);
      store.now += 3_500_000;
      for (let index = 0; index < 3; index++) reserve("alice", "equal", 1111);
      store.now += 200_000;
      expect(used("equal")).toBe(0);
      reserve("alice", "equal", 3333);
      store.now += 3_300_000;
      expect(reserve("alice", "equal", 1).answer[0]).toBe("cap");
      expect(reserve("bob", "equal", 3333).answer).toEqual(["ok"]);
    },
  );

  itPython("80 % and 100 % of a share are told of once, beside the whole's", () => {
    const told = [3000, 333].map((cost) => settle(reserve("alice", "equal", cost).id, ""));
    expect(told).toEqual([
      [["clawkeep:spend:model:equal", 80, 3000, "3333", expect.any(Number), ":alice"]],
      [["clawkeep:spend:model:equal", 100, 3333, "3333", expect.any(Number), ":alice"]],
    ]);
  });

  itPython("an attempt that an earlier release has booked is settled as it was", () => {
    const [spend, minute] = ["clawkeep:spend:model:old", "clawkeep:minute:model:old:1"];
    store.hashes.set(spend, new Map([...Object.entries({ window: "w", reserved: "500" })]));
    const entry = { cost: "500", tokens: "9", at: 1, scopes: [{ spend, window: "w", minute, cap: "600" }] };
    store.hashes.set("clawkeep:open", new Map([["old", JSON.stringify(entry)]]));
    expect(settle("old", 500)).toEqual([[spend, 80, 500, "600", expect.any(Number), ""]]);
    expect(used("old")).toBe(500);
  });

  itPython("whatever gateways do, a share is refused for its own sake alone, and the whole is kept", () => {
    const step = fc.record({
      name: fc.constantFrom(...names),
      cost: fc.oneof(fc.integer({ min: 1, max: 4000 }), fc.integer({ min: 1, max: 400 })),
      settles: fc.option(fc.tuple(fc.nat(), fc.option(fc.double({ min: 0, max: 1, noNaN: true }))), {
        freq: 2,
      }),
      passes: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 4_000_000 })),
    });
    fc.assert(
      fc.property(fc.constantFrom("equal", "said"), fc.array(step, { maxLength: 40 }), (of, steps) => {
        store.clear();
        const open: { id: string; cost: number }[] = [];
        for (const { name, cost, settles, passes } of steps) {
          store.now += passes;
          const before = used(of, `:${name}`);
          const { answer, id } = reserve(name, of, cost);
          if (answer[0] === "ok") open.push({ id, cost });
          if (answer[0] === "cap") expect(before + cost).toBeGreaterThan(cap[of]?.[name] ?? 0);
          const [chosen] = settles === null ? [] : open.splice(settles[0] % Math.max(1, open.length), 1);
          if (chosen !== undefined && settles !== null)
            settle(chosen.id, settles[1] === null ? "" : Math.floor(chosen.cost * settles[1]));
          const parts = names.map((each) => used(of, `:${each}`));
          expect(parts.reduce((sum, part) => sum + part, 0)).toBe(used(of));
          expect(used(of)).toBeLessThanOrEqual(10_000);
          names.forEach((each, index) => expect(parts[index]).toBeLessThanOrEqual(cap[of]?.[each] ?? 0));
        }
      }),
      { numRuns: 100 },
    );
  });
});
