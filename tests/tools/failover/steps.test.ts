/** The table of a takeover, walked: killed after each thing that it does, and typed again. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { leaseMarginSeconds } from "../../../config/lease";
import { outageSeconds, steps, takeOver, type Takeover } from "../../../tools/failover/steps";
import { begin, worldOf, type All, type Fate } from "./fake-world";

const takeover = (planned: boolean, mark = "0a1b2c3d"): Takeover => ({
  ...{ from: "prod", to: "standby", planned, mark },
});

const scenarios: readonly [string, Fate, boolean][] = [
  ["planned", { primary: "alive", provider: true }, true],
  ["alive, unplanned", { primary: "alive", provider: true }, false],
  ["its disk is full", { primary: "full", provider: true }, false],
  ["hung", { primary: "hung", provider: true }, false],
  ["cut off from the operator, not from Telegram", { primary: "cut off", provider: true }, false],
  ["cut off, a host of his own that has a lease", { primary: "cut off", provider: false, lease: 60 }, false],
  ["dead, a host of the operator's own", { primary: "dead", provider: false, word: "prod" }, false],
];

/** What has to be the same at the end, whatever was cut off. */
const end = (all: All, planned: boolean) => ({
  records: all.records.map(({ epoch, stack }) => `${epoch} ${stack}`),
  serves: [all.hosts.prod.serves && all.power, all.hosts.standby.serves],
  roles: all.hosts.standby.role,
  // One message was said to the standby since.
  data: all.hosts.standby.data - 1 === (planned ? 10 : 7),
  name: all.name,
  files: all.files,
  states: all.states,
  deployed: all.deployed,
  wrong: all.wrong,
});
const wanted = {
  records: ["1 prod", "2 standby"],
  ...{ serves: [false, true], roles: "active", data: true, name: "standby" },
  files: { prod: "standby", standby: "active" },
  states: { prod: false, standby: true },
  ...{ deployed: "standby as active", wrong: [] },
};

describe.each(scenarios)("%s", (_, fate, planned) => {
  it("ends with the standby alone, and with what the last snapshot holds", async () => {
    const all = begin();
    await takeOver(worldOf(all, fate), takeover(planned));
    expect(end(all, planned)).toEqual(wanted);
  });

  it("comes to the same end wherever it is killed, once or twice, and typed again", async () => {
    const whole = worldOf(begin(), fate);
    await takeOver(whole, takeover(planned));
    const effects = whole.effects();
    expect(effects).toBeGreaterThan(10);
    for (let first = 1; first <= effects; first++)
      for (const second of [undefined, 1, 2, 3]) {
        const all = begin();
        for (const killAfter of [first, second, undefined]) {
          if (killAfter === undefined && second === undefined && all.deployed === "standby as active") break;
          const again = worldOf(all, { ...fate, ...(killAfter === undefined ? {} : { killAfter }) });
          const done = takeOver(again, takeover(planned, String(first).padStart(8, "0")));
          if (killAfter === undefined) await done;
          else await done.catch(() => expect(again.isDead()).toBe(true));
        }
        expect({ first, second, ...end(all, planned) }).toEqual({ first, second, ...wanted });
      }
  });
});

test("planned, and the other does not answer: nothing is fenced from outside, and nobody is promoted", async () => {
  const all = begin();
  await expect(takeOver(worldOf(all, { primary: "hung", provider: true }), takeover(true))).rejects.toThrow(
    /fence: prod does not do it itself.*Without PLANNED=1/,
  );
  expect([all.power, all.records.length, all.hosts.standby.serves]).toEqual([true, 1, false]);
});

test("planned, and no snapshot can be made: it goes on serving; and where it is the last that fails, the way back is said", async () => {
  const failing = (after: number) => {
    const all = begin();
    const world = worldOf(all, { primary: "alive", provider: true });
    let made = 0;
    return {
      all,
      world: {
        ...world,
        saveLast: () => (made++ < after ? world.saveLast() : Promise.reject(new Error("away"))),
      },
    };
  };
  const [first, last] = [failing(0), failing(1)];
  await expect(takeOver(first.world, takeover(true))).rejects.toThrow(/services: away/);
  expect([first.all.hosts.prod.serves, first.all.records.length]).toEqual([true, 1]);
  await expect(takeOver(last.world, takeover(true))).rejects.toThrow(
    /is not made: away.*host-failover serve 90/s,
  );
  expect([last.all.records.length, last.all.hosts.standby.serves]).toEqual([1, false]);
});

