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
  /** Sandboxes that stay: its code, what it says, format, journal and who serves; the last and the first after another run. */
  readonly stuck: readonly [number, string, readonly unknown[], readonly unknown[]];
  /** What gateway-state says, and what it did, kept and left. */
  readonly copied: readonly unknown[];
}
/** State -> where it leads: done, failed, cut off; with one to go back to and without. */
type Table = Readonly<Record<string, { then: string; fails: readonly string[]; resumes: readonly string[] }>>;

(python ? describe : describe.skip)("a change of a gateway", () => {
  let walked: Walked;
  let table: Table;
  beforeAll(() => {
    ({ walked, table } = walk<Walked, Table>("swap-walk.py", "swap"));
  }, 300_000);

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

  it("puts nothing back while a sandbox is there, and goes on once they are gone", () => {
    const [status, said, before, after] = walked.stuck;
    expect(said).toMatch(
      /THE PREVIOUS ONE DOES NOT SERVE EITHER: .*sandboxes-end close gw: 1 are there still/,
    );
    expect([status, before, after]).toEqual([1, ["2", "lost", []], ["1", ["1"]]]);
  });

  it("the operator's own command touches nothing of a gateway that runs, or whose sandboxes stay", () => {
    const untouched = [0, ["kept"], ["2", "1", "3"]];
    const runs = expect.stringMatching(
      /^gw runs, .*: systemctl stop openclaw-gateway@gw\.service; /,
    ) as string;
    const stays = expect.stringMatching(/1 are there still\. Its state was not touched: /) as string;
    const refused = [runs, untouched, stays, untouched];
    const kept = [expect.stringMatching(/^before-gw-/), "kept"] as unknown[];
    // To save, to keep what is there, and to put back where that is kept already.
    expect(walked.copied).toEqual([
      ...refused,
      ...refused,
      ...refused,
      "",
      [expect.any(Number), kept, ["2", "1"]],
    ]);
  });
});
