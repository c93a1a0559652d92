import { statSync } from "node:fs";
import { join } from "node:path";
import { forward, type Call, type Meter } from "./forward";
import type { RelayConfiguration } from "./configuration";
import type { Controls } from "./controls";

/** How long an order to withhold counts, in ms: whoever gave it and did not stop the gateway has failed. */
const ordersCountMs = 10 * 60_000;
/** How often it is looked at while a poll waits, in ms. */
const lookEveryMs = 250;
/** How long an empty answer takes, in ms: a client asks again at once. */
const emptyAnswerMs = 950;

/**
 * Whether a gateway gets no updates. The host says so by a file of the gateway's name, before it stops it (drain.py): what is sent to the
 * bot stays at Telegram then, for the gateway that starts next.
 */
export function withholdsUpdates(directory: string, gateway: string): boolean {
  const { mtimeMs } = statSync(join(directory, gateway), { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
  return Date.now() - mtimeMs < ordersCountMs;
}

/**
 * Carries a poll for updates as any other call, unless they are withheld: then it is answered as one that nothing came for,
 * and Telegram's side of it ends.
 *
 * @returns the status that the gateway got
 */
export async function forwardUpdates(
  gateway: string,
  call: Call,
  meters: { readonly sent: Meter; readonly received: Meter },
  configuration: RelayConfiguration,
  controls: Controls,
): Promise<number> {
  const withheld = (): boolean => controls.withholdsUpdates(configuration.withheldDirectory, gateway);
  if (withheld()) {
    call.request.resume();
    await new Promise((wake) => setTimeout(wake, emptyAnswerMs));
    return nothingCame(call);
  }
  const stop = new AbortController();
  const looks = setInterval(() => withheld() && stop.abort(), lookEveryMs);
  try {
    return await forward(call, meters, configuration, controls, stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    return nothingCame(call);
  } finally {
    clearInterval(looks);
  }
}

function nothingCame({ response }: Call): number {
  response.writeHead(200, { "content-type": "application/json" }).end('{"ok":true,"result":[]}');
  return 200;
}
