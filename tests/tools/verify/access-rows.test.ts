/** The two rows about the gateway's token hold for exactly one answer each. */
import { settingsSchema } from "../../../config/schema";
import { accessRows } from "../../../tools/verify/network";
import { verify } from "../../../tools/verify/row";
import type { DeployedStack } from "../../../tools/verify/deployed-stack";
import { prod } from "../../fixtures/stack-configuration";

const configuration = Object.fromEntries(
  Object.entries(prod.settings).map(([key, value]) => [key.replace("clawkeep:", ""), value]),
);

/** What the rows say when the public name answers so. @param deny tools that the stack denies */
async function said(without: number, withToken: number, deny: string[] = []): Promise<string[]> {
  const settings = settingsSchema.parse({
    ...configuration,
    gateways: [{ name: "openclaw", tools: { deny } }],
  });
  const deployed = {
    settings,
    secret: (key: string) => `value of ${key}`,
    callTool: (token?: string) =>
      Promise.resolve(
        token === undefined ? without : token === "value of gatewayToken-openclaw" ? withToken : 0,
      ),
  } as unknown as DeployedStack;
  const results = await verify(deployed, accessRows(deployed));
  return results.map(({ ok, detail }) => `${ok ? "ok" : "failed"}: ${detail}`);
}

test("401 without the token and 200 with it hold", async () => {
  expect(await said(401, 200)).toEqual(["ok: 401", "ok: 200"]);
});

test.each([0, 204, 302, 400, 401, 403, 404, 429, 500, 502])(
  "with the token, %i falls short",
  async (answer) => {
    expect(await said(401, answer)).toEqual(["ok: 401", `failed: the answer is ${answer}, not 200`]);
  },
);

test.each([200, 302, 400, 403, 404, 502])("without the token, %i falls short", async (answer) => {
  expect(await said(answer, 200)).toEqual([`failed: the answer is ${answer}, not 401`, "ok: 200"]);
});

test("a stack that denies the tool: the gateway says 404 to who has the token, and nothing else will do", async () => {
  expect(await said(401, 404, ["session_status"])).toEqual(["ok: 401", "ok: 404"]);
  expect(await said(401, 200, ["session_status"])).toEqual(["ok: 401", "failed: the answer is 200, not 404"]);
});
