/** The two stacks of a takeover, as much as is known of them without asking a host. */
import type { ActiveZone } from "../../config/active-stack";
import { backupPasswordKey, backupPingKey, backupSecrets } from "../../config/backup-secrets";
import { hetznerApi, type HetznerApi } from "../../config/hetzner-api";
import { repositoryKind } from "../../config/repository";
import type { Settings } from "../../config/schema";
import { stackConfig, stackOutputs, stackSettings } from "../verify/deployed-stack";

/** A stack, as much of it as is known without asking its host. */
export interface Side {
  readonly stack: string;
  readonly settings: Settings;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly zone: ActiveZone;
  /** Undefined for a host of the operator's own. */
  readonly hetzner: HetznerApi | undefined;
  /** What it opens the repository of the backups by; to be compared, never to be shown. */
  readonly backupCredential: string;
}

export { serverNameOf as serverName } from "../../config/hetzner";

/** @throws Error where its file or its state says that it is not one of a pair */
export function sideOf(stack: string): Side {
  const config = stackConfig(stack);
  const read = stackSettings(stack, config);
  const value = (key: string): string | undefined => config[key]?.value;
  const token = value("hcloud:token");
  return {
    stack,
    settings: read.settings,
    outputs: stackOutputs(stack),
    zone: {
      token: value("cloudflare:apiToken") ?? "",
      baseUrl: value("cloudflare:baseUrl"),
      zoneId: read.settings.zone.id,
      hostname: read.settings.hostname,
    },
    hetzner:
      read.settings.host.mode === "hcloud" && token !== undefined
        ? { token, endpoint: value("hcloud:endpoint") ?? hetznerApi }
        : undefined,
    backupCredential: credentialOf(read.settings, value),
  };
}

function credentialOf({ backups }: Settings, value: (key: string) => string | undefined): string {
  const kind = repositoryKind(backups?.repository);
  // All but the repository's own password, which is one.
  const rules = kind === undefined ? [] : backupSecrets(kind);
  const keys = rules.map(({ key }) => key).filter((key) => ![backupPasswordKey, backupPingKey].includes(key));
  return JSON.stringify(keys.map((key) => value(`clawkeep:${key}`) ?? null));
}

/** Why the two are no pair that can take over from one another; none where they are. */
export function pairProblems(from: Side, to: Side): string[] {
  const problems: string[] = [];
  if (from.settings.pairedStack !== to.stack)
    problems.push(
      `clawkeep:pairedStack of ${from.stack} is ${from.settings.pairedStack ?? "not set"}, not ${to.stack}`,
    );
  for (const key of ["hostname", "zone", "backups", "leaseSeconds"] as const)
    if (JSON.stringify(from.settings[key]) !== JSON.stringify(to.settings[key]))
      problems.push(`clawkeep:${key} is not the same in ${from.stack} and ${to.stack}`);
  const gateways = ({ settings }: Side): string => settings.gateways.map(({ name }) => name).join(", ");
  if (gateways(from) !== gateways(to))
    problems.push(
      `clawkeep:gateways has ${gateways(from) || "none"} in ${from.stack} and ${gateways(to) || "none"} in ${to.stack}: give both the ` +
        "same, in the same order, then pulumi up of both",
    );
  if (to.settings.backups === undefined)
    problems.push(
      `clawkeep:backups is not set, so ${to.stack} has nothing to serve: nothing leaves the host of ${from.stack}`,
    );
  return problems;
}
