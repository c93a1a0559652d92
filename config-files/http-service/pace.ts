import { setTimeout as sleep } from "node:timers/promises";
import { Refusal } from "./refusal";

/** So many at once, and then so many a minute. */
export interface Rate {
  readonly burst: number;
  readonly perMinute: number;
}

/** What would wait for longer is refused. OpenClaw gives up on a sandbox after 5 s. */
export const longestWaitMs = 4_000;

/** No rate at all, where the control is off. */
export const unpaced: Rate = { burst: Infinity, perMinute: Infinity };

/** Holds calls to a rate: above it they wait, and are refused when they would wait for long. */
export class Pace {
  private tokens: number;
  private counted: number;

  /** @param now milliseconds of a clock that nobody sets: one that goes back would owe itself all that time */
  constructor(
    private readonly rate: Rate,
    private readonly rule: string,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.tokens = rate.burst;
    this.counted = now();
  }

  /**
   * Takes its turn, and waits until it comes.
   *
   * @throws {Refusal} 429 with the rule of this rate; nothing is then taken
   */
  async turn(cost = 1): Promise<void> {
    const wait = this.take(cost);
    if (wait > longestWaitMs) {
      this.tokens += cost;
      throw new Refusal(429, this.rule, `more than ${this.rate.perMinute} a minute; try again later`);
    }
    if (wait > 0) await sleep(wait);
  }

  /** Takes without waiting, for what has already happened. At most a minute is owed. */
  charge(cost: number): void {
    this.take(cost);
    this.tokens = Math.max(this.tokens, -this.rate.perMinute);
  }

  /** @returns milliseconds until nothing is owed */
  owedMs(): number {
    const owed = this.take(0);
    return owed > 0 ? owed : 0;
  }

  /** @returns milliseconds until what was taken is there */
  private take(cost: number): number {
    const now = this.now();
    const perMs = this.rate.perMinute / 60_000;
    this.tokens = Math.min(this.rate.burst, this.tokens + (now - this.counted) * perMs) - cost;
    this.counted = now;
    return -this.tokens / perMs;
  }
}
