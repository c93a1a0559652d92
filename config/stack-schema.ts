/** The JSON schema of a stack file, from the same rules that check it at run time. */
import { z } from "zod";
import { settingsShape } from "./schema";
import { secretKeyPattern } from "./secrets";

/** Keys are `clawkeep:NAME`; secrets, encrypted by Pulumi as `{secure: …}`, are recognised by their shape alone. */
export function stackSchema(): unknown {
  const properties = Object.fromEntries(
    Object.entries(settingsShape).map(([key, schema]) => {
      const rest: Record<string, unknown> = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
      delete rest["$schema"];
      return [`clawkeep:${key}`, rest];
    }),
  );
  const secret = { type: "object", required: ["secure"], properties: { secure: { type: "string" } } };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Clawkeep stack configuration",
    type: "object",
    properties: {
      encryptionsalt: { type: "string" },
      secretsprovider: { type: "string" },
      config: {
        type: "object",
        properties,
        patternProperties: {
          [`^clawkeep:(${secretKeyPattern})$`]: secret,
          "^(hcloud:token|cloudflare:apiToken)$": secret,
          "^(hcloud:endpoint|cloudflare:baseUrl)$": { type: "string" },
        },
        additionalProperties: false,
      },
    },
  };
}
