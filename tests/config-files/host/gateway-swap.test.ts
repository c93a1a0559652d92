/** The table of swap.py, walked: every state, every crash point, on an engine in memory. Skipped where Python is not installed. */
import { python, walk } from "./walked-table";

interface Walked {
  /** What a whole change does, by scenario. */
  readonly effects: Readonly<Record<string, number>>;
  /** State to state. */
  readonly seen: readonly (readonly [string, string])[];
  readonly wrong: readonly unknown[];
  readonly number: number;
  readonly gone: readonly [number, string, string];
}
/** State -> where it leads: done, failed, cut off; with one to go back to and without. */
type Table = Readonly<Record<string, { then: string; fails: readonly string[]; resumes: readonly string[] }>>;

(python ? describe : describe.skip)("a change of a gateway", () => {
  let walked: Walked;
  let table: Table;
  beforeAll(() => {
    ({ walked, table } = walk<Walked, Table>("swap-walk.py", "swap"));
  }, 120_000);

  it("comes to the same end wherever it is killed, run again or booted, from a journal of before 0.2 too", () => {
    expect(walked.wrong).toEqual([]);
    expect(walked.number).toBe(0);
    for (const effects of Object.values(walked.effects)) expect(effects).toBeGreaterThan(10);
  });

  it("has been in every state, and leads nowhere that the table does not say", () => {
    const entered = new Set(walked.seen.map(([, to]) => to));
    expect([...entered].sort()).toEqual(Object.keys(table).sort());
    const allowed = ([from, to]: readonly [string, string]): boolean => {
      const row = table[from];
      if (row === undefined) return ["begin", "before 0.2"].includes(from);
      // One that is done again where it was cut off; "keep" by who finds the new one ready.
      return (
        from === to ||
        [row.then, ...row.fails, ...row.resumes].includes(to) ||
        (from === "try" && to === "keep")
      );
    };
    expect(walked.seen.filter((step) => !allowed(step))).toEqual([]);
  });

  it("says in a sentence that somebody has removed the old container, and the next one finds out by itself", () => {
    const [status, said, state] = walked.gone;
    expect(said).toMatch(
      /AND THE PREVIOUS ONE DOES NOT SERVE EITHER: the container 111111111111 is gone; the state of before the change is kept in \S*\/before-gw-/,
    );
    expect([status, state]).toEqual([1, "lost"]);
  });
});
