/**
 * The end of a command as a machine's that goes off: of all that it has started too. Pulumi's plugins are in process groups of
 * their own, so what ends a group leaves them at work.
 */
import { readdirSync, readFileSync } from "node:fs";

interface Seen {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
}

const seen = (): Seen[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const [state, parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return state === "Z" ? [] : [{ pid: Number(pid), parent: Number(parent), group: Number(group) }];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });

/** A process, the group that it leads, and all that those have started, as far as whoever started it is there. */
export function familyOf(pid: number): number[] {
  const all = seen();
  const family = new Set(
    all.filter((each) => each.pid === pid || each.group === pid).map((each) => each.pid),
  );
  for (let before = -1; before !== family.size;) {
    before = family.size;
    for (const each of all) if (family.has(each.parent)) family.add(each.pid);
  }
  return [...family];
}

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
};

/** @returns whom it has ended */
export function killWithAll(pid: number): number[] {
  // What was not started has no number, and everything descends from the first process.
  if (pid <= 1) throw new Error(`process ${pid} is nothing that a test has started`);
  const stopped = new Set<number>();
  // Who is stopped starts nothing: so the family is whole once nobody new is found in it.
  for (let fresh = familyOf(pid); fresh.length > 0;) {
    for (const each of fresh) {
      signal(each, "SIGSTOP");
      stopped.add(each);
    }
    fresh = familyOf(pid).filter((each) => !stopped.has(each));
  }
  for (const each of stopped) signal(each, "SIGKILL");
  return [...stopped];
}
