/** The row about a gateway's bot holds for exactly one answer. */
import { settingsSchema } from "../../../config/schema";
import { channelRows } from "../../../tools/verify/channels";
import type { DeployedStack } from "../../../tools/verify/deployed-stack";
import { verify } from "../../../tools/verify/row";
import { prod } from "../../fixtures/stack-configuration";

const configuration = Object.fromEntries(
  Object.entries(prod.settings).map(([key, value]) => [key.replace("clawkeep:", ""), value]),
);
const token = `123456789:${"s".repeat(35)}`;

/** What is said of a bot when the container's question ends with this. @returns and what the container was asked */
async function said(answer: string, telegram = true): Promise<{ said: string[]; asked: string[] }> {
  const settings = settingsSchema.parse({ ...configuration, gateways: [{ name: "openclaw", telegram }] });
  const asked: string[] = [];
  const deployed = {
    settings,
    secret: () => token,
    shell: (_: string, words: string[]) => (asked.push(...words), Promise.resolve(answer)),
  } as unknown as DeployedStack;
  const results = await verify(deployed, channelRows(deployed));
  return { said: results.map(({ ok, detail }) => `${ok ? "ok" : "failed"}: ${detail}`), asked };
}

test("Telegram's own answer holds; the question goes by the relay, and bears no secret", async () => {
  const found = await said(`200\n{"ok":true,"result":{"id":1,"is_bot":true,"username":"claw_bot"}}`);
  expect(found.said).toEqual(["ok: @claw_bot answers by way of the relay"]);
  expect(found.asked[1]).toMatch(/^http:\/\/openclaw-relay:\d+\/bot123456789:[a-z-]{35}\/getMe$/);
  expect(found.asked.join()).not.toContain("s".repeat(35));
});

test.each([
  [
    `401\n{"ok":false}`,
    /^failed: Telegram knows no bot of this token \(401\): .*clawkeep:telegramBotToken-openclaw/,
  ],
  [`200\n{"ok":false,"result":{"username":"x"}}`, /^failed: the relay has no answer of Telegram: 200/],
  [`200\nnot JSON`, /^failed: the relay has no answer/],
  [`502\n{"ok":true,"result":{"username":"x"}}`, /^failed: the relay has no answer of Telegram: 502/],
  [`0\nconnect ECONNREFUSED`, /^failed: the relay has no answer of Telegram: 0 connect ECONNREFUSED/],
  ["", /^failed: the relay has no answer/],
])("%j falls short, and what to do is said", async (answer, expected) => {
  expect((await said(answer)).said).toEqual([expect.stringMatching(expected)]);
});

test("a gateway without a bot has no such row", async () => {
  expect(await said("", false)).toEqual({ said: [], asked: [] });
});
