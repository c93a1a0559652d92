/**
 * Whether this `pulumi up` is that of a cold restore: the gateways are put on the host and stay down there until a backup is in
 * their place. Said by the environment of that one `up`, which tools/restore.ts sets: in a stack file it would stay behind.
 */
export const awaitRestoreVariable = "CLAWKEEP_AWAIT_RESTORE";

/** Third role of a gateway on its host, beside the two that a stack can have. gateway.py knows it by this word. */
export const awaitsRestore = "awaits-restore";

/** @param environment of the process; anything but `1` is no */
export const isAwaitingRestore = (environment: Readonly<Record<string, string | undefined>>): boolean =>
  environment[awaitRestoreVariable] === "1";

/** What is typed again once something that an `up` was refused for is out of the way. */
export const upAgain = (
  stack: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string =>
  isAwaitingRestore(environment) ? `make restore STACK=${stack} COLD=1` : `pulumi up --stack ${stack}`;
