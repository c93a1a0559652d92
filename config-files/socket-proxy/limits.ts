/**
 * What one gateway may take of the engine, in one table: the defaults of a deployment. A test may have others, by the
 * filter's configuration.
 */

import type { Rate } from "../http-service/pace";

export interface CallLimits {
  /** Connections to the exported socket at once. */
  readonly connections: number;
  /** Calls of the engine that are not answered yet; more wait, and as many as there may be connections. */
  readonly calls: number;
  /** Started commands that the engine has not ended, whether or not anybody still waits for them. */
  readonly execs: number;
  /** Commands that were created and never started: the engine keeps each for as long as its sandbox lives. */
  readonly createdExecs: number;
  /** Commands and sandboxes that are being started, or removed, at once; more wait. */
  readonly starts: number;
  /**
   * Commands created. One of more than 4 KiB counts as several, because the engine keeps what it was told for five to
   * ten minutes; one that could not be started, as {@link failedExecCost}. Above the rate a call waits, for at most
   * `longestWaitMs`.
   */
  readonly execRate: Rate;
  /** Sandboxes created, and their starts, each. Above the rate a call waits likewise. */
  readonly sandboxRate: Rate;
}

/**
 * OpenClaw's file tools take about ten commands for one call of the model, others two; a turn has some dozens of calls,
 * with seconds of the model between them. A sandbox is made once a turn at most.
 */
export const deployedLimits: CallLimits = {
  connections: 64,
  calls: 16,
  execs: 16,
  createdExecs: 16,
  starts: 4,
  execRate: { burst: 60, perMinute: 300 },
  sandboxRate: { burst: 30, perMinute: 30 },
};

/** Bytes of a command and its environment that count as one command. */
export const execCostBytes = 4 * 1024;
/** What runc says of a command that it could not start stays in the host's /run until the sandbox is gone. */
export const failedExecCost = 20;

/**
 * Bytes of one command. When runc cannot start it, runc quotes the program and the directory, escaped, into a pipe that
 * holds 64 KiB and that nobody reads before runc has ended: a longer text hangs runc on the host for ever. Both together
 * are at most 767 bytes here, of which escaping makes eight times as many. The whole command and the environment are in
 * no such text; they lie in the memory of the engine.
 */
export const execBytes = {
  program: 255,
  directory: 512,
  command: 32 * 1024,
  environment: 16 * 1024,
} as const;

/** Lines of the log in a minute, of refusals and of allowed looks; the rest is counted. What changes something has none. */
export const logLines = { refused: 60, looks: 600 } as const;