test("planned takes the snapshot that was made last, typed again the newest; by force what there is", async () => {
  const asked: (string | undefined)[] = [];
  const all = begin();
  const world = worldOf(all, { primary: "alive", provider: true });
  const noting = {
    ...world,
    saveLast: async () => (await world.saveLast(), "snapshot 0a1b2c3d: 7 bytes, 5 of them new, in 3 s"),
    restore: async (snapshot?: string) => (asked.push(snapshot), world.restore(snapshot)),
  };
  await takeOver(noting, takeover(true));
  await takeOver({ ...noting, saveLast: () => Promise.resolve("prod saves nothing") }, takeover(true));
  await takeOver(noting, takeover(false));
  expect(asked).toEqual(["0a1b2c3d", "newest", undefined]);
});

test("one that was replaced by force has the role of before on its disk: it gets what the other has saved since", async () => {
  const all = begin();
  Object.assign(all.hosts.standby, { role: "active", services: true, data: 3, followed: false });
  await takeOver(worldOf(all, { primary: "alive", provider: true }), takeover(true));
  expect(end(all, true)).toEqual(wanted);
});

test("a gateway that was let in between the proof and the record: nothing is served beside it, and the next command ends it", async () => {
  const all = begin();
  const world = worldOf(all, {
    ...{ primary: "alive", provider: true },
    meanwhile: ({ hosts }) => (hosts.prod.serves = true),
  });
  await expect(takeOver(world, takeover(false))).rejects.toThrow(/take the epoch: it serves/);
  expect(all.hosts.standby.serves).toBe(false);
  await takeOver(worldOf(all, { primary: "alive", provider: true }), takeover(false));
  expect([all.hosts.prod.serves, all.hosts.standby.serves]).toEqual([false, true]);
});

test("a provider that shows no server: the operator's word counts, and what his host may do when it is back is said", async () => {
  for (const word of [undefined, "prod"]) {
    const [all, said] = [begin(), [] as string[]];
    const fate: Fate = { primary: "dead", provider: true, ...(word === undefined ? {} : { word }) };
    const done = takeOver(
      { ...worldOf(all, fate, said), fenceAtProvider: () => Promise.resolve(undefined) },
      takeover(false),
    );
    if (word === undefined) await expect(done).rejects.toThrow(/fence: prod is not said to be cut off/);
    else await done;
    expect(all.hosts.standby.serves).toBe(word !== undefined);
    expect(said.join("\n")).toMatch(/shows no server of prod/);
    if (word !== undefined)
      expect(said.join("\n")).toMatch(/goes on when its host gets its network back: switch that host off/);
  }
});

describe("a lease", () => {
  const fate: Fate = { primary: "cut off", provider: false, lease: 60 };
  it("is waited for after the epoch is taken, whole and with the margin, before anything is restored or served; and it is said", async () => {
    const [all, said, waited] = [begin(), [] as string[], [] as (string | number)[]];
    const world = worldOf(all, fate, said);
    await takeOver(
      {
        ...world,
        take: async (record) => (waited.push("taken"), world.take(record)),
        wait: async (seconds) => (waited.push(seconds), world.wait(seconds)),
        restore: async () => (waited.push("restored"), world.restore()),
      },
      takeover(false),
    );
    expect(waited).toEqual(["taken", 60 + leaseMarginSeconds, "restored"]);
    expect(all.wrong).toEqual([]);
    expect(said.join("\n")).toMatch(
      /prod is fenced by its lease: once the record names standby.*waits 120 s.*CUT_OFF=prod.*120 s are over/s,
    );
  });

  it("that an earlier run may not have waited out is waited out whole; once the standby serves, no more", async () => {
    const waits = async (killAfter: number): Promise<number[]> => {
      const [all, waited] = [begin(), [] as number[]];
      await takeOver(worldOf(all, { ...fate, killAfter }), takeover(false)).catch(() => undefined);
      const again = worldOf(all, fate);
      await takeOver({ ...again, wait: (s) => (waited.push(s), again.wait(s)) }, takeover(false, "1b2c3d4e"));
      expect(all.wrong).toEqual([]);
      return waited;
    };
    // Its services, the epoch, the wait, what is restored, the role.
    expect(await waits(3)).toEqual([120]);
    expect(await waits(5)).toEqual([120]);
    expect(await waits(6)).toEqual([]);
  });

  it("that there is none to lean on is said, and the operator is asked", async () => {
    const [all, said] = [begin(), [] as string[]];
    const world = worldOf(all, { primary: "cut off", provider: false }, said);
    await expect(takeOver(world, takeover(false))).rejects.toThrow(/not said to be cut off/);
    expect(said).toContain("there is no lease to lean on: there is none");
    expect(all.records.length).toBe(1);
  });

  it("is not waited for where the host, or its provider, does it", async () => {
    for (const primary of ["alive", "hung"] as const) {
      const world = worldOf(begin(), { primary, provider: true, lease: 60 });
      await takeOver({ ...world, wait: () => Promise.reject(new Error("waits")) }, takeover(false));
    }
  });
});

test("unplanned, the right to append is left, and how it is taken away is said", async () => {
  const said: string[] = [];
  await takeOver(worldOf(begin(), { primary: "alive", provider: true }, said), takeover(false));
  expect(said.at(-1)).toMatch(/make failback STACK=prod\n {2}prod can append yet/);
});

