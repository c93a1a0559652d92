import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import { serverTypes } from "../config/hetzner";
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

/** What a changed setting would do to a server that is there, and how to go about it; undefined where it may change. */
export function changedServer(
  stack: string,
  before: FirewallInputs,
  now: FirewallInputs,
): string | undefined {
  const changed = (field: Remembered | "sshPort") => change(field, before, now);
  const [port, key, image, location, type, volume] = [
    changed("sshPort"),
    changed("sshKey"),
    changed("image"),
    changed("location"),
    changed("serverType"),
    changed("volumeGiB"),
  ];
  const atFirstBoot = [
    ...(port === undefined ? [] : [`clawkeep:host.sshPort was ${port.was}`]),
    ...(key === undefined ? [] : ["clawkeep:host.sshKey was another"]),
    ...(image === undefined ? [] : [`clawkeep:host.image was ${image.was}`]),
  ];
  const disks = type && [serverTypes[type.was]?.diskGiB ?? 0, serverTypes[type.is]?.diskGiB ?? 0];
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
            `pulumi config set --stack ${stack} --path clawkeep:host.location ${location.was}. A server elsewhere is a ` +
            "stack of its own (docs/operating.md, Another location)",
        ]),
    ...(volume === undefined || Number(volume.is) >= Number(volume.was)
      ? []
      : [
          `clawkeep:host.volumeGiB was ${volume.was}, and a volume never shrinks. Put it back: ` +
            `pulumi config set --stack ${stack} --path clawkeep:host.volumeGiB ${volume.was}`,
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

/** Bound to the firewall: the engine asks it before it changes anything, in a preview too. */
export const serverStays = (): pulumi.ResourceHook =>
  new pulumi.ResourceHook(
    "what the server was made with stays",
    ({ oldInputs, newInputs }) => {
      const problem = changedServer(pulumi.getStack(), oldInputs ?? {}, newInputs ?? {});
      if (problem !== undefined) throw new Error(problem);
    },
    { onDryRun: true },
  );
