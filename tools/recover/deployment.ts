/** What a state says of operations that were cut off, and who holds its lock. No Pulumi in here. */
import type { ImportPlace } from "../../config/import-command";

/** A resource as `pulumi stack export` has it. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly parent?: string;
  /** URN and id, with `::` between them. */
  readonly provider?: string;
}

export interface Pending {
  /** `creating`, `updating`, `deleting`, `reading` or `importing`. */
  readonly type: string;
  readonly resource: StateResource;
}

export interface Exported {
  readonly deployment: {
    readonly resources?: readonly StateResource[];
    readonly pending_operations?: readonly Pending[];
  };
}

export const nameOf = (urn: string): string => urn.split("::").at(-1) ?? "";

/** Operations that were cut off and whose resource the state does not have since: those that nothing else mends. */
export function lost({ deployment }: Exported): StateResource[] {
  const known = new Set((deployment.resources ?? []).map(({ urn }) => urn));
  return (deployment.pending_operations ?? [])
    .filter(({ type, resource }) => type === "creating" && !known.has(resource.urn))
    .map(({ resource }) => resource);
}

/** Those of resources that the state has: what has become of them, only their provider can say. */
export const unsure = ({ deployment }: Exported): StateResource[] =>
  (deployment.pending_operations ?? [])
    .filter(({ type }) => type !== "creating")
    .map(({ resource }) => resource);

/** The same state without operations that were cut off. */
export const settled = (exported: Exported): Exported => ({
  ...exported,
  deployment: { ...exported.deployment, pending_operations: [] },
});

/** Where a resource belongs that a provider has and the state has not. @throws Error where its provider is not told */
export function placeIn(stack: string, { urn, type, parent, provider }: StateResource): ImportPlace {
  const providerUrn = provider?.split("::").slice(0, -1).join("::");
  if (parent === undefined || providerUrn === undefined)
    throw new Error(`the state does not say whose ${nameOf(urn)} is`);
  return { stack, type, resource: nameOf(urn), parent, provider: providerUrn };
}

/** How to come to the stack's host, as its Docker provider does; undefined where the state has none yet. */
export function hostIn({ deployment }: Exported): readonly string[] | undefined {
  const provider = (deployment.resources ?? []).find(({ type }) => type === "pulumi:providers:docker");
  const { host, sshOpts } = provider?.inputs ?? {};
  const [, login = "", port = "22"] = /^ssh:\/\/([^:/]+)(?::(\d+))?$/.exec(String(host)) ?? [];
  if (login === "" || typeof sshOpts !== "string") return undefined;
  return [...(JSON.parse(sshOpts) as string[]), "-p", port, login];
}

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

/** As the backends in files and buckets say it, and Pulumi Cloud. */
export const isLocked = (said: string): boolean =>
  /currently locked by|Another update is currently in progress/.test(said);

/**
 * Why the lock may not be taken away; undefined where it may: its holder was on this machine and is gone, or the operator
 * answers for it.
 * @param answersFor the operator has said that nobody else is at work
 */
export function lockProblem(
  stack: string,
  locks: readonly Lock[],
  machine: string,
  lives: (pid: number) => boolean,
  answersFor: boolean,
): string | undefined {
  const alive = locks.find((lock) => lock.machine === machine && lives(lock.pid));
  if (alive !== undefined)
    return `pulumi is at work on ${stack} (process ${alive.pid} of ${alive.who}, since ${alive.since}): wait for it, or end it`;
  const elsewhere = locks.filter((lock) => lock.machine !== machine);
  if (answersFor || (locks.length > 0 && elsewhere.length === 0)) return undefined;
  const whose = elsewhere.map((lock) => `${lock.who} on ${lock.machine} since ${lock.since}`).join(", ");
  return (
    `${stack} is locked by ${whose || "somebody whom the backend does not name"}. Nobody here can see whether that still ` +
    `runs. If it does not: make recover STACK=${stack} UNLOCK=1`
  );
}
