/** Rows of a standby: how old what lies there is, and what runs there. */
import { containersOf } from "../../../config/containers";
import { healthcheckWords } from "../../../config/healthcheck";
import { services } from "../../../config/services";
import { standbyRows } from "../../../tools/verify/containers";
import type { DeployedStack } from "../../../tools/verify/deployed-stack";
import { followed, followRows, type Followed } from "../../../tools/verify/follow";

const lying = { snapshot: "ab".repeat(32), stack: "prod" };
const good: Followed = { seconds: 90, gateways: { one: lying, two: lying }, last: null };

test("what is new enough is told with its age and its snapshot", () => {
  expect(followed(good, 2)).toBe("2 minutes, abababab");
});

test.each<[string, Followed, RegExp]>([
  ["old", { ...good, seconds: 39 * 60 }, /39 minutes old, and 38 are the most/],
  [
    "none",
    { ...good, seconds: null, gateways: { one: null, two: lying } },
    /no whole snapshot lies here for one:/,
  ],
  ["half", { ...good, seconds: null }, /no whole snapshot lies here for a gateway/],
  [
    "old, and the last run failed",
    { ...good, seconds: 1e5, last: { failed: "away" } },
    /the last run says: away/,
  ],
])("what is %s is a fault", (_, seen, why) => expect(() => followed(seen, 2)).toThrow(why));

const container = (name: string, status: string): object => ({
  Name: `/${name}`,
  Config: { Healthcheck: { Test: healthcheckWords(services.egressProxy) } },
  State: { Status: status, Health: { Status: status === "running" ? "healthy" : "none" } },
});
const stack = (backups: object | undefined, states: Record<string, string>): DeployedStack =>
  ({
    settings: { backups, gateways: [{ name: "openclaw" }] },
    shell: () =>
      Promise.resolve(JSON.stringify(Object.entries(states).map(([name, at]) => container(name, at)))),
  }) as unknown as DeployedStack;
const names = containersOf([{ name: "openclaw" }]).map(({ name }) => name);
const outcome = async (deployed: DeployedStack): Promise<string[]> => {
  const said: string[] = [];
  for (const { name, look } of standbyRows(deployed))
    await look(deployed).catch((error: unknown) => said.push(`${name}: ${String(error)}`));
  return said;
};

test("with backups the egress proxy runs and nothing else; without, nothing does", async () => {
  const down = Object.fromEntries(names.map((name) => [name, "created"]));
  const up = { ...down, "openclaw-egress": "running" };
  expect(await outcome(stack({}, up))).toEqual([]);
  expect(await outcome(stack(undefined, down))).toEqual([]);
  expect(await outcome(stack({}, down))).toEqual([
    expect.stringMatching(/openclaw-egress is healthy: .*created/),
  ]);
  expect(await outcome(stack(undefined, up))).toEqual([
    expect.stringMatching(/openclaw-egress is there and down/),
  ]);
  expect(await outcome(stack({}, { ...up, openclaw: "running" }))).toEqual([
    expect.stringMatching(/openclaw is there and down: .*nothing polls or serves/),
  ]);
});

test("without backups the row says that a takeover has nothing to serve", async () => {
  const deployed = stack(undefined, {});
  expect(await followRows(deployed)[0]?.look(deployed)).toMatch(/^NONE: /);
});
