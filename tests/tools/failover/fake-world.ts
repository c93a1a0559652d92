/** Two hosts, a record, a name, two stack files and two states in memory: what a takeover acts on, killed wherever one likes. */
import type { ActiveRecord } from "../../../config/active-record";
import { leaseMarginSeconds } from "../../../config/lease";
import type { Fence, World } from "../../../tools/failover/world";

/** How the host of `from` is. */
export type Primary = "alive" | "full" | "hung" | "dead" | "cut off";

/** Whoever does something is dead from here on. */
class Killed extends Error {}

interface Host {
  serves: boolean;
  role: "active" | "standby";
  services: boolean;
  /** Number of messages that its state holds. */
  data: number;
  /** Of a snapshot, and never served. */
  followed: boolean;
}

export interface Fate {
  readonly primary: Primary;
  readonly provider: boolean;
  /** Name that the operator types. */
  readonly word?: string;
  /** Of prod, in seconds: its gateways end so long after another is recorded, and not before. */
  readonly lease?: number;
  /** The highest epoch that the standby's host has read. */
  readonly remembered?: ActiveRecord;
  /** Effects after which whoever does it is killed. */
  readonly killAfter?: number;
  /** Done by somebody else right before the epoch is taken. */
  readonly meanwhile?: (all: All) => void;
}

/** All that outlives a command that is killed. */
export interface All {
  readonly records: ActiveRecord[];
  readonly hosts: { prod: Host; standby: Host };
  power: boolean;
  snapshot: number;
  name: string;
  files: { prod: string; standby: string };
  /** Which states have the public record. */
  states: { prod: boolean; standby: boolean };
  deployed: string;
  /** What must never be. */
  readonly wrong: string[];
  /** When the guard at prod ends its gateways at the latest, by a clock that outlives commands; undefined: never by itself. */
  leaseEnds: number | undefined;
  clock: number;
}

export const begin = (): All => ({
  records: [{ epoch: 1, stack: "prod" }],
  hosts: {
    prod: { serves: true, role: "active", services: true, data: 10, followed: false },
    standby: { serves: false, role: "standby", services: false, data: 7, followed: true },
  },
  power: true,
  // The last three messages are in none yet.
  snapshot: 7,
  name: "prod",
  files: { prod: "active", standby: "standby" },
  states: { prod: true, standby: false },
  deployed: "standby as standby",
  wrong: [],
  leaseEnds: undefined,
  clock: 0,
});

export interface FakeWorld extends World {
  readonly effects: () => number;
  readonly isDead: () => boolean;
}

