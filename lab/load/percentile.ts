/** What many measured times come to. */

/**
 * The smallest of the values that at least `share` of them do not exceed (nearest rank), so it is one that was measured.
 *
 * @param values in any order and unit
 * @param share above 0, at most 1: 0.95 for the p95
 * @throws Error where there is no value, one is not a number, or the share is none
 */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error("no value was measured");
  if (values.some((value) => !Number.isFinite(value))) throw new Error("a measured value is no number");
  if (!(share > 0 && share <= 1)) throw new Error(`${share} is no share: above 0, at most 1`);
  const sorted = [...values].sort((one, other) => one - other);
  // 0.07 * 100 is 7.000000000000001 in floating point, and the rank is 7.
  const rank = Math.ceil(Number((share * sorted.length).toFixed(9)));
  return sorted[rank - 1] ?? Number.NaN;
}

/** The same work in turns without and with something beside it. */
export interface Compared {
  readonly alone: number;
  readonly beside: number;
  /** Of `beside` to `alone`. */
  readonly ratio: number;
}

/** Compares two sides of one run at their p95. @throws Error as {@link percentile} */
export function compareP95(alone: readonly number[], beside: readonly number[]): Compared {
  const [one, other] = [percentile(alone, 0.95), percentile(beside, 0.95)];
  if (one <= 0) throw new Error("nothing takes no time");
  return { alone: one, beside: other, ratio: other / one };
}

/** One of several things that the work went on beside, and how it compares. */
export interface ComparedThing extends Compared {
  readonly thing: string;
}

/**
 * Compares each thing by itself: pooled over many, a p95 does not show that one of them stops everything.
 *
 * @param alone of the whole run
 * @param beside thing -> what was measured beside it
 * @param least values of each thing: with fewer than 20 a p95 is the largest, and says what one slow value says
 * @returns the worst first
 * @throws Error as {@link percentile}, and where there is no thing, or one has too few values
 */
export function compareEachP95(
  alone: readonly number[],
  beside: ReadonlyMap<string, readonly number[]>,
  least = 20,
): ComparedThing[] {
  if (beside.size === 0) throw new Error("nothing was done beside it");
  return [...beside]
    .map(([thing, values]) => {
      if (values.length < least)
        throw new Error(`${thing}: ${values.length} values were measured, fewer than ${least}`);
      return { thing, ...compareP95(alone, values) };
    })
    .sort((one, other) => other.ratio - one.ratio);
}
