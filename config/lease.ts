/**
 * The lease: a gateway runs only while its host has heard, within so many seconds, that its stack is the active one. Then a host
 * that nobody can cut off has stopped by itself when the time is over, and the other stack waits for that (docs/failover.md).
 */
import { z } from "zod";

/** Seconds. Below 60 an API that is slow for a moment ends the assistant; above 600 nobody waits. */
export const leaseSeconds = z.int().min(60).max(600);

/**
 * Seconds that a takeover waits beside the lease itself. 20 until systemd sees a guard that hangs (WatchdogSec), 2 until it runs
 * again, 25 for its stop (gateway-lease), 13 for two clocks and for an answer of Cloudflare that is not the newest.
 */
export const leaseMarginSeconds = 60;
