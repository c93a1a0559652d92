/** One attempt to get something out, as data: the same program runs it where it must fail and where it must not. */

/** Who tries. Gateway and relay have Node, LiteLLM and the sandboxes have Python. */
export type From = "gateway" | "litellm" | "relay" | "sandbox";

/**
 * Where the same attempt succeeds, so that its failure says something: a container on egress-net (no internal network
 * in the way), one with the host's own network (IPv6, host services), or by way of a proxy without the lists: one that
 * allows everything, or the guide's rules, which look reverse names up.
 */
export type ControlOff = "egress-net" | "host" | "open proxy" | "guide's proxy";

export interface Attempt {
  readonly family: string;
  readonly name: string;
  readonly from: readonly From[];
  readonly controlOff: ControlOff;
  /** Why it succeeds nowhere in the lab: it is tried, and counted apart. */
  readonly nowhere?: string;
  readonly how: How;
}

/** `{word}` in a string stands for an address of the deployment; see places.ts. */
export type How =
  /** Left: the connection stands, and what comes back after `send` (if any) matches `want`. */
  | {
      readonly kind: "tcp";
      readonly host: string;
      readonly port: number | string;
      /** Latin-1. A `\u0000` splits: what follows is sent when something has come back. */
      readonly send?: string;
      /** Regular expression. */
      readonly want?: string;
      /** Source address. */
      readonly local?: string;
    }
  /** Left: a server outside has answered, also that there is no such name. */
  | {
      readonly kind: "dns";
      readonly server: string;
      readonly name: string;
      readonly type: number;
      readonly tcp?: boolean;
    }
  /** Left: the container's own resolver has an address for it. */
  | { readonly kind: "lookup"; readonly name: string }
  /** Left: an echo came back. Python only: Node has no such socket. */
  | { readonly kind: "ping"; readonly host: string };

/** What nobody.example says to whoever gets there. */
export const leaked = "you reached the host";
