import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import { serverTypes } from "../config/hetzner";
import { setHost } from "../config/hetzner-project";
import type { There } from "../config/hetzner-there";
import { isKeyLine, type HcloudHost } from "../config/host-schema";

/** Labels under which the firewall remembers what server and volume were made with, or have since. */
const remembered = {
  sshKey: "ssh-key",
  image: "image",
  location: "location",
  serverType: "server-type",
  volumeGiB: "volume-gib",
} as const;
type Remembered = keyof typeof remembered;

/** Labels that say what a server is made with, for the next run to compare with. */
export const madeWith = ({
  sshKey,
  image,
  location,
  serverType,
  volumeGiB,
}: HcloudHost): Record<string, string> => {
  const values: Record<Remembered, string> = {
    // A comment at the end of a key line makes no other key; in a name, every word counts.
    sshKey: createHash("sha256")
      .update(isKeyLine(sshKey) ? sshKey.split(" ").slice(0, 2).join(" ") : sshKey)
      .digest("hex")
      .slice(0, 16),
    ...{ image, location, serverType, volumeGiB: String(volumeGiB) },
  };
  return Object.fromEntries(
    (Object.keys(remembered) as Remembered[]).map((field) => [remembered[field], values[field]]),
  );
};

/** Inputs of the firewall, as far as they tell; those of an older version have fewer labels, or none. */
interface FirewallInputs {
  readonly labels?: Readonly<Record<string, string>>;
  readonly rules?: readonly { readonly description?: string; readonly port?: string }[];
}

/** Description of the firewall's rule for SSH; its port is where the server listens. */
export const sshRule = "SSH from admin addresses";

/** Old and new value of a setting that has changed; undefined where it has not, or nobody remembers. */
function change(
  field: Remembered | "sshPort",
  before: FirewallInputs,
  now: FirewallInputs,
): { readonly was: string; readonly is: string } | undefined {
  const value = ({ rules, labels }: FirewallInputs): string | undefined =>
    field === "sshPort"
      ? rules?.find(({ description }) => description === sshRule)?.port
      : labels?.[remembered[field]];
  const [was, is] = [value(before), value(now)];
  return was === undefined || is === undefined || was === is ? undefined : { was, is };
}

/** The server type that a change asks for; undefined where it asks for none. */
export const newServerType = (before: FirewallInputs, now: FirewallInputs): string | undefined =>
  change("serverType", before, now)?.is;

/**
 * What a changed setting would do to what is there, and how to go about it; undefined where it may change. What was asked for
 * and never made is in no setting's way.
 *
 * @param there what the stack has at Hetzner; undefined where nobody could ask: then all that was asked for counts as made
 */
export function changedServer(
  stack: string,
  before: FirewallInputs,
  now: FirewallInputs,
  there?: There,
): string | undefined {
  const changed = (field: Remembered | "sshPort") => change(field, before, now);
  const served = there === undefined || there.server !== undefined;
  const [port, key, image] = served ? [changed("sshPort"), changed("sshKey"), changed("image")] : [];
  const [location, volume] = [
    wasThere(changed("location"), there, stays(there)),
    wasThere(changed("volumeGiB"), there, there?.volume && String(there.volume.sizeGiB)),
  ];
  const type = wasThere(changed("serverType"), there, there?.server?.type);
  const atFirstBoot = [
    ...(port === undefined ? [] : [`clawkeep:host.sshPort was ${port.was}`]),
    ...(key === undefined ? [] : ["clawkeep:host.sshKey was another"]),
    ...(image === undefined ? [] : [`clawkeep:host.image was ${image.was}`]),
  ];
  const disks = type && [
    there?.server?.diskGiB ?? serverTypes[type.was]?.diskGiB ?? 0,
    serverTypes[type.is]?.diskGiB ?? 0,
  ];
  const smaller = disks !== undefined && (disks[1] ?? 0) < (disks[0] ?? 0);
  const anew = [
    ...(atFirstBoot.length === 0
      ? []
      : [
          `${atFirstBoot.join(", and ")} when the server was made. A server takes port, key and image at its first boot alone`,
        ]),
    ...(type !== undefined && smaller
      ? [
          `clawkeep:host.serverType was ${type.was}, and its disk of ${disks[0]} GB does not fit into the ${disks[1]} GB of ` +
            type.is,
        ]
      : []),
  ];
  const sentences = [
    ...(location === undefined
      ? []
      : [
          `clawkeep:host.location was ${location.was} when address and volume were made, and they stay there. Put it back: ` +
            `${setHost({ stack }, "location", location.was)}. A server elsewhere is a stack of its own (docs/operating.md, ` +
            "Another location)",
        ]),
    ...(volume === undefined || Number(volume.is) >= Number(volume.was)
      ? []
      : [
          `clawkeep:host.volumeGiB was ${volume.was}, and a volume never shrinks. Put it back: ` +
            setHost({ stack }, "volumeGiB", volume.was),
        ]),
    ...anew,
  ];
  if (sentences.length === 0) return undefined;
  const wayOn =
    anew.length === 0
      ? ""
      : " Put the old value back; or have the server made anew (volume, address and all data stay, the assistant is away for " +
        `some minutes): pulumi destroy --exclude-protected --stack ${stack} && pulumi up --stack ${stack}`;
  return `${sentences.join(". ")}. Nothing on the server was touched.${wayOn}`;
}

/** A change from what is really there; of what is not there, or already so, none. */
function wasThere(
  changed: { readonly was: string; readonly is: string } | undefined,
  there: There | undefined,
  was: string | undefined,
): typeof changed {
  if (there === undefined || changed === undefined) return changed;
  return was === undefined || was === changed.is ? undefined : { was, is: changed.is };
}

/** Where the address or the volume is, which cannot leave. */
const stays = (there: There | undefined): string | undefined =>
  there?.volume?.location ?? there?.address?.location;

/** Whether the firewall is to remember something else. */
const remembersElse = (before: FirewallInputs, now: FirewallInputs): boolean =>
  (["sshPort", ...Object.keys(remembered)] as (Remembered | "sshPort")[]).some(
    (field) => change(field, before, now) !== undefined,
  );

/**
 * Bound to the firewall: the engine asks it before it changes anything, in a preview too.
 *
 * @param there what the stack has at Hetzner; undefined where that cannot be asked now
 */
export const serverStays = (there: () => Promise<There | undefined>): pulumi.ResourceHook =>
  new pulumi.ResourceHook(
    "what the server was made with stays",
    async ({ oldInputs = {}, newInputs = {} }) => {
      if (!remembersElse(oldInputs, newInputs)) return;
      const problem = changedServer(pulumi.getStack(), oldInputs, newInputs, await there());
      if (problem !== undefined) throw new Error(problem);
    },
    { onDryRun: true },
  );
