/** A takeover as one table: what is done in each step, how long it may take, and what counts as done. No Pulumi in here. */
import type { ActiveRecord } from "../../config/active-record";
import { leaseMarginSeconds } from "../../config/lease";
import { services } from "../../config/services";
import type { Lease } from "./lease";
import type { Fence, World } from "./world";

export interface Takeover {
  readonly from: string;
  readonly to: string;
  /** Nothing is lost: `from` answers, finishes its work and makes a last snapshot. */
  readonly planned: boolean;
  /** Of this command, 8 hexadecimal digits: two that take one epoch for one stack are told apart by it. */
  readonly mark: string;
  /** When the assistant stopped answering, in milliseconds since 1970; absent: when the fence begins (planned), or now. */
  readonly since?: number;
}

interface Run {
  readonly world: World;
  readonly of: Takeover;
  /** What the record said at first. */
  before: ActiveRecord | undefined;
  fence: Fence | undefined;
  /** Planned: id of the last snapshot of `from`, once its gateways are down. */
  saved: string | undefined;
  /** Seconds that have to pass between the epoch and whatever serves at `to`. */
  leaseSeconds: number | undefined;
  services: Promise<string> | undefined;
}

export interface Step {
  readonly name: string;
  /** Seconds that it may take, planned and unplanned, for a state of some hundred MiB. */
  readonly seconds: readonly [planned: number, unplanned: number];
  /** Whether the assistant is away meanwhile, planned and unplanned. */
  readonly outage: readonly [planned: boolean, unplanned: boolean];
  /** @returns what was done, in a few words */
  readonly does: (run: Run) => Promise<string>;
}

/** Seconds that work gets to finish: OpenClaw's own 330 s and some more; and where nobody knows since when it is broken. */
const drainSeconds = { planned: services.gateway.stopGraceSeconds, unplanned: 10 } as const;

/** Records are only ever added. */
const contradicts = (before: ActiveRecord, now: ActiveRecord | undefined): boolean =>
  now === undefined || now.epoch < before.epoch || (now.epoch === before.epoch && now.stack !== before.stack);

async function look(run: Run): Promise<string> {
  const { world, of } = run;
  await world.check();
  run.before = await world.record();
  const { before } = run;
  const most = await world.remembered();
  if (most !== undefined && contradicts(most, before))
    throw new Error(
      `Cloudflare answers with ${before === undefined ? "no epoch at all" : `epoch ${before.epoch} (${before.stack})`}, and the host ` +
        `of ${of.to} has read epoch ${most.epoch} (${most.stack}) before: the answer is an older one, or somebody has deleted or ` +
        "changed records of _clawkeep-. If that was on purpose, on both hosts: /opt/openclaw/bin/active-record forget",
    );
  if (before === undefined)
    throw new Error(`nobody is recorded as the active stack: pulumi up --stack ${of.from}`);
  if (before.stack !== of.from && before.stack !== of.to)
    throw new Error(
      `${before.stack} is recorded as the active stack (epoch ${before.epoch}), and is neither ${of.from} nor ${of.to}`,
    );
  if (before.stack === of.to)
    return `${of.to} has taken over already (epoch ${before.epoch}): what is left is done`;
  await world.hold();
  return `${of.from} is the active stack (epoch ${before.epoch})`;
}

const serveAgain = `to have it serve again, on its host: /opt/openclaw/bin/host-failover serve ${services.gateway.readyWithinSeconds}`;

/** Of gateways that are down: where it cannot be made, nothing is promoted, and the way back is said. */
async function lastSnapshot({ world, of }: Run): Promise<string> {
  try {
    return await world.saveLast();
  } catch (error) {
    throw new Error(
      `the last snapshot of ${of.from} is not made: ${error instanceof Error ? error.message : String(error)}\nIts gateways are ` +
        `down; ${serveAgain}. Without PLANNED=1 ${of.to} takes over with the snapshot of before`,
      { cause: error },
    );
  }
}

