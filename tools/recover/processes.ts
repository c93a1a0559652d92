/** Processes of this machine: whether the one that a lock names still works, and which plugins an `up` has left behind. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly uid: number;
  /** Its program's, without folders. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly began: number;
}

/** What /proc counts in has been this on every Linux for long, whatever the kernel's own clock does. */
const ticksInSecond = 100;

/** @param proc where the kernel shows them */
export function processesOfLinux(proc = "/proc"): Process[] {
  const [, boot = "0"] = /^btime (\d+)$/m.exec(readFileSync(join(proc, "stat"), "utf8")) ?? [];
  const read = (pid: string): Process[] => {
    try {
      const stat = readFileSync(join(proc, pid, "stat"), "utf8");
      // The name is in brackets, and may have some of its own.
      const short = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const [state = "", parent = ""] = fields;
      // It has ended, and nobody has asked how.
      if (state === "Z" || state === "X") return [];
      const [first = ""] = readFileSync(join(proc, pid, "cmdline"), "utf8").split("\0");
      const program = basename(first);
      const began = (Number(boot) + Number(fields[19]) / ticksInSecond) * 1000;
      return [
        {
          ...{ pid: Number(pid), parent: Number(parent), uid: statSync(join(proc, pid)).uid, began },
          name: isPulumi(program) ? program : short,
        },
      ];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  };
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .flatMap(read);
}

const psWords = [
  "-A",
  "-ww",
  ...["pid", "ppid", "uid", "state", "lstart", "comm"].flatMap((c) => ["-o", `${c}=`]),
];

/** What `ps` says, with the names of days and months in English. */
export const processesIn = (printed: string): Process[] =>
  [...printed.matchAll(/^ *(\d+) +(\d+) +(\d+) +(\S+) +(\w+ +\w+ +\d+ +[\d:]+ +\d+) +(.+)$/gm)]
    .filter(([, , , , state = ""]) => !state.startsWith("Z"))
    .map(([, pid, parent, uid, , began = "", command = ""]) => ({
      ...{ pid: Number(pid), parent: Number(parent), uid: Number(uid) },
      ...{ name: basename(command.trim()), began: Date.parse(began) },
    }));

/** As `ps` has them, where there is no /proc. */
export const processesOfPs = (): Process[] =>
  processesIn(
    execFileSync("ps", psWords, {
      ...{ encoding: "utf8", maxBuffer: 64 * 1024 * 1024, env: { ...process.env, LC_ALL: "C" } },
    }),
  );

export const processes = (): Process[] =>
  process.platform === "linux" ? processesOfLinux() : processesOfPs();

const isPulumi = (name: string): boolean => name.includes("pulumi");

/** A clock that is set, and one that counts whole seconds, are no reason to call it another one. */
const toleranceMs = 60_000;

/**
 * Whether a process is the `pulumi` that made a lock: after the machine was started again its number may be anybody's.
 * @param since when the lock was made
 */
export const madeLock = ({ name, began }: Process, since: string): boolean =>
  isPulumi(name) && began <= Date.parse(since) + toleranceMs;

/**
 * Whether a process may work for a state backend: not where it was told of another one. Whose environment nobody here can read,
 * and who was told of none, may.
 * @param urls as which the backend is known here
 */
export function worksFor(pid: number, urls: readonly (string | undefined)[], proc = "/proc"): boolean {
  try {
    const [, told] = /(?:^|\0)PULUMI_BACKEND_URL=([^\0]+)/.exec(
      readFileSync(join(proc, String(pid), "environ"), "utf8"),
    ) ?? [, undefined];
    return told === undefined || urls.includes(told);
  } catch {
    return true;
  }
}

/**
 * Plugins whose `pulumi` is gone. They are in process groups of their own, so what ends it leaves them, and what they were
 * told to make they go on to make; by themselves they end within minutes.
 * @param uid those of this user, who can end them; of everybody where it is root's
 */
export function orphans(all: readonly Process[], uid: number): Process[] {
  const byPid = new Map(all.map((each) => [each.pid, each]));
  const hasPulumi = ({ parent }: Process, depth = 0): boolean => {
    const above = byPid.get(parent);
    if (above === undefined || depth > 64) return false;
    return isPulumi(above.name) || hasPulumi(above, depth + 1);
  };
  return all.filter(
    (each) => each.name.startsWith("pulumi-resource") && (uid === 0 || each.uid === uid) && !hasPulumi(each),
  );
}

/** More than the five minutes after which a plugin looks whether its `pulumi` is there. */
const orphanSeconds = 360;

export interface Waiting {
  readonly list: () => readonly Process[];
  readonly uid: number;
  /** Those of this backend. */
  readonly ours: (pid: number) => boolean;
  readonly say: (text: string) => void;
  readonly seconds?: number;
  readonly betweenMs?: number;
}

/** @returns whether there were any @throws Error with what to type where they do not end */
export async function awaitOrphans(
  stack: string,
  { list, uid, ours, say, seconds = orphanSeconds, betweenMs = 500 }: Waiting,
): Promise<boolean> {
  const left = (): Process[] => orphans(list(), uid).filter(({ pid }) => ours(pid));
  const typed = (found: readonly Process[]): string => `kill ${found.map(({ pid }) => pid).join(" ")}`;
  let found = left();
  if (found.length === 0) return false;
  const names = found.map(({ name, pid }) => `${name} (process ${pid})`).join(", ");
  say(
    `an up that was killed has left ${names} at work, which may still make something. They end by themselves within some ` +
      `minutes, and this waits for it. At once, in another terminal: ${typed(found)}`,
  );
  for (const end = Date.now() + seconds * 1000; found.length > 0; found = left()) {
    if (Date.now() > end)
      throw new Error(
        `what an up that was killed has left has not ended within ${seconds} s, and may still make something: ` +
          `${typed(found)}, then make recover STACK=${stack}`,
      );
    await new Promise((wake) => setTimeout(wake, betweenMs));
  }
  return true;
}
