/**
 * Whether the stack that is replaced stops by itself: its lease, by its file, by what was deployed, and by its own host, which says
 * in each snapshot whether the lease held it. One of them alone is an intention. No Pulumi in here.
 */
import type { ActiveRecord } from "../../config/active-record";
import { nameOf, type Exported } from "../recover/deployment";

/** What a takeover may lean on where nobody here can cut a host off. */
export type Lease =
  /** Its gateways end so long after the record names another stack, and a margin. */
  | { readonly seconds: number }
  /** The one that takes over serves already: an earlier run has waited, or had the operator's word. */
  | { readonly served: true }
  /** Why there is none, or none to lean on. */
  | { readonly why: string };

/** Hours after which nobody knows any more what the host was. */
const oldestHours = 24;

interface Lying {
  readonly snapshot: string;
  readonly stack: string;
  readonly epoch: number;
  readonly lease?: number;
}

/** What the host of the one that takes over says: roles of its gateways, and what `backup-follow age` prints. */
export interface Told {
  readonly roles: readonly string[];
  readonly seconds: number | null;
  readonly gateways: Readonly<Record<string, Lying | null>>;
}

/** For `told`: roles on the first line, then the snapshots that lie there. */
export const tellingScript = `cat /opt/openclaw/gateways/*/role | sort -u | tr '\\n' ' '
echo
/opt/openclaw/bin/backup-follow age`;

export function told(said: string): Told {
  const [roles = "", ...rest] = said.split("\n");
  return { roles: roles.trim().split(/\s+/), ...(JSON.parse(rest.join("\n")) as Omit<Told, "roles">) };
}

/** Seconds of the lease that the last `up` has put on the host; undefined where that had none. @throws Error where an `up` was cut off at it */
export function deployedLease({ deployment }: Exported): number | undefined {
  const isOrder = ({ urn }: { urn: string }): boolean => nameOf(urn).endsWith("-active-record");
  if ((deployment.pending_operations ?? []).some(({ resource }) => isOrder(resource)))
    throw new Error("an up was cut off while it set the lease");
  const create = (deployment.resources ?? []).find(isOrder)?.inputs?.["create"];
  const seconds = / put lease (\d+)$/.exec(typeof create === "string" ? create : "")?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}

export interface Asked {
  readonly from: string;
  readonly to: string;
  /** `clawkeep:leaseSeconds` of `from`. */
  readonly wanted: number | undefined;
  readonly state: Exported;
  readonly told: Told;
  readonly record: ActiveRecord;
}

export function leaseOf({
  from,
  to,
  wanted,
  state,
  told: { roles, seconds, gateways },
  record,
}: Asked): Lease {
  // A host has the role only from the step that comes after the wait; nobody else may give it one.
  if (record.stack === to && roles.length === 1 && roles[0] === "active") return { served: true };
  if (wanted === undefined) return { why: `clawkeep:leaseSeconds of ${from} is not set` };
  let deployed: number | undefined;
  try {
    deployed = deployedLease(state);
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
  if (deployed !== wanted)
    return {
      why: `the last up of ${from} has put ${deployed === undefined ? "no lease" : `one of ${deployed} s`} on its host, not ${wanted} s`,
    };
  // It would start by itself as soon as the record names its stack, and not wait.
  if (record.stack !== to && roles.some((role) => role !== "standby"))
    return {
      why: `a gateway on the host of ${to} has the role ${roles.join(" and ") || "of nobody"}: there, /opt/openclaw/bin/host-failover fence 10`,
    };
  const epoch = record.stack === to ? record.epoch - 1 : record.epoch;
  const lying = Object.entries(gateways);
  if (lying.length === 0 || seconds === null) return { why: `no snapshot of ${from} lies at ${to}` };
  if (seconds > oldestHours * 3600)
    return {
      why: `the snapshot that lies at ${to} is older than ${oldestHours} h, and what ${from} is since nobody knows`,
    };
  for (const [name, one] of lying)
    if (one?.stack !== from || one.epoch !== epoch)
      return { why: `what lies at ${to} for ${name} is no snapshot of ${from} in epoch ${epoch}` };
    else if (one.lease !== wanted)
      return {
        why: `by its snapshot ${one.snapshot.slice(0, 8)} no lease of ${wanted} s held the host of ${from}`,
      };
  return { seconds: wanted };
}
