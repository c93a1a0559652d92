/** Whether the stack's logins at registries are those of its images. */
import { imagePins, parseReference } from "./images";
import { settingProblem, type Problem } from "./problems";
import { registryPasswordKey } from "./registries";
import type { UsableSettings } from "./schema";

/** A login that is used for no image is a mistake in its name, and nobody would see it: the pulls go on without one. */
export function checkRegistries(
  stack: string,
  { registryLogins: logins, images }: UsableSettings,
): Problem[] {
  const registries = new Set(
    Object.values({ ...imagePins, ...definedOf(images) }).flatMap(
      (reference) => parseReference(reference)?.registry ?? [],
    ),
  );
  const named = (logins ?? []).map((login) => login?.registry);
  return named.flatMap((address, index) => {
    if (address === undefined) return [];
    const twin = named.findIndex(
      (other) => other !== undefined && registryPasswordKey(other) === registryPasswordKey(address),
    );
    const message =
      twin !== index
        ? `${address} is named twice, and would have one password`
        : registries.has(address)
          ? undefined
          : `no image of this stack comes from ${address}: they come from ${[...registries].sort().join(", ")}`;
    return message === undefined
      ? []
      : [settingProblem(stack, "registryLogins", [index, "registry"], message)];
  });
}

const definedOf = (images: UsableSettings["images"]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(images ?? {}).flatMap(([name, reference]) =>
      typeof reference === "string" ? [[name, reference]] : [],
    ),
  );
