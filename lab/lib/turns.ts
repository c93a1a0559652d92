/**
 * Makes a function that starts the work for a key once and hands everybody who asks for the same key the same result.
 * Work that failed may be tried again.
 */
export function oncePerKey<T>(work: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const started = new Map<string, Promise<T>>();
  return (key) => {
    const running = started.get(key);
    if (running !== undefined) return running;
    const promise = work(key);
    started.set(key, promise);
    promise.catch(() => started.delete(key));
    return promise;
  };
}

const queues = new Map<string, Promise<unknown>>();

/** Runs what is asked for the same key one after the other, so that a read-change-write of its state loses nothing. */
export async function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
  const turn = (queues.get(key) ?? Promise.resolve()).then(work, work);
  queues.set(key, turn);
  return turn;
}

/** Works through a list, so many at a time, in order of the list. Stops at the first failure. */
export async function atMost<T>(
  limit: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      try {
        await work(item);
      } catch (error) {
        waiting.length = 0;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
}
