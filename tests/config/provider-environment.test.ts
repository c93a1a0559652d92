/** What a shell has for other tools does not tell the clouds' plugins where to go, or as whom. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { environmentProblem } from "../../config/provider-environment";

const values = { "hcloud:token": "t" };
const said = (environment: object, more: object = {}): string | undefined =>
  environmentProblem({ stack: "prod", values: { ...values, ...more } }, { PATH: "/bin", ...environment });

it("has nothing against an environment with tokens alone, which the stack's own win over", () =>
  expect(said({ HCLOUD_TOKEN: "x", CLOUDFLARE_API_TOKEN: "y" })).toBeUndefined());

it.each([
  "CLOUDFLARE_API_KEY",
  "CLOUDFLARE_EMAIL",
  "CLOUDFLARE_API_USER_SERVICE_KEY",
  "CLOUDFLARE_CUSTOM_HEADERS",
])("refuses %s, which nothing in the configuration wins over", (variable) => {
  const text = said({ [variable]: "secret" }, { "cloudflare:baseUrl": "https://there" });
  expect(text).toMatch(`Type: unset ${variable}\nNothing was touched.`);
  expect(text).not.toContain("secret");
});

it.each([
  ["CLOUDFLARE_BASE_URL", "cloudflare:baseUrl"],
  ["HCLOUD_ENDPOINT", "hcloud:endpoint"],
])("refuses %s where the stack file names no %s, and says both ways on", (variable, key) => {
  const elsewhere = { [variable]: "https://elsewhere" };
  expect(said(elsewhere)).toContain(
    `unset ${variable}; or, where it is meant: pulumi config set --stack prod ${key} "$${variable}"`,
  );
  expect(said(elsewhere, { [key]: "https://there" })).toBeUndefined();
});

it("is asked before anything is declared", () => {
  const load = readFileSync(join(__dirname, "../../config/load.ts"), "utf8");
  expect(load).toContain("throw new pulumi.RunError(astray)");
});
