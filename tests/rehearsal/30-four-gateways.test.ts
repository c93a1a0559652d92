/**
 * Four gateways on one host. Three are at work, with tools, memory and Telegram; the fourth does the worst that it can, from its
 * sandboxes and from its own process. What it takes, it takes from itself.
 */
import { join } from "node:path";
import { attempt } from "../../lab/lib/exec";
import { repoDir } from "../../lab/lib/paths";
import { compareEachP95, compareP95, percentile } from "../../lab/load/percentile";
import { addresses } from "../../lab/internet/addresses";
import { ensureCa } from "../../lab/lib/ca";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { pulumi, pulumiUp } from "../../lab/rehearsal/pulumi";
import { ensureSshIdentity } from "../../lab/rehearsal/ssh";
import { labSecrets } from "../../lab/rehearsal/stacks";
import { acceptKeys, acceptOnly, script, telegramBots } from "../../lab/rehearsal/world";
import { boot, destroy } from "../../lab/vps/stand-in";
import type { Result } from "../../tools/verify/row";
import { forgetStack } from "./existing-stack";
import { during } from "./load/attacker";
import { stopsWhatIsStarted } from "./load/in-gateway";
import {
  address,
  four,
  good,
  hostile,
  login,
  machine,
  server,
  tenants,
  whatOthersRun,
  worst,
  writeFour,
} from "./load/stack";
import { Inbox, kinds, remember, turn, turnsOf } from "./load/turns";
import { worstThings } from "./load/worst-things";
import { eventually } from "./support";

jest.setTimeout(900_000);

/** A window of the one side, then one of the other, for each of the worst things. */
const quietly = { seconds: 8, least: 4 };
/** With three gateways enough for a p95 of each thing by itself. */
const busily = { seconds: 8, least: 7 };
const inbox = new Inbox();
const alone = new Map<string, number[]>(good.map(({ name }) => [name, []]));
const beside = new Map<string, number[]>(good.map(({ name }) => [name, []]));
/** Thing -> turns of all three beside it. */
const besideEach = new Map<string, number[]>();
const logins: number[] = [];
let before: string[] = [];
let secondsOfTheWorst = 0;

const add = (to: Map<string, number[]>, found: Map<string, number[]>): void =>
  found.forEach((times, name) => to.get(name)?.push(...times));
const middle = (found: Map<string, number[]>): string =>
  (percentile([...found.values()].flat(), 0.5) / 1000).toFixed(2);

/** `make verify` as an operator runs it. @returns its rows that failed, and how long it took */
async function verifyFour(): Promise<{ failed: Result[]; rows: number; seconds: number }> {
  const curl = `--cacert ${(await ensureCa()).cert} --resolve ${four.hostname}:443:${addresses.edge}`;
  const began = Date.now();
  const tsx = join(repoDir, "node_modules", ".bin", "tsx");
  const said = await attempt(tsx, [join(repoDir, "tools/verify.ts"), four.stack, "--json"], {
    env: { VERIFY_CURL_ARGS: curl },
  });
  const seconds = (Date.now() - began) / 1000;
  if (said.code === 2) throw new Error(`the stack could not be asked: ${said.stderr.slice(-2000)}`);
  const { results } = JSON.parse(said.stdout) as { results: Result[] };
  const failed = results.filter(({ ok }) => !ok);
  console.log(
    `verify: ${seconds.toFixed(0)} s, ${failed.map(({ name, detail }) => `${name}: ${detail.slice(0, 120)}`).join("\n")}`,
  );
  return { failed, rows: results.length, seconds };
}
/** Rows about one gateway, its filter too. */
const about = (rows: readonly Result[], gateway: string): Result[] =>
  rows.filter(({ group, name }) => new RegExp(`\\b${gateway}\\b`).test(`${group} ${name}`));
const late = ({ detail }: Result): boolean => detail.startsWith("not looked at");

beforeAll(async () => {
  await enterLabEnvironment();
  // A run that was ended in the middle leaves the state of a server that is gone.
  await forgetStack(four);
  await acceptKeys(
    "telegram",
    tenants.map(({ botToken }) => botToken),
  );
  await script("anthropic", []);
  await boot({ name: server, ipv4: address, disk: "warm", authorizedKeys: [await ensureSshIdentity()] });
  await eventually("sshd", 60, () => writeFour());
  inbox.start();
});

afterAll(async () => {
  await inbox.stop();
  await script("anthropic", []);
  await acceptOnly("telegram", [(await labSecrets())["clawkeep:telegramBotToken-openclaw"] ?? ""]);
  await forgetStack(four);
  await destroy(server);
});