export function worldOf(all: All, fate: Fate, said: string[] = []): FakeWorld {
  let effects = 0;
  const { prod, standby } = all.hosts;
  const newest = (): ActiveRecord | undefined => [...all.records].sort((a, b) => b.epoch - a.epoch)[0];
  const answers = (): boolean => all.power && ["alive", "full"].includes(fate.primary);
  const pass = (ms: number): number => {
    all.clock += ms;
    if (all.leaseEnds !== undefined && all.clock >= all.leaseEnds) prod.serves = false;
    return all.clock;
  };
  const check = (): void => {
    if (prod.serves && all.power && standby.serves) all.wrong.push("two serve at once");
    if (
      all.states.prod &&
      all.states.standby &&
      all.name === "prod" &&
      standby.serves &&
      all.files.standby === "active"
    )
      all.wrong.push("the name has two owners and the old address");
  };
  /** One thing that is done; whoever does it may be killed right after. */
  const effect = (what: () => void): void => {
    if (effects === fate.killAfter) throw new Killed("nobody does anything any more");
    what();
    check();
    effects++;
    if (effects === fate.killAfter) throw new Killed(`after ${effects} effects`);
  };
  return {
    effects: () => effects,
    isDead: () => effects === fate.killAfter,
    say: (line) => void said.push(line),
    now: () => pass(1000),
    hasProvider: fate.provider,
    check: () => Promise.resolve(),
    record: () => Promise.resolve(newest()),
    remembered: () => Promise.resolve(fate.remembered),
    hold: async () => {
      await Promise.resolve();
      if (newest()?.stack !== "standby") effect(() => (standby.role = "standby"));
      return "down";
    },
    take: async (record) => {
      fate.meanwhile?.(all);
      if (prod.serves && all.power && fate.word === undefined && fate.lease === undefined)
        all.wrong.push("an epoch was taken before the fence");
      await Promise.resolve();
      effect(() => {
        if (all.records.some(({ epoch }) => epoch === record.epoch)) return;
        all.records.push(record);
        // The question that was answered last may have begun just now; its stop takes all the time that it may.
        if (fate.lease !== undefined)
          all.leaseEnds = all.clock + (fate.lease + leaseMarginSeconds - 5) * 1000;
      });
    },
    startServices: async () => {
      await Promise.resolve();
      effect(() => (standby.services = true));
      return "started";
    },
    fenceOnHost: async () => {
      await Promise.resolve();
      if (!answers()) return "no answer";
      if (fate.primary === "full") return "No space left on device";
      effect(() => (prod.role = "standby"));
      effect(() => (prod.serves = false));
      return undefined;
    },
    saveLast: async () => {
      await Promise.resolve();
      if (newest()?.stack === "prod") effect(() => (all.snapshot = prod.data));
      return "a snapshot";
    },
    fenceAtProvider: async () => {
      await Promise.resolve();
      effect(() => (all.power = false));
      effect(() => (prod.serves = false));
      return "off";
    },
    lease: async (record) => {
      await Promise.resolve();
      if (record.stack === "standby" && standby.role === "active") return { served: true };
      return fate.lease === undefined ? { why: "there is none" } : { seconds: fate.lease };
    },
    wait: async (seconds) => {
      await Promise.resolve();
      effect(() => pass(seconds * 1000));
    },
    takingTheRight: () => ["prod can append yet"],
    fenceByWord: async () => {
      await Promise.resolve();
      if (fate.word !== "prod") throw new Error("prod is not said to be cut off");
      effect(() => (prod.serves = false));
    },
    prove: async (how: Fence) => {
      await Promise.resolve();
      if (!["word", "lease"].includes(how) && prod.serves && all.power) throw new Error("it serves");
      return how;
    },
    restore: async () => {
      await Promise.resolve();
      if (standby.role === "active" || standby.serves) return "serves, and is left alone";
      effect(() => Object.assign(standby, { data: all.snapshot, followed: true }));
      return "restored";
    },
    serve: async () => {
      await Promise.resolve();
      if (newest()?.stack !== "standby") throw new Error("another stack is recorded");
      if (!standby.services) throw new Error("its services are down");
      effect(() => (standby.role = "active"));
      // What is said to it from now on must never be restored over.
      if (!standby.serves)
        effect(() => Object.assign(standby, { serves: true, followed: false, data: standby.data + 1 }));
      return "ready";
    },
    pointName: async () => {
      await Promise.resolve();
      effect(() => (all.name = "standby"));
      return "points";
    },
    writeRoles: async () => {
      await Promise.resolve();
      effect(() => (all.files.standby = "active"));
      effect(() => (all.files.prod = "standby"));
      return "commit";
    },
    adopt: async () => {
      await Promise.resolve();
      effect(() => (all.states.standby = true));
      effect(() => (all.states.prod = false));
      return "adopted";
    },
    up: async () => {
      await Promise.resolve();
      if (!all.states.standby) all.wrong.push("a second record of the name is made");
      if (all.files.standby !== "active") throw new Error("refused: the record says something else");
      effect(() => (all.deployed = "standby as active"));
      return "agrees";
    },
    upOther: async () => {
      await Promise.resolve();
      if (all.states.prod) throw new Error("the public record is protected");
      if (newest()?.stack !== "standby") throw new Error("refused: the record says something else");
      return "agrees";
    },
    verify: () => Promise.resolve("holds"),
  };
}
