/** Which of the dear rows `make test` has time for: CI ends it after 90 minutes, and what it had seen until then is lost. */

/** Of all of it, in seconds; five minutes are for what nobody has reckoned with. */
export const mostSeconds = 85 * 60;
/** What the rehearsal and its files take that are in no row, on two cores. */
export const rehearsalSeconds = 45 * 60;
/** The same of the files with an engine. */
export const dockerSeconds = 12 * 60;

export interface Due {
  readonly name: string;
  /** Seconds that it took last; its limit where it never ran. */
  readonly seconds: number;
  /** When it ran last, as the page has it; empty where it never did. */
  readonly date: string;
}

/**
 * @param left seconds
 * @returns those that fit in, the longest unseen first, so that none is left out for ever
 */
export function fitting<T extends Due>(due: readonly T[], left: number): T[] {
  let used = 0;
  return [...due]
    .sort((a, b) => (a.date < b.date ? -1 : 1))
    .filter(({ seconds }) => {
      const fits = used + seconds <= left;
      if (fits) used += seconds;
      return fits;
    });
}
