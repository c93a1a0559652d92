/** What a state says of operations that were cut off. No Pulumi in here. */
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
  /** It is deleted already, and in the state because what takes its place is not made yet. */
  readonly pendingReplacement?: boolean;
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
    readonly secrets_providers?: { readonly type: string; readonly state?: { readonly url?: string } };
  };
}

export const nameOf = (urn: string): string => urn.split("::").at(-1) ?? "";

/** What there is, as the state has it. */
const there = ({ deployment }: Exported): readonly StateResource[] =>
  (deployment.resources ?? []).filter(({ pendingReplacement }) => pendingReplacement !== true);

/** What is made when it was cut off, and is not in the state since: that which nothing else mends. */
export function lost(state: Exported): StateResource[] {
  const known = new Set(there(state).map(({ urn }) => urn));
  return (state.deployment.pending_operations ?? [])
    .filter(({ type, resource }) => type === "creating" && !known.has(resource.urn))
    .map(({ resource }) => resource);
}

/** Those of resources that the state has: what has become of them, only their provider can say. Each URN once. */
export function unsure({ deployment }: Exported): string[] {
  const asked = new Set((deployment.resources ?? []).map(({ urn }) => urn));
  const found = (deployment.pending_operations ?? [])
    .filter(({ type, resource }) => type !== "creating" && asked.has(resource.urn))
    .map(({ resource }) => resource.urn);
  return [...new Set(found)];
}

/** What the state knows of a resource that it has not. */
export interface Known {
  /** Ids of all that there is of its type: what bears its name and is one of them is another resource's. */
  readonly ids: readonly string[];
  /** Whether it had one, which was deleted for this one: Pulumi imports nothing in the place of that. */
  readonly replaced: boolean;
}

export const knownOf = (state: Exported, { type, urn }: StateResource): Known => ({
  ids: there(state).flatMap((each) => (each.type === type && each.id !== undefined ? [each.id] : [])),
  replaced: (state.deployment.resources ?? []).some(
    (each) => each.urn === urn && each.pendingReplacement === true,
  ),
});

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
