import { z } from "zod";
import { gateway } from "../../../config/gateway-schema";
import { model, periodSeconds } from "../../../config/model-schema";
import { limitsFile, modelsOf, waitSeconds } from "../../../config-files/litellm/limits";

const base = { provider: "anthropic", model: "claude-opus-4-6", budgetUsd: 1, requestsPerMinute: 7 } as const;
const models = z.array(model).parse([
  { ...base, name: "aa", timeoutSeconds: 10, retries: 1, fallbacks: ["bb"] },
  { ...base, name: "bb", timeoutSeconds: 20, retries: 0, fallbacks: ["cc", "aa"] },
  { ...base, name: "cc", timeoutSeconds: 30, retries: 2 },
]);
const [a, b, c] = models;
const one = gateway.parse({ name: "openclaw" });
const two = gateway.parse({
  name: "second",
  models: ["bb"],
  budgetUsd: 5,
  budgetPeriod: "1d",
  maxParallelRequests: 2,
});

it.each([
  ["30d", 2_592_000],
  ["12h", 43_200],
])("%s are %d seconds", (period, seconds) => expect(periodSeconds(period)).toBe(seconds));

it("a gateway has all models unless it names some", () => {
  expect(modelsOf(one, models)).toEqual(models);
  expect(modelsOf(two, models)).toEqual([b]);
});

it("an answer is waited for as long as all attempts at all models on the way take", () => {
  if (a === undefined || b === undefined || c === undefined) throw new Error("three models");
  const [own, next, last] = [2 * 12, 22, 3 * 32];
  expect(waitSeconds(c, models)).toBe(last);
  expect(waitSeconds(b, models)).toBe(next + last + own);
  expect(waitSeconds(a, models)).toBe(own + next + last);
});

it("says who may use and spend what, with prices", () => {
  const file = JSON.parse(
    limitsFile({ gateways: [one, two], models, audit: { retentionDays: 30 } }),
  ) as Record<string, unknown>;
  expect(file).toMatchObject({
    auditRetentionDays: 30,
    gateways: {
      openclaw: {
        models: ["aa", "bb", "cc"],
        budgetUsd: 150,
        budgetPeriodSeconds: 2_592_000,
        requestsPerMinute: 120,
        tokensPerMinute: 0,
        maxOutputTokens: 8192,
        maxParallelRequests: 8,
      },
      second: { models: ["bb"], budgetUsd: 5, budgetPeriodSeconds: 86_400, maxParallelRequests: 2 },
    },
    models: {
      aa: {
        id: "aa",
        mode: "chat",
        litellmModel: "anthropic/claude-opus-4-6",
        budgetUsd: 1,
        requestsPerMinute: 7,
        // The second gateway has one model alone.
        shares: { openclaw: 1 },
        price: {
          inputUsdPerMillionTokens: 5,
          cacheWriteUsdPerMillionTokens: 10,
          outputUsdPerMillionTokens: 25,
        },
        customPrice: false,
        contextTokens: 1_000_000,
      },
      bb: { shares: { openclaw: 0.5, second: 0.5 } },
    },
  });
});

it("has no model without a price", () => {
  const unknown = model.parse({ ...base, name: "new", model: "claude-next" });
  expect(() => limitsFile({ gateways: [one], models: [unknown], audit: { retentionDays: 1 } })).toThrow(
    /no price/,
  );
});
