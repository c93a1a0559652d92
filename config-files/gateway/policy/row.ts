/** What a row of the hardening policy is made of. */
import type { GatewaySettings } from "../../../config/gateway-schema";
import type { ModelSettings } from "../../../config/model-schema";
import type { PolicyColumn } from "../../../config/release-lines";
import type { SandboxLimits } from "../../../config/tiers";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What the policy's values may depend on. */
export interface PolicyArgs {
  readonly gateway: GatewaySettings;
  readonly models: readonly ModelSettings[];
  readonly sandbox: SandboxLimits;
  /** Number of the user and of the group that commands in a sandbox run as. */
  readonly sandboxUser: number;
  /** Reference of the sandbox image on the host. */
  readonly sandboxImage: string;
  readonly hostname: string;
  /** The reverse proxy's one address on proxy-net. */
  readonly trustedProxy: string;
}

/** A value, or a function of what users vary; undefined: the key is left out for these settings. */
export type Value = Json | ((args: PolicyArgs) => Json | undefined);

/** How the release lines that write this column do what the row asks for. */
export type Column =
  | {
      /** Path into openclaw.json -> value. The same path reads the value back from the running gateway. */
      readonly keys: Readonly<Record<string, Value>>;
      /** Environment of the gateway's container; nothing secret. */
      readonly environment?: Readonly<Record<string, string>>;
      /** Paths whose value is what the software does by itself; written down so that a new default changes nothing. */
      readonly alreadyDefault?: readonly string[];
      /** What has to be known to read the keys. */
      readonly note?: string;
    }
  /** The software, or another part of this product, does it always; there is no key to set. */
  | { readonly builtIn: string; readonly environment?: Readonly<Record<string, string>> }
  /** There is no such key; the reason says what takes its place, if anything does. */
  | { readonly notOffered: string };

export interface PolicyRow {
  /** Short name, for reports and tests. */
  readonly id: string;
  /** One line that a person understands. */
  readonly intent: string;
  /** Lines of the guide; absent: ours. */
  readonly guide?: string;
  readonly lines: Readonly<Record<PolicyColumn, Column>>;
}

/** A row that is the same in both columns. */
export const inBoth = (column: Column): PolicyRow["lines"] => ({ "2026.9": column, "2026.2": column });