async function fence(run: Run): Promise<string> {
  const { world, of } = run;
  const why = await world.fenceOnHost(of.planned ? drainSeconds.planned : drainSeconds.unplanned);
  if (why === undefined) {
    run.fence = "host";
    if (!of.planned) return "its gateways are down";
    // Where the epoch was taken before, its host saves nothing any more, and says so.
    const said = await lastSnapshot(run);
    run.saved = /\bsnapshot ([0-9a-f]{8}): \d+ bytes/.exec(said)?.[1];
    return `its gateways are down; ${said}`;
  }
  // Its work is not saved, and nobody knows whether it still does some.
  if (of.planned && run.before?.stack !== of.to)
    throw new Error(
      `${of.from} does not do it itself (${why}). Some of its gateways may be down; ${serveAgain}. Without PLANNED=1 it is ` +
        "fenced from outside",
    );
  world.say(`${of.from} does not do it itself: ${why}`);
  if (world.hasProvider) {
    const done = await world.fenceAtProvider();
    if (done !== undefined) {
      run.fence = "provider";
      return done;
    }
    world.say(
      `its provider shows no server of ${of.from}, by name or by address: gone, or of a project whose token nobody has here`,
    );
  }
  return fenceFromNowhere(run);
}

/** Nobody here reaches the host, nor what it runs on. */
async function fenceFromNowhere(run: Run): Promise<string> {
  const { world, of, before } = run;
  const lease: Lease = before === undefined ? { why: "nobody is recorded" } : await world.lease(before);
  if ("served" in lease) {
    run.fence = "served";
    return `${of.to} serves already, so ${of.from} was fenced before`;
  }
  if ("seconds" in lease) {
    run.fence = "lease";
    run.leaseSeconds = lease.seconds;
    return (
      `${of.from} is fenced by its lease: once the record names ${of.to}, its gateways end by themselves within ${lease.seconds} s and ` +
      `${leaseMarginSeconds} more. That its guard does so is what its host has said in its last snapshot; nobody can see it now`
    );
  }
  world.say(`there is no lease to lean on: ${lease.why}`);
  await world.fenceByWord();
  run.fence = "word";
  return `that ${of.from} is cut off is your word; nothing here can see it`;
}

/** Whole also where an earlier run has taken the epoch: nobody here knows when that was. */
async function waitForLease({ world, of, leaseSeconds }: Run): Promise<string> {
  if (leaseSeconds === undefined) return "nothing waits for one";
  const seconds = leaseSeconds + leaseMarginSeconds;
  world.say(`  waits ${seconds} s, until no gateway of ${of.from} can run any more. To wait less: cut its host off, type the command
  again with CUT_OFF=${of.from}`);
  await world.wait(seconds);
  return `${seconds} s are over: nothing of ${of.from} runs that has a lease`;
}

async function epoch({ world, of, before, fence: how }: Run): Promise<string> {
  if (before?.stack === of.to) return `${of.to} has epoch ${before.epoch} already`;
  const wanted = { epoch: (before?.epoch ?? 0) + 1, stack: of.to, by: of.mark };
  await world.take(wanted);
  const now = await world.record();
  if (now?.epoch === wanted.epoch && now.stack === of.to && now.by === of.mark) {
    // A pulumi up of the other, begun before, may have let its gateway in between the proof and the record. None can any more.
    if (how === "host") await world.prove(how);
    return `${of.to} has epoch ${now.epoch}`;
  }
  if (now === undefined || now.epoch < wanted.epoch)
    throw new Error(`Cloudflare has not taken the record of epoch ${wanted.epoch}: type the command again`);
  throw new Error(
    `somebody else has taken epoch ${now.epoch} meanwhile, for ${now.stack}. Leave it to him; if that was you: type it again`,
  );
}

/** Planned: what was made when nothing of `from` ran any more, and nothing else. */
const restore = ({ world, of, saved }: Run): Promise<string> =>
  world.restore(of.planned ? (saved ?? "newest") : undefined);

async function serve({ world, of, services }: Run): Promise<string> {
  const started = await services?.then(
    () => undefined,
    (error: unknown) => String((error as Error).message),
  );
  if (started !== undefined) throw new Error(`what the gateways of ${of.to} need does not start: ${started}`);
  return world.serve();
}

/** What becomes of the one that was replaced by force. */
function atTheOther({ of, fence: how }: Run): string {
  const home = `bring it home by make failback STACK=${of.from}`;
  return how === "word"
    ? `a gateway of ${of.from} that still runs goes on when its host gets its network back: switch that host off, or boot it anew, ` +
        `before it does; then ${home}`
    : `nothing serves at ${of.from}, whatever becomes of its host; ${home}`;
}

