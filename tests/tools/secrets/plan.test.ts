/** Which secrets are made up, copied, left alone, and what stops it all. */
import { parseConfiguration } from "../../../config/parse";
import type { RawConfiguration } from "../../../config/parse";
import { planSecrets } from "../../../tools/secrets/plan";
import { prod, rawConfiguration as raw, standby } from "../../fixtures/stack-configuration";

const token = "clawkeep:gatewayToken-openclaw";
const providerTokens = ["hcloud:token", "cloudflare:apiToken"];

function without(stack: RawConfiguration, isGone: (key: string) => boolean): RawConfiguration {
  const values = Object.entries(stack.values).filter(([key]) => !isGone(key));
  return { ...stack, values: Object.fromEntries(values) };
}
const having = (stack: RawConfiguration, values: Record<string, string>): RawConfiguration => ({
  ...stack,
  values: { ...stack.values, ...values },
});
/** As the stack's file is before any secret is in it. */
const bare = (stack: RawConfiguration): RawConfiguration =>
  without(stack, (key) => stack.secretKeys.has(key));
const [one, two] = [raw(prod), raw(standby)];
const shared = Object.keys(prod.secrets).filter((key) => !providerTokens.includes(key));

/** The stack after the plan, for its own parser. */
function after(stack: RawConfiguration, ...others: RawConfiguration[]): RawConfiguration {
  const mine = planSecrets([stack, ...others]).settings.filter((setting) => setting.stack === stack.stack);
  return {
    ...having(stack, Object.fromEntries(mine.map(({ key, value }) => [key, value]))),
    secretKeys: new Set([...stack.secretKeys, ...mine.map(({ key }) => key)]),
  };
}

test("every secret that one stack has goes to the other, as it is; a provider's token does not", () => {
  const { settings } = planSecrets([one, bare(two)]);
  const copied = Object.fromEntries(settings.map(({ key, value }) => [key, value]));
  expect(Object.keys(copied).sort()).toEqual([...shared].sort());
  for (const { key, value, stack, from } of settings)
    expect([key, value, stack, from]).toEqual([key, prod.secrets[key], "standby", "prod"]);
});

test("a standby that got them has all it needs but its provider's token", () => {
  const parsed = parseConfiguration(after(bare(two), one));
  expect("problems" in parsed ? parsed.problems.map(({ key }) => key) : []).toEqual([
    "hcloud:token",
    "cloudflare:apiToken",
  ]);
});

test("the other way round too", () => {
  const { settings } = planSecrets([bare(one), two]);
  expect(new Set(settings.map(({ stack, from }) => `${from} to ${stack}`))).toEqual(
    new Set(["standby to prod"]),
  );
});

test("what nobody has is made up, the same for both, and what cannot be is asked for", () => {
  const { settings, notes } = planSecrets([bare(one), bare(two)]);
  const keys = ["clawkeep:litellmMasterKey", token, "clawkeep:litellmKey-openclaw"];
  expect(settings.map(({ key, stack, from }) => [key, stack, from])).toEqual(
    keys.flatMap((key) => [
      [key, "prod", undefined],
      [key, "standby", undefined],
    ]),
  );
  for (const key of keys)
    expect(new Set(settings.filter((one) => one.key === key).map(({ value }) => value)).size).toBe(1);
  expect(new Set(settings.map(({ value }) => value)).size).toBe(keys.length);
  expect(notes).toContain(
    "clawkeep:originKey: not set yet, only you have it: pulumi config set --stack prod --secret clawkeep:originKey < origin.key",
  );
  expect(notes.map((note) => note.split(":")[1])).toEqual([
    "originKey",
    "anthropicApiKey",
    "openaiApiKey",
    "voyageApiKey",
    "cloudflareReadToken",
    "telegramBotToken-openclaw",
  ]);
});

test("two stacks that have everything: nothing is set", () => {
  const { settings, notes } = planSecrets([one, two]);
  expect(settings).toEqual([]);
  expect(notes).toHaveLength(shared.length);
  expect(new Set(notes.map((note) => note.replace(/^.*?: /, "").replace(/^.*(?=set in)/, "")))).toEqual(
    new Set(["set in prod and standby, left alone"]),
  );
});

test("one stack alone gets what can be made up", () => {
  expect(new Set(planSecrets([bare(one)]).settings.map(({ stack }) => stack))).toEqual(new Set(["prod"]));
});

test("different values are refused, all at once, without a value in the text", () => {
  const key = "clawkeep:litellmMasterKey";
  const other = { [token]: "0".repeat(64), [key]: `sk-${"1".repeat(64)}` };
  let text = "";
  try {
    planSecrets([
      one,
      having(
        without(two, (name) => name === "clawkeep:originKey"),
        other,
      ),
    ]);
  } catch (error) {
    text = (error as Error).message;
  }
  for (const name of [token, key]) {
    expect(text).toContain(`${name}: has one value in prod, another in standby`);
    expect(text).toContain(`pulumi config rm --stack standby ${name}`);
  }
  expect(text).toMatch(/nothing was set$/);
  for (const value of [...Object.values(prod.secrets), ...Object.values(other)])
    expect(text).not.toContain(value);
});

test("a webhook that one stack has is copied; one that nobody has is not asked for", () => {
  const hook = { "clawkeep:alertWebhookUrl": "https://hooks.example.org/a" };
  const webhooked = { ...having(one, hook), secretKeys: new Set([...one.secretKeys, ...Object.keys(hook)]) };
  expect(planSecrets([webhooked, two]).settings.map(({ key, stack }) => [key, stack])).toEqual([
    ["clawkeep:alertWebhookUrl", "standby"],
  ]);
  expect(planSecrets([one, two]).notes.join()).not.toContain("alertWebhookUrl");
});

test("a stack without a bot is not given its token, which nobody would read there", () => {
  const silent = { "clawkeep:gateways": JSON.stringify([{ name: "openclaw" }]) };
  expect(planSecrets([one, bare(having(two, silent))]).settings.map(({ key }) => key)).not.toContain(
    "clawkeep:telegramBotToken-openclaw",
  );
});

test.each<[string, RawConfiguration, RegExp]>([
  [
    "a setting that decides which secrets there are",
    having(one, { "clawkeep:gateways": JSON.stringify([{ name: "openclaw", colour: "red" }]) }),
    /^1 problem in the configuration of stack prod; nothing was touched\.\n {2}clawkeep:gateways\[0\]\.colour: is a key nobody reads\n {6}mend: pulumi config rm /,
  ],
  [
    "text where a list has to be",
    having(one, { "clawkeep:models": "all" }),
    /^1 problem .*\n {2}clawkeep:models: is not structured/,
  ],
  [
    "a secret of the wrong shape",
    having(one, { "clawkeep:originKey": "the certificate" }),
    /clawkeep:originKey: is not the PEM private key/,
  ],
  ["a secret in the clear", { ...one, secretKeys: new Set() }, /clawkeep:\S+: is stored in the clear/],
])("%s is reported as the parser reports it, never as JSON, and stops everything", (_, broken, message) => {
  expect(() => planSecrets([broken, bare(two)])).toThrow(message);
});