test("a host of his own that the operator does not say to be cut off: nobody is promoted", async () => {
  const all = begin();
  await expect(takeOver(worldOf(all, { primary: "dead", provider: false }), takeover(false))).rejects.toThrow(
    /not said to be cut off/,
  );
  expect([all.records.length, all.hosts.standby.serves]).toEqual([1, false]);
});

test("a fence that does not hold stops it before the epoch", async () => {
  const all = begin();
  const world = worldOf(all, { primary: "alive", provider: true });
  const leaky = { ...world, fenceOnHost: () => Promise.resolve(undefined) };
  await expect(takeOver(leaky, takeover(false))).rejects.toThrow(/prove the fence: it serves/);
  expect([all.records.length, all.hosts.standby.serves]).toEqual([1, false]);
});

describe("two operators at once", () => {
  it.each([
    ["for the same stack", "standby"],
    ["for the other", "prod"],
  ])("who comes second is told, %s", async (_, stack) => {
    const all = begin();
    const meanwhile = (): void => {
      if (all.records.length === 1) all.records.push({ epoch: 2, stack, by: "ffffffff" });
    };
    const fate: Fate = { primary: "alive", provider: true, meanwhile };
    await expect(takeOver(worldOf(all, fate), takeover(false))).rejects.toThrow(
      new RegExp(`somebody else has taken epoch 2 meanwhile, for ${stack}`),
    );
    expect([all.hosts.standby.serves, all.name]).toEqual([false, "prod"]);
  });
});

test("the record of a third stack, or of nobody, stops it before anything is touched", async () => {
  for (const records of [[], [{ epoch: 4, stack: "third" }]]) {
    const all = { ...begin(), records };
    const world = worldOf(all, { primary: "alive", provider: true });
    await expect(takeOver(world, takeover(false))).rejects.toThrow(/look: (nobody|third) is recorded/);
    expect([world.effects(), all.hosts.prod.serves]).toEqual([0, true]);
  }
});

test("a list that ends before what the standby's host has read, or gives that to another, stops it before anything is touched", async () => {
  for (const [epoch, stack, most] of [
    [5, "prod", { epoch: 6, stack: "standby" }],
    [6, "prod", { epoch: 6, stack: "standby" }],
    [6, "standby", { epoch: 7, stack: "prod" }],
    [6, "prod", { epoch: 6, stack: "prod" }],
  ] as const) {
    const all = { ...begin(), records: [{ epoch, stack }] };
    const world = worldOf(all, { primary: "alive", provider: true, remembered: most });
    const said = await takeOver(world, takeover(false)).catch((error: unknown) => String(error));
    const refused = /look: Cloudflare answers .*standby has read epoch [67] .*active-record forget/;
    if (most.epoch === epoch && most.stack === stack) expect(all.hosts.standby.serves).toBe(true);
    else
      expect([refused.test(String(said)), world.effects(), all.hosts.prod.serves]).toEqual([true, 0, true]);
  }
});

test("each step says what is left and how long the assistant is away; the budget is the issue's", async () => {
  const said: string[] = [];
  await takeOver(worldOf(begin(), { primary: "alive", provider: true }, said), takeover(true));
  for (const { name } of steps)
    expect(said).toContainEqual(
      expect.stringMatching(new RegExp(`^${name} \\(at most \\d+ s; the assistant `)),
    );
  expect(said.find((line) => line.startsWith("services"))).toMatch(
    /is not away; then: fence, prove the fence/,
  );
  expect(said.at(-2)).toMatch(/^the other .*was away for \d+ s; then: nothing/);
  expect(outageSeconds(true)).toBeLessThan(60);
  expect(outageSeconds(false)).toBeLessThan(120);
});

test("docs/failover.md has the table, and its sums", () => {
  const page = readFileSync(join(__dirname, "..", "..", "..", "docs", "failover.md"), "utf8");
  const rows = [...page.matchAll(/^\| ([a-z ]+?) +\| +(\d+) \| +(\d+) \|/gm)];
  expect(rows.map(([, name, planned, unplanned]) => [name, Number(planned), Number(unplanned)])).toEqual(
    steps.map(({ name, seconds }) => [name, ...seconds]),
  );
  expect(page).toContain(`${outageSeconds(true)} s planned; ${outageSeconds(false)} s unplanned`);
});

test("where it stops it says what to type, and since when to count", async () => {
  const world = {
    ...worldOf(begin(), { primary: "alive", provider: true }),
    up: () => Promise.reject(new Error("no")),
  };
  await expect(takeOver(world, { ...takeover(false), since: 0 })).rejects.toThrow(
    /^up: no\nstandby has not taken over wholly.*SINCE=1970-01-01T00:00:00.000Z/s,
  );
});