/** In this order. Whoever is cut off types the command again: each step sees what is done already. */
export const steps: readonly Step[] = [
  { name: "look", seconds: [15, 15], outage: [false, true], does: look },
  {
    name: "services",
    seconds: [90, 2],
    outage: [false, true],
    // Unplanned they start beside the fence.
    does: async (run) => {
      const { world, of } = run;
      run.services = world.startServices(of.planned);
      run.services.catch(() => undefined);
      if (!of.planned) return "they start meanwhile";
      // While it serves: where no snapshot can be made, it goes on serving. The last one then has little left to save.
      const saved = run.before?.stack === of.to ? "" : `; ${await world.saveLast()}`;
      return `${await run.services}${saved}`;
    },
  },
  { name: "fence", seconds: [15, 40], outage: [true, true], does: fence },
  {
    name: "prove the fence",
    seconds: [3, 3],
    outage: [true, true],
    does: ({ world, fence: how = "word" }) => world.prove(how),
  },
  { name: "take the epoch", seconds: [2, 2], outage: [true, true], does: epoch },
  // The record first: what is asked from here on is answered with the new name, or not at all.
  { name: "lease", seconds: [0, 0], outage: [true, true], does: waitForLease },
  { name: "restore", seconds: [12, 30], outage: [true, true], does: restore },
  { name: "serve", seconds: [25, 20], outage: [true, true], does: serve },
  { name: "name", seconds: [2, 2], outage: [true, true], does: ({ world }) => world.pointName() },
  { name: "roles", seconds: [10, 10], outage: [false, false], does: ({ world }) => world.writeRoles() },
  { name: "adopt", seconds: [30, 30], outage: [false, false], does: ({ world }) => world.adopt() },
  { name: "up", seconds: [180, 180], outage: [false, false], does: ({ world }) => world.up() },
  { name: "verify", seconds: [90, 90], outage: [false, false], does: ({ world }) => world.verify() },
  {
    name: "the other",
    seconds: [180, 5],
    outage: [false, false],
    does: async (run) =>
      run.of.planned ? run.world.upOther() : [atTheOther(run), ...run.world.takingTheRight()].join("\n  "),
  },
];

/** Seconds for which the assistant is away if each step takes what it may. */
export const outageSeconds = (planned: boolean): number =>
  steps.reduce(
    (sum, { seconds, outage }) => sum + (outage[planned ? 0 : 1] ? seconds[planned ? 0 : 1] : 0),
    0,
  );

/** Goes through the table. @throws Error naming the step, and what to type */
export async function takeOver(world: World, of: Takeover): Promise<void> {
  const run: Run = {
    world,
    of,
    before: undefined,
    fence: undefined,
    saved: undefined,
    leaseSeconds: undefined,
    services: undefined,
  };
  const column = of.planned ? 0 : 1;
  let began = of.since;
  let ended: number | undefined;
  const away = (): string => {
    if (began === undefined) return "not away";
    const seconds = Math.round(((ended ?? world.now()) - began) / 1000);
    return ended === undefined ? `away for ${seconds} s` : `was away for ${seconds} s`;
  };
  for (const [index, step] of steps.entries()) {
    if (step.outage[column]) began ??= world.now();
    const left = steps.slice(index + 1).map(({ name }) => name);
    world.say(
      `${step.name} (at most ${step.seconds[column]} s; the assistant ${ended === undefined ? "is " : ""}${away()}; ` +
        `then: ${left.join(", ") || "nothing"})`,
    );
    const start = world.now();
    try {
      const done = await step.does(run);
      const took = Math.round((world.now() - start) / 1000);
      const most = step.seconds[column];
      world.say(`  ${done}${most > 0 && took > most ? ` (it took ${took} s)` : ""}`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const count = began === undefined ? "" : `, with SINCE=${new Date(began).toISOString()} to count on`;
      throw new Error(
        `${step.name}: ${why}\n${of.to} has not taken over wholly; what was done stays done. Mend what is said, then type the ` +
          `command again${count}`,
        { cause: error },
      );
    }
    if (step.name === "name") ended = world.now();
  }
}
