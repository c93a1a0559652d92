/** Rules about models that need more than one of their values. */
import type { UsableSettings } from "./cross-checks";
import { priceOf } from "./model-prices";
import { settingProblem, type Problem } from "./problems";
import { providers } from "./providers";

type UsableModel = NonNullable<NonNullable<UsableSettings["models"]>[number]>;

export function checkModels(stack: string, { models }: UsableSettings): Problem[] {
  return (models ?? []).flatMap((model, index) => {
    if (model === undefined) return [];
    const problem = (path: readonly PropertyKey[], message: string) =>
      settingProblem(stack, "models", [index, ...path], message);
    return [
      ...priceProblems(model).map((message) => problem(["inputUsdPerMillionTokens"], message)),
      ...keyProblems(model, models ?? []).map((message) => problem(["provider", "secret"], message)),
      ...fallbackProblems(model, models ?? []).map(([place, message]) =>
        problem(["fallbacks", place], message),
      ),
    ];
  });
}

/** LiteLLM takes a price that it does not know for nothing, and a cap on nothing never closes. */
function priceProblems({ provider, model, ...rest }: UsableModel): string[] {
  if (provider === undefined || model === undefined) return [];
  if (typeof provider !== "string" && (provider.host === undefined || provider.secret === undefined))
    return [];
  const choice = typeof provider === "string" ? provider : { litellmPrefix: "openai", host: "", secret: "" };
  const price = priceOf({
    provider: choice,
    model,
    mode: rest.mode ?? "chat",
    inputUsdPerMillionTokens: rest.inputUsdPerMillionTokens,
    outputUsdPerMillionTokens: rest.outputUsdPerMillionTokens,
    contextTokens: rest.contextTokens,
  });
  if (price !== undefined) return [];
  const also = rest.mode === "embedding" ? "" : ", and outputUsdPerMillionTokens too";
  return [`is needed${also}: the price of ${model} is not known, and without one its cap would never close`];
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
    return none ? [problem(["models"], "has no model for chat in it")] : foreign;
  });
}
