/** The table of prices is LiteLLM's own, as the pinned release has it. */
import table from "../../config/litellm-prices.json";
import { defaultModels } from "../../config/model-schema";
import { priceOf } from "../../config/model-prices";
import { pricesIn } from "../../tools/write-model-prices";
import { imageOf } from "../config-files/litellm/support/deployment";

jest.setTimeout(120_000);

it("is what LiteLLM's map says", async () => {
  expect(pricesIn(await imageOf("litellm"))).toEqual(table);
});

it.each(defaultModels.map((model) => [model.name, model] as const))("knows %s", (_, model) => {
  expect(priceOf({ ...model, mode: "chat" })).toMatchObject({ custom: false });
});
