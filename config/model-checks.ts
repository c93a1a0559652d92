/** Rules about models that need more than one of their values. */
import { priceOf, type Price } from "./model-prices";
import { sharesOf, usersOf } from "./model-shares";
import { settingProblem, structureProblem, type Problem } from "./problems";
import { providers } from "./providers";
import type { UsableSettings } from "./schema";

type UsableModel = NonNullable<NonNullable<UsableSettings["models"]>[number]>;

export function checkModels(stack: string, { models, gateways }: UsableSettings): Problem[] {
  return (models ?? []).flatMap((model, index) => {
    if (model === undefined) return [];
    const problem = (path: readonly PropertyKey[], message: string) =>
      settingProblem(stack, "models", [index, ...path], message);
    return [
      ...priceProblems(model).map(([key, message]) => problem([key], message)),
      ...keyProblems(model, models ?? []).map((message) => problem(["provider", "secret"], message)),
      ...fallbackProblems(model, models ?? []).map(([place, message]) =>
        problem(["fallbacks", place], message),
      ),
      ...shareProblems(model, gateways).map(([name, message]) =>
        structureProblem(stack, "models", [index, "shares", ...name], message),
      ),
    ];
  });
}

/** The price of a model that may be wrong in other ways; undefined when there is none, "unclear" when it cannot be told. */
function usablePrice({ provider, model, ...rest }: UsableModel): Price | undefined | "unclear" {
  if (provider === undefined || model === undefined) return "unclear";
  if (typeof provider !== "string" && (provider.host === undefined || provider.secret === undefined))
    return "unclear";
  return priceOf({
    provider: typeof provider === "string" ? provider : { litellmPrefix: "openai", host: "", secret: "" },
    model,
    mode: rest.mode ?? "chat",
    inputUsdPerMillionTokens: rest.inputUsdPerMillionTokens,
    outputUsdPerMillionTokens: rest.outputUsdPerMillionTokens,
    contextTokens: rest.contextTokens,
  });
}

type PriceKey = "inputUsdPerMillionTokens" | "outputUsdPerMillionTokens" | "contextTokens";

/** LiteLLM takes a price that it does not know for nothing, and a cap on nothing never closes. */
function priceProblems(model: UsableModel): (readonly [PriceKey, string])[] {
  const price = usablePrice(model);
  if (price === "unclear") return [];
  if (price === undefined) {
    const also = model.mode === "embedding" ? "" : ", and outputUsdPerMillionTokens too";
    const message = `is needed${also}: the price of ${model.model ?? ""} is not known, and without one its cap would never close`;
    return [["inputUsdPerMillionTokens", message]];
  }
  const unbounded = price.contextTokens === 0 && model.mode !== "embedding";
  // A key that is there without a value was wrong by itself, and has been reported.
  const missing = (key: PriceKey, other: PriceKey): boolean =>
    !price.custom && model[other] !== undefined && !Object.hasOwn(model, key);
  const message = "is needed too: the other half of a price alone would not be used";
  const keys = ["inputUsdPerMillionTokens", "outputUsdPerMillionTokens"] as const;
  const halves = keys.filter((key, place) => missing(key, keys[1 - place] ?? key));
  return [
    ...halves.map((key): [PriceKey, string] => [key, message]),
    ...(unbounded && !Object.hasOwn(model, "contextTokens") ? [noContext(model)] : []),
  ];
}

const noContext = (model: UsableModel): [PriceKey, string] => [
  "contextTokens",
  `is needed: the context of ${model.model ?? ""} is not known, so neither is the most that a call with a picture can cost`,
];

/**
 * The longest answer is booked at its full price before a call leaves, and gateways ask for the longest: a cap below
 * that refuses every call.
 */
export function checkCaps(stack: string, { gateways, models }: UsableSettings): Problem[] {
  const found = (gateways ?? []).flatMap((gateway, index) =>
    (models ?? []).flatMap((model, place) => {
      const own = gateway?.models?.includes(model?.name) ?? true;
      if (gateway?.maxOutputTokens === undefined || model === undefined || !own) return [];
      const price = usablePrice(model);
      if (model.mode === "embedding" || price === undefined || price === "unclear") return [];
      const answerUsd = (gateway.maxOutputTokens * price.outputUsdPerMillionTokens) / 1e6;
      const message =
        `does not cover one answer: ${gateway.maxOutputTokens} tokens (maxOutputTokens of ${gateway.name ?? index}) ` +
        `of ${model.name ?? model.model} are booked at $${answerUsd.toFixed(4)} before the call`;
      const short = (cap: number | undefined): boolean => cap !== undefined && cap <= answerUsd;
      const share = sharesOf(model, gateways ?? [])[gateway.name ?? ""] ?? 1;
      const part = model.budgetUsd === undefined ? undefined : model.budgetUsd * share;
      const whose = share === 1 ? "" : `; ${gateway.name ?? ""} has ${round(share)} of it (shares)`;
      return [
        ...(short(part) ? [settingProblem(stack, "models", [place, "budgetUsd"], message + whose)] : []),
        ...(short(gateway.budgetUsd)
          ? [settingProblem(stack, "gateways", [index, "budgetUsd"], message)]
          : []),
      ];
    }),
  );
  // Said once a cap, however many models or gateways it is too small for.
  return found.filter(({ key }, index) => found.findIndex((other) => other.key === key) === index);
}

