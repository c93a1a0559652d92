/** Which backups go, and what stops it: also for somebody who owns a host and wants the good ones to go. */
import { readRepository } from "../../../tools/prune/read";
import { allDays, decide, keptDays, type Repository, type Snapshot } from "../../../tools/prune/rule";

const now = new Date("2026-11-20T12:00:00Z");
const ago = (hours: number): Date => new Date(now.getTime() - hours * 3600_000);

interface Made extends Partial<Snapshot> {
  /** Hours since it has arrived. */
  readonly age: number;
}
function repository(...made: readonly Made[]): Repository {
  const snapshots = made.map(({ age, ...own }, index) => ({
    id: `${String(index).padStart(4, "0")}aaaaaaaa`,
    time: ago(age),
    stack: "prod",
    size: 1000,
    ...own,
  }));
  return {
    snapshots,
    arrivals: new Map(snapshots.map(({ id }, index) => [id, ago(made[index]?.age ?? 0)])),
  };
}
const hourly = (from: number, to: number): Made[] =>
  Array.from({ length: to - from }, (_, hour) => ({ age: from + hour }));
/** Ages in hours of those that stay. */
function kept({ snapshots, arrivals }: Repository): number[] {
  const { forget, stops } = decide({ snapshots, arrivals }, now);
  expect(stops).toEqual([]);
  return snapshots
    .filter(({ id }) => !forget.includes(id))
    .map(({ id }) => (now.getTime() - (arrivals.get(id)?.getTime() ?? 0)) / 3600_000);
}

test("all of two days stay, then the last of each day up to fourteen, then none", () => {
  const left = kept(repository(...hourly(0, 24 * 20)));
  expect(left.filter((age) => age <= 24 * allDays)).toHaveLength(49);
  // 23:00 of each day; it is noon.
  const daily = Array.from({ length: 12 }, (_, index) => 13 + 24 * (index + 2));
  // Of the day that two days ago cuts in two, the last that is older.
  expect(left.filter((age) => age > 24 * allDays)).toEqual([
    49,
    ...daily.filter((age) => age <= 24 * keptDays),
  ]);
});

test("any number of forged ones push out none", () => {
  const good = hourly(0, 72);
  const forged = Array.from({ length: 5000 }, () => ({ age: 1, size: 1000 }));
  const alone = kept(repository(...good));
  expect(kept(repository(...good, ...forged)).filter((age) => age !== 1)).toEqual(
    alone.filter((age) => age !== 1),
  );
});

test("a stack does not push out another's", () => {
  const two = [...hourly(0, 24 * 5), ...hourly(0, 24 * 5).map((made) => ({ ...made, stack: "standby" }))];
  const left = kept(repository(...two));
  const alone = kept(repository(...hourly(0, 24 * 5)));
  expect(left).toEqual([...alone, ...alone]);
});

test("a stack that another has taken over from stops nothing, and its newest stays", () => {
  const replaced = [400, 401, 600].map((age) => ({ age, stack: "prod" }));
  expect(kept(repository({ age: 1, stack: "standby" }, ...replaced)).map(Math.round)).toEqual([1, 400]);
});

test.each<[string, Repository, RegExp]>([
  ["a time of its own in the past", repository({ age: 0 }, { age: 1, time: ago(300) }), /^0001aaaa says that it is of .* has arrived at /],
  ["a time of its own to come", repository({ age: 0 }, { age: 1, time: ago(-300) }), /^0001aaaa says/],
  ["eleven minutes of difference", repository({ age: 1, time: ago(1 + 11 / 60) }), /^0000aaaa says/],
  ["a file of the future", repository({ age: -1 }), /to come/],
  ["a newest one that is old", repository({ age: 25 }, { age: 400 }), /1\.0 days old: are backups made/],
  ["a newest one that is small", repository({ age: 0, size: 400 }, { age: 1 }, { age: 2 }), /400 bytes, and those before it 1000/],
  ["two stacks that make none any more", repository({ age: 50 }, { age: 48, stack: "standby" }), /of stack standby .* days old/],
  ["none at all", repository(), /there is no snapshot/],
])("%s stops it, and nothing goes", (_, found, said) => {
  const { forget, stops } = decide(found, now);
  expect(stops).toEqual([expect.stringMatching(said)]);
  expect(forget).toEqual([]);
}); // prettier-ignore

test("what the storage has and restic cannot read, and the other way round, stops it", () => {
  const { snapshots, arrivals } = repository({ age: 0 }, { age: 1 });
  expect(decide({ snapshots: snapshots.slice(0, 1), arrivals }, now).stops).toEqual([
    expect.stringMatching(/^1 files among the snapshots cannot be read, 0001aaaa first/),
  ]);
  const some = new Map([...arrivals].slice(0, 1));
  expect(decide({ snapshots, arrivals: some }, now).stops).toEqual([
    expect.stringMatching(/^0001aaaa is listed, and the storage has no file of it/),
  ]);
});

test("ten minutes are the time that an upload takes", () => {
  expect(decide(repository({ age: 0, time: ago(9.9 / 60) }), now).stops).toEqual([]);
});

test("what restic and rclone say is read", () => {
  const id = "ab".repeat(32);
  const snapshots = [
    {
      id,
      short_id: "abababab",
      time: "2026-11-20T11:00:00.123456789Z",
      tags: ["stack=prod", "epoch=1"],
      summary: { total_bytes_processed: 5 },
    },
  ];
  const files = [{ Path: id, Name: id, Size: 300, ModTime: "2026-11-20T11:00:05Z", IsDir: false }];
  expect(readRepository(JSON.stringify(snapshots), JSON.stringify(files))).toEqual({
    snapshots: [{ id, time: new Date("2026-11-20T11:00:00.123Z"), stack: "prod", size: 5 }],
    arrivals: new Map([[id, new Date("2026-11-20T11:00:05Z")]]),
  });
  expect(() => readRepository(JSON.stringify([{ id, time: "soon" }]), "[]")).toThrow(/has the time "soon"/);
});
