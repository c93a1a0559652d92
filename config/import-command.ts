/** What gives a thing that exists at a provider to a stack that does not know it. */

/** Where a resource belongs in the state, by URN. */
export interface ImportPlace {
  readonly stack: string;
  /** `hcloud:index/volume:Volume` and the like. */
  readonly type: string;
  /** Logical name of the resource. */
  readonly resource: string;
  readonly parent: string;
  readonly provider: string;
}

/** Logical names of the component that a resource belongs to, and of its provider. */
export interface Belonging {
  readonly parent: string;
  readonly provider: string;
}

/**
 * The place of a resource whose provider is a child of the same component.
 *
 * @param urn the resource's own: its qualified type is `PARENT$TYPE`
 */
export function importPlace(urn: string, { parent, provider }: Belonging): ImportPlace {
  const [stack = "", project, qualified = "", resource = ""] = urn.replace(/^urn:pulumi:/, "").split("::");
  const types = qualified.split("$");
  const type = types.pop() ?? "";
  const prefix = `urn:pulumi:${stack}::${project}::${types.join("$")}`;
  const plugin = type.split(":")[0] ?? "";
  return {
    ...{ stack, type, resource, parent: `${prefix}::${parent}` },
    provider: `${prefix}$pulumi:providers:${plugin}::${provider}`,
  };
}

/** Arguments of `pulumi`. @param id as the provider's documentation has it for imports */
export const importWords = (place: ImportPlace, id: string): string[] => {
  const { stack, type, resource, parent, provider } = place;
  const named = (urn: string): string => `${urn.split("::").at(-1) ?? ""}=${urn}`;
  return [
    ...["import", "--stack", stack, "--generate-code=false", "--parent", named(parent)],
    ...["--provider", named(provider), type, resource, id],
  ];
};

/** As somebody types it: what holds a `$` is quoted. */
export const importCommand = (place: ImportPlace, id: string): string =>
  ["pulumi", ...importWords(place, id)].map((word) => (word.includes("urn:") ? `'${word}'` : word)).join(" ");
