/** Nothing can cost more than was reserved for it: every model that has a price, with calls of every kind. */
import { z } from "zod";
import { gateway } from "../../../config/gateway-schema";
import table from "../../../config/litellm-prices.json";
import { model, type ModelSettings } from "../../../config/model-schema";
import { limitsFile } from "../../../config-files/litellm/limits";
import { python, runPython } from "./support/door";

type Rates = readonly number[];
const prices = table as unknown as Record<"anthropic" | "openai" | "voyage", Record<string, Rates>>;
const plenty = { budgetUsd: 1e6, requestsPerMinute: 10_000 } as const;
/** Which of OpenAI's make vectors; all of Voyage's do. */
const embeds = (provider: string, name: string): boolean =>
  provider === "voyage" || name.includes("embedding");

const rows = Object.entries(prices).flatMap(([provider, models]) =>
  Object.entries(models).map(([name, rates]) => ({ provider, name, rates })),
);
const models: ModelSettings[] = z.array(model).parse(
  rows.map(({ provider, name }, index) => ({
    ...plenty,
    name: `m-${index}`,
    provider,
    model: name,
    mode: embeds(provider, name) ? "embedding" : "chat",
  })),
);
const gateways = z.array(gateway).parse([{ ...plenty, name: "openclaw" }]);
const rates = Object.fromEntries(rows.map((row, index) => [`m-${index}`, row.rates]));

interface Compared {
  readonly compared: number;
  readonly above: readonly unknown[];
}
const compare = (
  own: readonly ModelSettings[],
  ratesOf: Record<string, Rates>,
  seed: number,
  draws: number,
) =>
  runPython<Compared>("worst_case.py", {
    limits: JSON.parse(limitsFile({ gateways, models: own, audit: { retentionDays: 1 } })) as unknown,
    ...{ rates: ratesOf, seed, draws },
  });

(python ? it : it.skip)("no call to a model of the price table can cost more than is reserved for it", () => {
  const draws = 15;
  expect(rows.length).toBeGreaterThan(120);
  expect(compare(models, rates, 12, draws)).toEqual({ compared: rows.length * draws, above: [] });
});

(python ? it : it.skip)("nor one to a provider of one's own, whose cache nobody knows", () => {
  const own = {
    ...plenty,
    name: "own",
    provider: { host: "models.example.org", secret: "exampleApiKey" },
    model: "x",
  };
  const priced = { inputUsdPerMillionTokens: 3, outputUsdPerMillionTokens: 9, contextTokens: 5000 };
  const vectors = {
    name: "vectors",
    mode: "embedding",
    outputUsdPerMillionTokens: 0,
    contextTokens: undefined,
  };
  const both = z.array(model).parse([
    { ...own, ...priced },
    { ...own, ...priced, ...vectors },
  ]);
  const ratesOf = { own: [3, 6, 9, 5000], vectors: [3, 6, 0, 5000] };
  expect(compare(both, ratesOf, 13, 200)).toEqual({ compared: 400, above: [] });
});

it("a shorter context than the provider's own bounds no bill", () => {
  const short = model.parse({ ...models[0], contextTokens: 1000 });
  const { models: written } = JSON.parse(
    limitsFile({ gateways, models: [short], audit: { retentionDays: 1 } }),
  ) as { models: Record<string, { contextTokens: number }> };
  expect(written[short.name]?.contextTokens).toBe(rows[0]?.rates[3]);
});

it("models that speak or search by themselves have no price: their bills are not of tokens alone", () => {
  expect(rows.map(({ name }) => name).filter((name) => /audio|realtime|search|research/.test(name))).toEqual(
    [],
  );
});
