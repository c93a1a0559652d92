/** The models that a gateway knows, as its configuration has to name them. */
import type { GatewaySettings } from "../../config/gateway-schema";
import type { ModelSettings } from "../../config/model-schema";

/** Models that answer; those that only make embeddings are no choice for a conversation. */
export const chatModels = (models: readonly ModelSettings[]): readonly ModelSettings[] =>
  models.filter((model) => model.mode === "chat");

/** Model name -> alias. */
export const modelAliases = (gateway: Pick<GatewaySettings, "aliases">): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(gateway.aliases).map(([alias, model]) => [model, alias]));
