/**
 * Which of a stack and its standby is the active one, and since which epoch. It is recorded in the zone, outside both stacks and
 * both hosts: for each epoch one CNAME, `_clawkeep-EPOCH.HOSTNAME`, that points at `STACK.HOSTNAME`. Nobody resolves it.
 *
 * Cloudflare has no conditional write, and takes a second A record of a name without an error. Of a CNAME it takes one a name
 * (81053 for another, 81058 for the same), so whoever creates that of the next epoch has it, and nobody else. Records are never
 * changed and never removed: the highest epoch counts.
 */

/** What the record says. */
export interface ActiveRecord {
  /** Counts the takeovers; the first `up` takes 1. */
  readonly epoch: number;
  readonly stack: string;
  /** Mark of the command that has taken the epoch, where one has left it. */
  readonly by?: string;
}

/** Of a DNS record at Cloudflare, what is looked at. */
interface Found {
  readonly name: string;
  readonly type: string;
  readonly content: string;
  readonly comment?: string | null;
}

export const epochPrefix = "_clawkeep-";
export const epochName = (hostname: string, epoch: number): string => `${epochPrefix}${epoch}.${hostname}`;
/** In the record's comment, of which Cloudflare takes 100 characters. */
export const takenBy = (mark: string): string => (mark === "" ? "" : ` Taken by ${mark}`);
export const epochTarget = (hostname: string, stack: string): string => `${stack}.${hostname}`;

/** The record of the highest epoch; undefined where there is none. What is not of this form, others have put there. */
export function newestRecord(hostname: string, found: readonly Found[]): ActiveRecord | undefined {
  const records = found.flatMap(({ name, type, content, comment }) => {
    const epoch = /^_clawkeep-([1-9]\d{0,8})\./.exec(name)?.[1];
    const stack = content.toLowerCase().replace(/\.$/, "");
    if (epoch === undefined || type !== "CNAME" || name !== epochName(hostname, Number(epoch))) return [];
    const by = / Taken by ([0-9a-f]{8})$/.exec(comment ?? "")?.[1];
    return stack.endsWith(`.${hostname}`)
      ? [
          {
            ...{ epoch: Number(epoch), stack: stack.slice(0, -hostname.length - 1) },
            ...(by === undefined ? {} : { by }),
          },
        ]
      : [];
  });
  return records.sort((a, b) => b.epoch - a.epoch)[0];
}

export interface Claim {
  readonly stack: string;
  readonly role: "active" | "standby";
  /** `clawkeep:pairedStack` */
  readonly paired: string;
}

/** What the record means for a stack that wants to be what its file says. */
export type Verdict =
  | { readonly agrees: true }
  /** Nobody has taken the first epoch, and this stack is to. */
  | { readonly take: 1 }
  /** What stands in the way, and what to type. */
  | { readonly problem: string };

export function judge({ stack, role, paired }: Claim, record: ActiveRecord | undefined): Verdict {
  if (record === undefined) {
    if (role === "active") return { take: 1 };
    return {
      problem:
        `nobody has recorded which stack is the active one: set clawkeep:pairedStack of ${paired} to ${stack}, run ` +
        `pulumi up --stack ${paired}, then this again`,
    };
  }
  const says = `${record.stack} is recorded as the active stack (epoch ${record.epoch}), and clawkeep:role of ${stack} is ${role}`;
  if (record.stack !== stack && record.stack !== paired)
    return {
      problem: `${says}; clawkeep:pairedStack is ${paired}. Only one of the two can be right: who has deployed ${record.stack}?`,
    };
  if ((record.stack === stack) === (role === "active")) return { agrees: true };
  return {
    problem:
      role === "active"
        ? `${says}: two would poll one bot. Mend: pulumi config set --stack ${stack} clawkeep:role standby`
        : `${says}: nobody would serve. Mend: pulumi config set --stack ${stack} clawkeep:role active`,
  };
}
