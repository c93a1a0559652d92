import { Refusal } from "../http-service/refusal";

/** Lets so many holders in at a time, in order of arrival. */
export class Gate {
  private inside = 0;
  private readonly waiting: (() => void)[] = [];

  /**
   * @param places holders at the same time
   * @param mostWaiting more are refused: their connections may long be gone, and bound nothing
   */
  constructor(
    private readonly places: number,
    private readonly mostWaiting: number,
  ) {}

  /**
   * @returns what gives the place back; calling it again does nothing
   * @throws {Refusal} 503 `busy`
   */
  async enter(): Promise<() => void> {
    if (this.inside < this.places) this.inside++;
    else {
      if (this.waiting.length >= this.mostWaiting)
        throw new Refusal(503, "busy", "too many calls are already waiting");
      // The place is handed over, so that nobody can come in between.
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = this.waiting.shift();
      if (next === undefined) this.inside--;
      else next();
    };
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    const leave = await this.enter();
    try {
      return await task();
    } finally {
      leave();
    }
  }
}
