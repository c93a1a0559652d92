/** How a model's cap is shared, and what models can cost at most. */
import fc from "fast-check";
import { z } from "zod";
import { gateway } from "../../config/gateway-schema";
import { model } from "../../config/model-schema";
import { sharesOf } from "../../config/model-shares";
import { mostModelSpending } from "../../config/model-spending";

const base = { provider: "anthropic", model: "claude-opus-4-6", requestsPerMinute: 60 } as const;
const named = (...names: string[]) => z.array(gateway).parse(names.map((name) => ({ name })));
const capped = (changes: object) => model.parse({ ...base, name: "aa", budgetUsd: 90, ...changes });

describe("shares of a model", () => {
  it("are equal, and all of it for one alone", () => {
    expect(sharesOf(capped({}), named("one"))).toEqual({ one: 1 });
    expect(sharesOf(capped({}), named("one", "two", "six"))).toEqual({ one: 1 / 3, two: 1 / 3, six: 1 / 3 });
  });

  it("are those that were said, and what is left is shared by the others", () => {
    const shares = { one: 0.5 };
    expect(sharesOf(capped({ shares }), named("one", "two", "six"))).toEqual({
      one: 0.5,
      two: 0.25,
      six: 0.25,
    });
  });

  it("are for those that may use it", () => {
    const [one, two] = named("one", "two");
    const gateways = [one, { ...two, name: "two", models: ["bb"] }];
    expect(sharesOf(capped({}), gateways)).toEqual({ one: 1 });
    expect(sharesOf(capped({ shares: { one: 0.5, two: 0.5 } }), gateways)).toEqual({ one: 0.5 });
  });

  it("are never more than all of it together", () => {
    const share = fc.option(fc.double({ min: 0.001, max: 1, noNaN: true }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(share, { minLength: 1, maxLength: 12 }), (said) => {
        const names = said.map((_, index) => `gw-${index}`);
        const sum = said.reduce<number>((total, one) => total + (one ?? 0), 0);
        const shares = Object.fromEntries(
          names.map((name, index) => [name, (said[index] ?? 0) / Math.max(1, sum)]),
        );
        const kept = Object.fromEntries(Object.entries(shares).filter(([, part]) => part > 0));
        const all = Object.values(sharesOf({ name: "aa", shares: kept }, named(...names)));
        expect(all).toHaveLength(said.length);
        expect(all.reduce((total, one) => total + one, 0)).toBeLessThanOrEqual(1 + 1e-9);
        expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe("the most that models can cost", () => {
  const of = (gateways: object[], models: object[]) =>
    mostModelSpending(
      z.array(gateway).parse(gateways),
      models.map((each) => capped(each)),
    );

  it("is the models' caps where gateways have more, and does not grow with the number of gateways", () => {
    const models = [{}, { name: "bb", budgetUsd: 30 }];
    expect(of([{ name: "one" }], models)).toEqual({ usdPer30Days: 240, ofGateways: { one: 240 } });
    const three = [{ name: "one" }, { name: "two" }, { name: "six" }];
    expect(of(three, models)).toEqual({ usdPer30Days: 240, ofGateways: { one: 80, two: 80, six: 80 } });
  });

  it("is a gateway's own cap where its shares are more", () => {
    const gateways = [{ name: "one", budgetUsd: 10 }, { name: "two" }];
    expect(of(gateways, [{}])).toEqual({ usdPer30Days: 110, ofGateways: { one: 20, two: 90 } });
  });

  it("counts in thirty days whatever the period, and rounds up to the cent", () => {
    expect(of([{ name: "one", budgetUsd: 1, budgetPeriod: "1d" }], [{}]).usdPer30Days).toBe(31);
    expect(of([{ name: "one" }], [{ budgetUsd: 0.01, budgetPeriod: "12h" }]).usdPer30Days).toBe(0.61);
    expect(of([{ name: "one" }, { name: "two" }], [{ budgetUsd: 0.005 }])).toEqual({
      usdPer30Days: 0.01,
      ofGateways: { one: 0.01, two: 0.01 },
    });
  });

  it.each([
    ["1h", 721],
    ["7d", 6],
    ["29d", 3],
    ["30d", 2],
    ["31d", 2],
    ["365d", 2],
  ])(
    "counts each period that any thirty days have a part of whole: of %s there are %i",
    (budgetPeriod, periods) => {
      const { usdPer30Days } = of([{ name: "one", budgetUsd: 1000 }], [{ budgetUsd: 1, budgetPeriod }]);
      expect(usdPer30Days).toBe(periods);
      const own = of([{ name: "one", budgetUsd: 0.1, budgetPeriod }], [{ budgetUsd: 1000 }]);
      expect(own.usdPer30Days).toBeCloseTo(periods / 10, 9);
    },
  );

  /** A model that is spent from whenever that is possible: hours of each period's beginning, and when it is used up. */
  const spender = fc.record({
    hours: fc.constantFrom(1, 12, 24, 7 * 24, 29 * 24, 30 * 24, 31 * 24, 365 * 24),
    // Hours until the first spending of the next period; and the moment within each at which it is used up.
    pauses: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 4 }),
    moments: fc.array(fc.constantFrom(0, 0.5, 0.999), { minLength: 1, maxLength: 4 }),
  });

  it("is never passed within any thirty days, whenever the periods of several caps begin", () => {
    const window = 30 * 24;
    fc.assert(
      fc.property(fc.array(spender, { minLength: 1, maxLength: 3 }), (spenders) => {
        const spent: { at: number; usd: number }[] = [];
        spenders.forEach(({ hours, pauses, moments }, index) => {
          const usd = 10 ** index;
          for (let at = 0, turn = 0; at < 3 * window && turn < 120; turn++) {
            spent.push({ at: at + hours * (moments[turn % moments.length] ?? 0), usd });
            at += hours + (pauses[turn % pauses.length] ?? 0);
          }
        });
        const { usdPer30Days } = of(
          [{ name: "one", budgetUsd: 1000, budgetPeriod: "1h" }],
          spenders.map(({ hours }, index) => ({
            ...{ name: `model-${index}`, budgetUsd: 10 ** index },
            budgetPeriod: `${hours}h`,
          })),
        );
        for (const { at: begin } of spent) {
          const within = spent.filter(({ at }) => at >= begin && at < begin + window);
          expect(within.reduce((sum, { usd }) => sum + usd, 0)).toBeLessThanOrEqual(usdPer30Days);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("is nothing of a model that a gateway may not use", () => {
    const gateways = [{ name: "one", models: ["bb"] }, { name: "two" }];
    const models = [{ shares: { two: 1 } }, { name: "bb", budgetUsd: 30 }];
    expect(of(gateways, models).ofGateways).toEqual({ one: 30, two: 210 });
  });
});