test("four gateways are deployed, and each of the three answers with a tool, from its memory and by Telegram", async () => {
  await pulumiUp(four.stack);
  await pulumi("up", ["--stack", four.stack, "--yes", "--skip-preview", "--expect-no-changes"]);
  const bots = tenants.map(({ botToken }) => Number(botToken.split(":")[0]));
  await eventually("every bot is polled for", 120, async () => {
    const polled = (await telegramBots()).filter(({ polling }) => polling).map(({ id }) => id);
    expect(polled).toEqual(expect.arrayContaining(bots));
  });
  for (const tenant of good) {
    await remember(tenant);
    // The first ones make the sandbox, and whatever else is made once.
    for (let round = 0; round < 2; round++) for (const kind of kinds) await turn(inbox, tenant, kind);
  }
});

test("make verify ends in 90 s, and finds nothing wrong with any gateway", async () => {
  const { failed, rows, seconds } = await verifyFour();
  expect(seconds).toBeLessThan(90);
  expect(rows).toBeGreaterThan(100);
  expect(tenants.flatMap(({ name }) => about(failed, name)).filter((row) => !late(row))).toEqual([]);
});

test("the fourth does the worst in a loop, and every turn of the three is answered", async () => {
  before = await whatOthersRun();
  expect(before.filter((line) => line.startsWith("/first"))).not.toEqual([]);
  for (const thing of worstThings) {
    const quiet = await turnsOf(inbox, good, quietly);
    const busy = await during(hostile, thing, async () => {
      const began = Date.now();
      const [found, seconds] = await Promise.all([turnsOf(inbox, good, busily), login()]);
      secondsOfTheWorst += (Date.now() - began) / 1000;
      logins.push(seconds);
      return found;
    });
    add(alone, quiet);
    add(beside, busy);
    besideEach.set(`${thing.from}: ${thing.name}`, [...busy.values()].flat());
    console.log(`${thing.from}: ${thing.name}: ${middle(quiet)} s alone, ${middle(busy)} s beside it`);
  }
  expect(secondsOfTheWorst).toBeGreaterThan(120);
}, 1_800_000);

test.each(good)("the turns of $name stay under twice their p95", ({ name }) => {
  const [quiet, busy] = [alone.get(name) ?? [], beside.get(name) ?? []];
  expect(Math.min(quiet.length, busy.length)).toBeGreaterThanOrEqual(60);
  const compared = compareP95(quiet, busy);
  console.log(
    `${name}: p95 of ${quiet.length} turns alone ${compared.alone} ms, of ${busy.length} beside the worst ${compared.beside} ms: ` +
      `${compared.ratio.toFixed(2)} times`,
  );
  expect(compared.ratio).toBeLessThan(2);
});

test("beside each of the worst things by itself the turns of the three stay under twice their p95", () => {
  expect(besideEach.size).toBe(worstThings.length);
  const compared = compareEachP95([...alone.values()].flat(), besideEach);
  console.log(
    compared
      .map(({ thing, beside, ratio }) => `${thing}: ${beside} ms, ${ratio.toFixed(2)} times`)
      .join("\n"),
  );
  expect(compared.filter(({ ratio }) => ratio >= 2)).toEqual([]);
});

test("nothing of the three was started anew, nor what all of them use", async () => {
  expect(await whatOthersRun()).toEqual(before);
});

test("sshd let root in each time", () => {
  expect(logins).toHaveLength(worstThings.length);
  expect(Math.max(...logins)).toBeLessThan(15);
});

test("what the fourth did is in the records: its filter's refusals as a few lines and a count, LiteLLM's too", async () => {
  const filter = await machine.inside(
    `docker logs ${worst.name}-docker-proxy 2>&1 | grep -E '"deny"|"not-written"'`,
  );
  expect(filter).toMatch(/"deny"/);
  expect(filter).toMatch(/"not-written"/);
  const records = await machine.inside(
    `find /opt/openclaw -path '*audit*' -name '*.jsonl' -exec cat {} + | grep '"gateway": *"${worst.name}"' | grep -c refused || true`,
  );
  expect(Number(records)).toBeGreaterThan(0);
});

test("make verify ends in 90 s while the fourth stops all that root starts in it, and names the fourth alone", async () => {
  const { failed, seconds } = await during(hostile, stopsWhatIsStarted, verifyFour);
  expect(seconds).toBeLessThan(90);
  expect(about(failed, worst.name)).not.toEqual([]);
  expect(good.flatMap(({ name }) => about(failed, name)).filter((row) => !late(row))).toEqual([]);
  for (const tenant of good) for (const kind of kinds) await turn(inbox, tenant, kind);
  expect(await whatOthersRun()).toEqual(before);
});
