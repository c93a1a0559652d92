/** Who holds a stack's lock, and whether it may be taken away. No Pulumi in here. */
import { madeLock, type Process } from "./processes";

export interface Lock {
  readonly who: string;
  readonly machine: string;
  readonly pid: number;
  readonly since: string;
}

/** Locks that Pulumi names where it refuses; none where it says of a lock and not whose. */
export const locksIn = (said: string): Lock[] =>
  [...said.matchAll(/created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)/g)].map(
    ([, who = "", machine = "", pid = "", since = ""]) => ({ who, machine, pid: Number(pid), since }),
  );

/** As the backends in files and buckets say it, and Pulumi Cloud: where it refuses, and where it shows a stack. */
export const isLocked = (said: string): boolean =>
  /currently locked by|Another update is currently in progress|^\s*Update in progress:/m.test(said);

export interface Here {
  readonly machine: string;
  readonly user: string;
  /** Whether the state lies in a folder of this machine. */
  readonly stateIsHere: boolean;
  readonly processes: readonly Process[];
}

/**
 * Why the lock may not be taken away; undefined where it may: its holder was on this machine and is gone, or the operator
 * answers for it.
 * @param answersFor the operator has said that nobody else is at work
 */
export function lockProblem(
  stack: string,
  said: string,
  here: Here,
  answersFor: boolean,
): string | undefined {
  const locks = locksIn(said);
  const sameName = ({ machine }: Lock): boolean => machine === here.machine;
  const alive = locks.find(
    (lock) =>
      sameName(lock) && here.processes.some((each) => each.pid === lock.pid && madeLock(each, lock.since)),
  );
  if (alive !== undefined)
    return `pulumi is at work on ${stack} (process ${alive.pid} of ${alive.who}, since ${alive.since}): wait for it, or end it`;
  // Machines may be called the same: copies of one image are, and what nobody has named. Then it is this one's where the
  // state is, or where who works here has made it.
  const ownUser = ({ who }: Lock): boolean => who === here.user && !/^localhost(\.|$)/.test(here.machine);
  const others = locks.filter((lock) => !(sameName(lock) && (here.stateIsHere || ownUser(lock))));
  if (answersFor || (locks.length > 0 && others.length === 0)) return undefined;
  const [, author] = /^\s*Requested By: (.*)$/m.exec(said) ?? [];
  const whose = others.map(
    (lock) =>
      `${lock.who} on ${lock.machine} since ${lock.since}` +
      (sameName(lock) ? " (this machine is called so too, and has no such process)" : ""),
  );
  return (
    `${stack} is locked by ${whose.join(", ") || author || "somebody whom the backend does not name"}. Nobody here can see ` +
    `whether that still runs. If it does not: make recover STACK=${stack} UNLOCK=1`
  );
}
