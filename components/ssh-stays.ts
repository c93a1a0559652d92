import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import type { HcloudHost } from "../config/host-schema";

/** Label under which the firewall remembers which key the server was made with. */
const keyLabel = "ssh-key";

/** Labels that say what a server was made with, for the next run to compare with. */
export const sshLabels = ({ sshKey }: HcloudHost): Record<string, string> => ({
  // A comment at the end of a key line makes no other key.
  [keyLabel]: createHash("sha256").update(sshKey.split(" ").slice(0, 2).join(" ")).digest("hex").slice(0, 16),
});

/** Inputs of the firewall, as far as they tell; those of an older version have no label. */
interface FirewallInputs {
  readonly labels?: Readonly<Record<string, string>>;
  readonly rules?: readonly { readonly description?: string; readonly port?: string }[];
}

/** Description of the firewall's rule for SSH; its port is where the server listens. */
export const sshRule = "SSH from admin addresses";

/** What a changed setting would do to a server that is there, and how to go about it; undefined where none changed. */
export function changedSsh(stack: string, before: FirewallInputs, now: FirewallInputs): string | undefined {
  const port = ({ rules }: FirewallInputs) => rules?.find(({ description }) => description === sshRule)?.port;
  const key = ({ labels }: FirewallInputs) => labels?.[keyLabel];
  const changed = [
    ...(port(before) === undefined || port(before) === port(now)
      ? []
      : [`clawkeep:host.sshPort was ${port(before)} when the server was made`]),
    ...(key(before) === undefined || key(before) === key(now)
      ? []
      : ["clawkeep:host.sshKey was another when the server was made"]),
  ];
  if (changed.length === 0) return undefined;
  return (
    `${changed.join(", and ")}. A server reads both at its first boot alone, so this one would be out of reach. ` +
    "Nothing on the server was touched. Put the old value back; or have the server made anew (volume, address and all data stay, the " +
    `assistant is away for some minutes): pulumi destroy --exclude-protected --stack ${stack} && pulumi up --stack ${stack}`
  );
}

/** Bound to the firewall: the engine asks it before it changes anything, in a preview too. */
export const sshStays = (): pulumi.ResourceHook =>
  new pulumi.ResourceHook(
    "sshPort and sshKey stay",
    ({ oldInputs, newInputs }) => {
      const problem = changedSsh(pulumi.getStack(), oldInputs ?? {}, newInputs ?? {});
      if (problem !== undefined) throw new Error(problem);
    },
    { onDryRun: true },
  );
