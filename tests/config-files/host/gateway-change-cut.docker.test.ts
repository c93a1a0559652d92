/** A change of a gateway that is cut off at any step: one of the two serves, never both, and the next run ends it. */
import { home, name, SmallHost, until, type Seen } from "./small-host";

jest.setTimeout(120_000);
const host = new SmallHost();
let before: Seen;
beforeAll(async () => {
  await host.start();
  const id = host.create({ version: 1 });
  expect(host.activate(id, { seconds: 20 }).status).toBe(0);
  host.say("hello");
  before = host.find(name) as Seen;
});
afterAll(() => host.stop());
afterEach(() => expect(host.together()).toEqual([]));

/** The call that removes the container of before. */
const removed = "docker rm --force OLD";
/** Every call that changes something, and the first look after the new one was started. */
const steps: [call: string, count: number][] = [
  ["systemctl stop", 1],
  ["docker run", 1],
  ["docker run", 2],
  ["docker rename", 1],
  ["docker rename", 2],
  ["systemctl restart", 1],
  ["docker exec", 1],
  [removed, 1],
];

test.each(steps)(
  "the power goes before `%s` number %d: the one of before serves after the boot",
  async (call, count) => {
    const id = host.create({ version: 2 });
    host.activateKilled(id, call.replace("OLD", before.Id), count, 20);
    host.powerCut();
    // Once it was ready, and nothing but the removal of the old one was left, it is the new one's turn.
    const accepted = call === removed;
    await until("a gateway after the boot", () => host.ready(), 60);
    expect(host.find(name)?.Id).toBe(accepted ? id : before.Id);
    expect(host.running()).toHaveLength(1);
    expect(host.said()).toContain("0 hello");
    // Where the new one may have been started, the next run sees whether the one of before serves.
    expect(host.run(`cat ${home}/swap.json 2>/dev/null || true`)).toMatch(/^$|"state": "serve"/);
    if (accepted) before = host.find(name) as Seen;
  },
);

test.each(steps.slice(0, -1))(
  "the script is killed before `%s` number %d and run again: the new one serves",
  (call, count) => {
    const id = host.create({ version: 2 }, { [call]: count });
    host.activateKilled(id, call, count, 20);
    expect(host.activate(id, { seconds: 20 })).toMatchObject({ status: 0, stderr: expect.anything() });
    expect(host.running()).toEqual([id]);
    expect(host.containers().map(({ Id }) => Id)).toEqual([id]);
    expect(host.said()).toContain("0 hello");
    before = host.find(name) as Seen;
  },
);

test("the script is killed between its last two notes: what has proven itself serves on, after a boot and when it is run again", async () => {
  const id = host.create({ version: 2 });
  host.activateKilled(id, `docker rm --force ${before.Id}`, 1, 20);
  const journal = {
    new: id,
    newImage: (host.find(id) as Seen).Image,
    old: before.Id,
    copy: "/nowhere",
    started: true,
  };
  const note = `cat >${home}/swap.json`;
  host.run(note, { input: JSON.stringify(journal) });
  host.powerCut();
  await until("a gateway after the boot", () => host.ready(), 60);
  expect(host.containers().map(({ Id }) => Id)).toEqual([id]);
  const { StartedAt } = (host.find(name) as Seen).State;
  host.run(note, { input: JSON.stringify(journal) });
  expect(host.activate(id, { seconds: 20 }).status).toBe(0);
  expect(host.find(name)?.State.StartedAt).toBe(StartedAt);
  expect(host.run(`ls ${home}`)).not.toContain("swap.json");
  before = host.find(name) as Seen;
});

test("a script that was killed while the new one got ready is run again: the new one is not stopped for that", () => {
  const old = host.create({ version: 2 }, { old: true });
  const journal = { new: before.Id, newImage: before.Image, old, copy: "/nowhere", started: true };
  host.run(`cat >${home}/swap.json; echo '{"id":"${old}"}' >${home}/proven.json`, {
    input: JSON.stringify(journal),
  });
  expect(host.activate(before.Id, { seconds: 20 }).status).toBe(0);
  expect(host.find(name)).toMatchObject({ Id: before.Id, State: { StartedAt: before.State.StartedAt } });
  expect(host.containers().map(({ Id }) => Id)).toEqual([before.Id]);
  expect(host.run(`ls ${home}; cat ${home}/proven.json`)).not.toMatch(`swap.json|${old}`);
});

test.each([
  ["systemctl stop", 2],
  // What the new one made is kept, the state is emptied, the copy put back.
  ["docker run", 3],
  ["docker run", 4],
  ["docker run", 5],
  ["systemctl restart", 2],
])(
  "a change has failed, and the power goes before `%s` number %d of going back: the one of before serves on its state",
  async (call, count) => {
    const id = host.create({ version: 9, fault: "crash-after-migration" });
    host.activateKilled(id, call, count, 20);
    host.powerCut();
    await until("a gateway after the boot", () => host.ready(), 60);
    expect(host.running()).toEqual([before.Id]);
    expect(host.said().filter((line) => line.startsWith("9"))).toEqual([]);
    const again = host.activate(id, { seconds: 20 });
    expect(again.stderr).toMatch(/was tried at \S+ and does not serve: it ends by itself again and again/);
    expect(host.running()).toEqual([before.Id]);
  },
);
