/** The table of restoring.py, walked: every state, every crash point, on an engine in memory. Skipped where Python is not installed. */
import { python, walk } from "./walked-table";

interface Walked {
  /** What a whole restore does, by scenario. */
  readonly effects: Readonly<Record<string, number>>;
  /** State to state. */
  readonly seen: readonly (readonly [string, string])[];
  readonly wrong: readonly unknown[];
  readonly number: number;
  /** Neither the restored nor what was there can be put: last state, what a boot says, whether it runs, whether the journal stays. */
  readonly stuck: readonly [string, string, boolean, boolean];
  /** The next boot, with a disk: what it says, whether what was there is there again, whether it runs. */
  readonly healed: readonly [null, boolean, boolean];
  /** On half a state that came with its volume, where the restored cannot be put, and where it can: last state, whether it is marked. */
  readonly other: readonly (readonly [string, boolean])[];
}
type Table = Readonly<Record<string, { then: string; fails: string; resumes: string }>>;

(python ? describe : describe.skip)("a restore of a gateway", () => {
  let walked: Walked;
  let table: Table;
  beforeAll(() => {
    ({ walked, table } = walk<Walked, Table>("restore-walk.py", "restoring"));
  }, 300_000);

  it("comes to the same end wherever it is killed, run again or booted, and what was there is kept", () => {
    expect(walked.wrong).toEqual([]);
    expect(walked.number).toBe(0);
    for (const effects of Object.values(walked.effects)) expect(effects).toBeGreaterThan(20);
  });

  it("has been in every state, and leads nowhere that the table does not say", () => {
    const entered = new Set(walked.seen.map(([, to]) => to));
    expect([...entered].sort()).toEqual(Object.keys(table).sort());
    const allowed = ([from, to]: readonly [string, string]): boolean => {
      const row = table[from];
      return row === undefined ? from === "begin" : [row.then, row.fails, row.resumes, from].includes(to);
    };
    expect(walked.seen.filter((step) => !allowed(step))).toEqual([]);
  });

  it("starts nothing on half a state, says where the old one is kept, and goes on when it can", () => {
    const [last, said, runs, journal] = walked.stuck;
    expect([last, runs, journal]).toEqual(["back", false, true]);
    expect(said).toMatch(/the state of gw is not whole.*It is kept in \S*\/replaced-gw-/);
    expect(walked.healed).toEqual([null, true, true]);
  });

  it("that begins on half a state leaves it marked as that, unless a whole one is put there", () => {
    expect(walked.other).toEqual([
      ["resume", true],
      ["done", false],
    ]);
  });
});