/** A key is shown to one host only. */
function keyProblems({ provider }: UsableModel, models: readonly (UsableModel | undefined)[]): string[] {
  if (provider === undefined || typeof provider === "string") return [];
  const known = Object.values(providers).find(({ secret }) => secret === provider.secret);
  const others = models.flatMap((other) =>
    typeof other?.provider === "object" && other.provider.secret === provider.secret
      ? [other.provider.host]
      : [],
  );
  const host = [known?.host, ...others].find((other) => other !== undefined && other !== provider.host);
  return host === undefined || provider.host === undefined
    ? []
    : [`${provider.secret} is the key for ${host} already: ${provider.host} would see it too`];
}

function fallbackProblems(
  model: UsableModel,
  models: readonly (UsableModel | undefined)[],
): (readonly [number, string])[] {
  return (model.fallbacks ?? []).flatMap((name, place): (readonly [number, string])[] => {
    const other = models.find((candidate) => candidate?.name === name);
    if (name === undefined) return [];
    if (name === model.name) return [[place, "is the model itself"]];
    if (other === undefined && models.every((candidate) => candidate?.name !== undefined))
      return [[place, `${name} is not one of models`]];
    if (other !== undefined && (other.mode ?? "chat") !== (model.mode ?? "chat"))
      return [[place, `${name} is a model for ${other.mode ?? "chat"}`]];
    return [];
  });
}

/** Path below `shares`, and what is wrong there. */
function shareProblems(
  model: UsableModel,
  gateways: UsableSettings["gateways"],
): (readonly [readonly string[], string])[] {
  const said = Object.entries(model.shares ?? {});
  // A gateway without a usable name may be the one that is meant.
  if (said.length === 0 || gateways === undefined || gateways.some((one) => one?.name === undefined))
    return [];
  const users = usersOf(model, gateways);
  const strange = said.flatMap(([name]): (readonly [readonly string[], string])[] => {
    if (users.includes(name)) return [];
    const known = gateways.some((one) => one?.name === name);
    const message = known
      ? `${name} may not use ${model.name ?? "the model"}: it is not one of its models`
      : `${name} is not one of gateways (${gateways.map((one) => one?.name).join(", ")})`;
    return [[[name], message]];
  });
  if (said.some(([, share]) => share === undefined)) return strange;
  const sum = said.reduce((total, [, share]) => total + (share ?? 0), 0);
  const unnamed = users.filter((name) => model.shares?.[name] === undefined);
  // Thirds do not add up to the last digit.
  if (sum > 1 + 1e-9) return [...strange, [[], `are ${round(sum)} together, and there is one cap to share`]];
  if (unnamed.length > 0 && sum > 1 - leastShare)
    return [...strange, [[], `leave nothing for ${unnamed.join(", ")}: every call of it would be refused`]];
  return strange;
}

/** Less of a cap is nothing. */
const leastShare = 1e-6;
const round = (value: number): string => String(Math.round(value * 1e6) / 1e6);

export function checkGatewayModels(stack: string, { gateways, models }: UsableSettings): Problem[] {
  const known = (models ?? []).map((model) => model?.name);
  // A model without a usable name may be the one that is meant.
  if (models === undefined || known.includes(undefined)) return [];
  return (gateways ?? []).flatMap((gateway, index) => {
    const problem = (path: readonly PropertyKey[], message: string) =>
      settingProblem(stack, "gateways", [index, ...path], message);
    const own = gateway?.models ?? known;
    const foreign = own.flatMap((name, place) =>
      known.includes(name)
        ? []
        : [problem(["models", place], `${name} is not one of models (${known.join(", ")})`)],
    );
    const chat = models.filter((model) => model?.mode !== "embedding" && own.includes(model?.name));
    const names = chat.map((model) => model?.name);
    const wanted = gateway?.defaultModel;
    if (wanted !== undefined && !names.includes(wanted)) {
      const message = `${wanted} is not one of models (${names.join(", ")})`;
      return [...foreign, problem(["defaultModel"], message)];
    }
    const none = chat.length === 0 && foreign.length === 0;
    if (!none) return foreign;
    return [structureProblem(stack, "gateways", [index, "models"], "has no model for chat in it")];
  });
}
