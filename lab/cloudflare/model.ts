/** What the emulator remembers: the API's own shapes, as clients get them. */

export const recordTypes = ["A", "AAAA", "CNAME", "MX", "TXT"] as const;
export type RecordType = (typeof recordTypes)[number];

export interface DnsRecord {
  readonly id: string;
  readonly name: string;
  readonly type: RecordType;
  readonly content: string;
  /** Seconds; 1 is "automatic". */
  readonly ttl: number;
  readonly proxied: boolean;
  readonly proxiable: boolean;
  readonly priority?: number;
  readonly comment: string | null;
  readonly tags: readonly string[];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly meta: Readonly<Record<string, unknown>>;
  readonly created_on: string;
  readonly modified_on: string;
  /** Only where there is a comment. */
  readonly comment_modified_on?: string;
}

export interface Zone {
  readonly id: string;
  readonly name: string;
  records: DnsRecord[];
  /** What a token may do here beside what its kind may. Absent: both. */
  rights?: readonly ("read" | "edit")[];
  /** True: a token may not be shown the zone itself, as one for DNS alone. */
  closed?: boolean;
}

export interface State {
  readonly zones: Zone[];
}

/** The account that owns every zone. */
export const account = { id: "acc0acc0acc0acc0acc0acc0acc0acc0", name: "Clawkeep lab" } as const;
