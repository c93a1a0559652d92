/** One row of imagePins after its registry was asked: what it becomes, or why not. */
import { parseReference, pinProblem, type ImageName } from "../../config/images";
import { isSeries, newestInLine, releaseLines } from "./release-lines";
import { Repository, type RegistryAccess } from "./registry";

export interface PinChoices {
  /** Take the newest tag of the release line. */
  readonly bump: boolean;
  /** Rows whose publisher is known to have put something else under the tag, and that is all right. */
  readonly acceptMoved: ReadonlySet<string>;
}

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

/** The platform of every server type that is deployed to. */
const platform = "linux/amd64";

/** Asks for one row. Problems are part of the outcome, so that one row's does not hide another's. */
export async function resolvePin(
  name: ImageName,
  before: string,
  access: RegistryAccess,
  choices: PinChoices,
): Promise<PinOutcome> {
  try {
    return { name, before, ...(await resolve(name, before, access, choices)) };
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
  choices: PinChoices,
): Promise<Pick<PinOutcome, "after" | "problem" | "note">> {
  const old = parseReference(before);
  if (old === undefined) return refused(`${before} ${pinProblem(name, before)}`);
  const repository = new Repository(access, old);
  const untagged = `${old.registry}/${old.repository}`;
  const offered = choices.bump ? await repository.tags() : [];
  const tag = newestInLine(name, old.tag, offered, (other) => `${untagged}:${other}`);
  const reference = `${untagged}:${tag}`;
  const problem = pinProblem(name, reference);
  if (problem !== undefined) return refused(`${reference}: ${problem}`);
  const { digest, platforms } = await repository.resolve(tag);
  if (!platforms.includes(platform)) {
    return refused(
      `${reference} is not there for ${platform}, only for ${platforms.join(", ") || "nothing"}`,
    );
  }
  if (
    old.digest !== undefined &&
    tag === old.tag &&
    digest !== old.digest &&
    !choices.acceptMoved.has(name)
  ) {
    return refused(moved(name, reference, old.digest, digest));
  }
  const series = isSeries(name, tag)
    ? `${tag} names no single release: the digest alone holds it`
    : undefined;
  return { after: `${reference}@${digest}`, ...(series === undefined ? {} : { note: series }) };
}

const refused = (problem: string) => ({ after: undefined, problem });

function moved(name: ImageName, reference: string, pinned: string, now: string): string {
  const why = releaseLines[name].rebuilt
    ? "This publisher rebuilds its images under the same tag when their base has newer packages. That may be all it is: " +
      "look at the publisher's announcements."
    : "This publisher does not rebuild releases. Treat it as an attack on the registry or the publisher until you know " +
      "better: what is deployed keeps running from the pinned digest.";
  return (
    `THE TAG HAS MOVED: ${reference} was pinned as ${pinned}, and the registry now says ${now}. ${why} ` +
    `Once you know: make pins PINS='--write --accept-moved ${name}'`
  );
}
