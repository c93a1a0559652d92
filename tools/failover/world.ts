/** What a takeover acts on, as its steps see it. No Pulumi in here. */
import type { ActiveRecord } from "../../config/active-record";
import type { Lease } from "./lease";

/** How the stack that is replaced was kept from serving. */
export type Fence =
  /** Its host has done it, and can be asked again. */
  | "host"
  /** Its provider has cut its power. */
  | "provider"
  /** The operator has cut it off, and has said so. */
  | "word"
  /** It stops by itself, a while after the record names another stack: nothing is promoted before. */
  | "lease"
  /** The one that takes over serves already: an earlier run had it fenced. */
  | "served";

/** What a takeover acts on. Each of these can be done again; `from` is replaced by `to`. */
export interface World {
  readonly say: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** @throws Error with everything that has to be mended first */
  readonly check: () => Promise<void>;
  /** @throws Error where it cannot be read */
  readonly record: () => Promise<ActiveRecord | undefined>;
  /** The highest epoch that the host of `to` has ever read: below it, it believes no list and starts nothing. */
  readonly remembered: () => Promise<ActiveRecord | undefined>;
  /**
   * No gateway of `to` has the role of somebody who serves. One that was replaced by force has it yet on its disk, with what it had
   * then: that would be left alone, and served.
   */
  readonly hold: () => Promise<string>;
  /** Creates the record of an epoch; who has it, the next reading says. */
  readonly take: (record: ActiveRecord) => Promise<void>;
  /** Starts what the gateways of `to` need. @param wait also until it is healthy */
  readonly startServices: (wait: boolean) => Promise<string>;
  /** @param seconds for work to finish @returns why the host did not do it; undefined where it has */
  readonly fenceOnHost: (seconds: number) => Promise<string | undefined>;
  /** A last snapshot of what the gateways of `from` have left. */
  readonly saveLast: () => Promise<string>;
  /** Whether `from` has a provider who can cut its power. */
  readonly hasProvider: boolean;
  /** @returns what was done; undefined where the provider shows no server of `from` */
  readonly fenceAtProvider: () => Promise<string | undefined>;
  /** Whether `from` stops by itself. @param record who is recorded now */
  readonly lease: (record: ActiveRecord) => Promise<Lease>;
  readonly wait: (seconds: number) => Promise<void>;
  /** @throws Error where the operator does not say that he has cut it off */
  readonly fenceByWord: () => Promise<void>;
  /** Looks at the fence itself. @throws Error where it does not hold */
  readonly prove: (fence: Fence) => Promise<string>;
  /**
   * Puts what is newer than what lies at `to` in its place; never in that of a gateway that has served since.
   *
   * @param snapshot its id, or `newest`: where nothing may be lost, and what lies there is not enough
   */
  readonly restore: (snapshot?: string) => Promise<string>;
  /** Gateways of `to` serve. */
  readonly serve: () => Promise<string>;
  /** The public name points at `to`. */
  readonly pointName: () => Promise<string>;
  /** Both stack files say who is who. */
  readonly writeRoles: () => Promise<string>;
  /** The state of `to` has the public record, that of `from` has not. */
  readonly adopt: () => Promise<string>;
  /** `pulumi up` of `to`. */
  readonly up: () => Promise<string>;
  /** `pulumi up` of `from`, which answers: it becomes a standby that follows. */
  readonly upOther: () => Promise<string>;
  /** What takes the right to append to the backups from `from`, a line each. */
  readonly takingTheRight: () => readonly string[];
  /** From outside. */
  readonly verify: () => Promise<string>;
}
