/** What runs: pinned images, derived ones built from pinned bases, and no kind of Docker resource that no rule judges. */
import { imagePins, pinProblem, type ImageName } from "../../config/images";
import { containerType } from "../allowances";
import {
  broken,
  shown,
  undecided,
  unknown,
  want,
  type Finding,
  type ResourceRule,
  type Value,
} from "../rule";
import { networkType } from "./reach";

const remoteImage = "docker:index/remoteImage:RemoteImage";
/** A derived image: its tag is a hash of all that went in. */
const derived = /^clawkeep\/[a-z-]+:[0-9a-f]{12}$/;

/** Which row of the pins a reference stands for, so that what is known against that software is looked at. */
function softwareOf(reference: string): ImageName {
  const rows = Object.keys(imagePins) as ImageName[];
  const repository = reference.replace(/@.*$/, "").replace(/:[^:/]*$/, "");
  const own = rows.find((row) => repository.endsWith(`/${imagePins[row].split(":")[0]?.split("/").at(-1)}`));
  return own ?? "node";
}

/** @param mayBeDerived true where an image that was built on the host may stand */
function pinned(reference: Value, mayBeDerived: boolean): Finding[] {
  if (typeof reference !== "string") return want(reference, () => false, `the image is ${shown(reference)}`);
  if (derived.test(reference))
    return mayBeDerived ? [] : [broken(`${reference} is built on the host and in no registry of ours`)];
  const problem = pinProblem(softwareOf(reference), reference);
  return problem === undefined ? [] : [broken(`${reference}: ${problem}`)];
}

export const supplyRules: readonly ResourceRule[] = [
  {
    name: "container-image-pinned",
    promise:
      "Every container runs a pinned image that is not known to be bad, or one that was derived from such.",
    mend: "Name a release, with its digest where it is known: config/images.ts, or clawkeep:images.",
    unknown: "refused",
    types: [containerType],
    check: ({ inputs }) => pinned(inputs["image"], true),
  },
  {
    name: "image-pinned",
    promise: "Every image that is pulled is pinned and not known to be bad.",
    mend: "Name a release, with its digest where it is known: config/images.ts, or clawkeep:images.",
    unknown: "refused",
    types: [remoteImage],
    check: ({ inputs }) => pinned(inputs["name"], false),
  },
  {
    name: "image-derived-from-pinned",
    promise: "Derived images are built from pinned bases, and named by a hash of all that went in.",
    mend: "Build with builtImage, from images of config/images.ts.",
    unknown: "waits",
    types: ["command:remote:Command"],
    check: ({ inputs }) => {
      const { create } = inputs;
      if (create === unknown) return [undecided("an image it builds stands on pinned bases")];
      if (typeof create !== "string" || !create.includes("/build-image ")) return [];
      const [, name = "", rest = ""] = /\/build-image '([^']*)' (?:none|default)(.*)$/s.exec(create) ?? [];
      const bases = [...rest.matchAll(/ '[A-Z]+=([^']*)'/g)];
      if (bases.length === 0 || bases.map(([text]) => text).join("") !== rest)
        return [broken("its bases cannot be read from the command")];
      return [
        ...(derived.test(name) ? [] : [broken(`${name} is not named by a hash`)]),
        ...bases.flatMap(([, reference]) => pinned(reference, false)),
      ];
    },
  },
  {
    name: "docker-resource-known",
    promise: "Nothing runs on Docker that these rules do not judge.",
    mend: "Use containers, networks and pulled images, or write rules for the new kind.",
    unknown: "refused",
    types: ["docker:*", "docker-build:*"],
    check: ({ type }) =>
      [containerType, networkType, remoteImage].includes(type) ? [] : [broken(`no rule judges a ${type}`)],
  },
];
