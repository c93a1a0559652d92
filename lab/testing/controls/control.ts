/** What is taken away on trial: one control, how it is switched off, and the test that must then fail. */
import type { Group } from "../groups";

export interface Control {
  /** Unique, for `make test-long NAME=` and what is said of it. */
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
  /** The test file, of the fast tests or of those with a Docker engine. */
  readonly test: string;
  /** Regular expression over full test names: those that must fail, at least one of them. */
  readonly failing: string;
}

export const groupOf = ({ test }: Pick<Control, "test">): Extract<Group, "fast" | "docker"> =>
  test.endsWith(".docker.test.ts") ? "docker" : "fast";

/** A control and its edits; the rest of the row is said once for several. */
export type Edit = Pick<Control, "name" | "from" | "to" | "failing"> & Partial<Control>;

/** Controls of one file and test, or of what a row says in their place. */
export const controlsOf = (
  shared: Pick<Control, "threat" | "file" | "test">,
  edits: readonly Edit[],
): Control[] => edits.map((edit) => ({ ...shared, ...edit }));
