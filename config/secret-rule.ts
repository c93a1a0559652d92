/** What is known of one secret. */

export interface SecretRule {
  /** Configuration key behind `clawkeep:`. */
  readonly key: string;
  readonly shape: RegExp;
  /** The shape in words, for errors. */
  readonly description: string;
  /** What else is wrong with a value of the right shape, never quoting it; undefined when nothing is. */
  readonly problem?: (value: string) => string | undefined;
  /** The set-up command can make it up; otherwise it comes from somebody else. */
  readonly generated?: () => string;
  /** Needed only by what it switches on. */
  readonly optional?: boolean;
  /** File the value comes in, where it has more than one line. */
  readonly file?: string;
  /** No other secret of the stack may say the same of the same kind. */
  readonly distinct?: Distinct;
}

/** What tells its holder from all others. */
export interface Distinct {
  readonly kind: string;
  /** The part of the value that does. */
  readonly part: (value: string) => string;
  /** Why two that are the same cannot work. */
  readonly why: string;
}

/** An address that is told something: no user, no other port, for the egress proxy lets through 443 of exactly this host. */
export const told = {
  shape:
    /^https:\/\/(?=[^/?#]{4,253}(?:[/?#]|$))(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,63}(?:[/?#]\S*)?$/,
  description: "an https URL with a host name in lower case and no port",
  optional: true,
} as const;

/** 64 lower-case hexadecimal digits behind a prefix. */
export const hex = (prefix: string): RegExp => new RegExp(`^${prefix}[0-9a-f]{64}$`);
/** 32 random bytes as hexadecimal digits, the guide's measure for tokens and keys. */
export const randomHex = (): string =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex");
