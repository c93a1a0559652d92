/** One row of imagePins after its registry was asked: what it becomes, or why not. */
import { parseReference, pinProblem, type ImageName } from "../../config/images";
import { Repository, type RegistryAccess } from "./registry";

export interface PinOutcome {
  readonly name: ImageName;
  readonly before: string;
  /** What the row becomes; undefined where it must stay as it is. */
  readonly after: string | undefined;
  /** Why it must stay. */
  readonly problem?: string;
  /** Something to know that stops nothing. */
  readonly note?: string;
}

/** Publishers that put rebuilds (a base with newer packages) under the same tag; that is no attack as such. */
const rebuilt: ReadonlySet<ImageName> = new Set([
  "redis",
  "squid",
  "caddy",
  "node",
  "dockerCli",
  "sandboxBase",
]);

/** A tag that names one release has three numbers, or a date; a series (`24-bookworm-slim`) or a channel has not. */
const namesRelease = (tag: string): boolean => /\d+\.\d+\.\d+|\d{8}/.test(tag);

/** The platform of every server type that is deployed to. */
const platform = "linux/amd64";

/**
 * Asks for one row. Problems are part of the outcome, so that one row's does not hide another's.
 * @param acceptMoved rows whose publisher is known to have put something else under the tag, and that is all right
 */
export async function resolvePin(
  name: ImageName,
  before: string,
  access: RegistryAccess,
  acceptMoved: ReadonlySet<string>,
): Promise<PinOutcome> {
  try {
    return { name, before, ...(await resolve(name, before, access, acceptMoved)) };
  } catch (error) {
    return {
      name,
      before,
      after: undefined,
      problem: error instanceof Error ? error.message : String(error),
    };
  }
}

async function resolve(
  name: ImageName,
  before: string,
  access: RegistryAccess,
  acceptMoved: ReadonlySet<string>,
): Promise<Pick<PinOutcome, "after" | "problem" | "note">> {
  const old = parseReference(before);
  if (old === undefined) return refused(`${before} ${pinProblem(name, before)}`);
  const { tag } = old;
  const reference = `${old.registry}/${old.repository}:${tag}`;
  const problem = pinProblem(name, reference);
  if (problem !== undefined) return refused(`${reference}: ${problem}`);
  const { digest, platforms } = await new Repository(access, old).resolve(tag);
  if (!platforms.includes(platform)) {
    return refused(
      `${reference} is not there for ${platform}, only for ${platforms.join(", ") || "nothing"}`,
    );
  }
  if (old.digest !== undefined && digest !== old.digest && !acceptMoved.has(name))
    return refused(moved(name, reference, old.digest, digest));
  if (namesRelease(tag)) return { after: `${reference}@${digest}` };
  return {
    after: `${reference}@${digest}`,
    note: `${tag} names no single release: the digest alone holds it`,
  };
}

const refused = (problem: string) => ({ after: undefined, problem });

function moved(name: ImageName, reference: string, pinned: string, now: string): string {
  const why = rebuilt.has(name)
    ? "This publisher rebuilds its images under the same tag when their base has newer packages. That may be all it is: " +
      "look at the publisher's announcements."
    : "This publisher does not rebuild releases. Treat it as an attack on the registry or the publisher until you know " +
      "better: what is deployed keeps running from the pinned digest.";
  return (
    `THE TAG HAS MOVED: ${reference} was pinned as ${pinned}, and the registry now says ${now}. ${why} ` +
    `Once you know: make pins PINS='--write --accept-moved ${name}'`
  );
}
