/** What a drill is: one control, how it is switched off, and the test that must then fail. */
export interface Drill {
  /** Unique, for `make drills ONLY=NAME` and the report. */
  readonly name: string;
  /**
   * Where the row of docs/threat-model.md begins that the control belongs to; undefined where it keeps a promise that
   * no attacker is in the way of.
   */
  readonly threat: string | undefined;
  /** File of the checkout that the control is in. */
  readonly file: string;
  /** The control's text, there exactly once in `file`. */
  readonly from: string;
  /** What stands in its place when it is off. */
  readonly to: string;
  /** The test file. One that needs a Docker engine makes this a drill that does. */
  readonly test: string;
  /** Regular expression over full test names: those that must fail, at least one of them. */
  readonly failing: string;
}

export type Group = "fast" | "docker";

export const groupOf = ({ test }: Pick<Drill, "test">): Group =>
  test.endsWith(".docker.test.ts") ? "docker" : "fast";

/** A control and its edits; the rest of the row is said once for several. */
export type Edit = Pick<Drill, "name" | "from" | "to" | "failing"> & Partial<Drill>;

/** Drills of one file and test, or of what a row says in their place. */
export const drillsOf = (shared: Pick<Drill, "threat" | "file" | "test">, edits: readonly Edit[]): Drill[] =>
  edits.map((edit) => ({ ...shared, ...edit }));
