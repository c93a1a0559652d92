/** Work in order: jobs under one key run one after the other, jobs under different keys at the same time. */
export class Queues {
  private readonly tails = new Map<string, Promise<unknown>>();

  run<T>(key: string, job: () => Promise<T>): Promise<T> {
    const before = this.tails.get(key) ?? Promise.resolve();
    const result = before.then(job);
    // The next job must run although this one failed; whoever asked for this one hears of its failure.
    this.tails.set(
      key,
      result.catch(() => undefined),
    );
    return result;
  }

  /** Resolves when everything queued so far is done, whatever its outcome. */
  async idle(key?: string): Promise<void> {
    await (key === undefined ? Promise.all(this.tails.values()) : this.tails.get(key));
  }
}
