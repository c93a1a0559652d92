/** Numbers that look drawn and are the same for the same seed: what a test has done can be done again. */

/** Draws of one seed. */
export interface Draws {
  /** From 0 up to 1, without it. */
  readonly share: () => number;
  /** A whole number, both ends included. */
  readonly whole: (least: number, most: number) => number;
  /** One of them. @throws Error where there is none */
  readonly of: <T>(from: readonly T[]) => T;
}

/** @param seed a whole number; each client of a test takes another one, so that what others do moves none of its draws */
export function drawsOf(seed: number): Draws {
  // A linear congruential generator with the constants of Numerical Recipes, its high bits alone.
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
  const share = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
  const whole = (least: number, most: number): number => least + Math.floor(share() * (most - least + 1));
  const of = <T>(from: readonly T[]): T => {
    const found = from[whole(0, from.length - 1)];
    if (found === undefined) throw new Error("there is nothing to draw from");
    return found;
  };
  return { share, whole, of };
}
