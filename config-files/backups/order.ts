/** What backup-run is told: where to, and of what. Read by the host's scripts as /etc/clawkeep/backups.json. */
import type { GatewayStorage } from "../../config/backup-room";
import type { Repository } from "../../config/repository";
import { filesOwner, networkNames, services, userOf } from "../../config/services";
import { resticConnection, snapshotTags, type SnapshotOf } from "./restic";

/** Where the host's scripts look for the order. */
export const orderFile = "/etc/clawkeep/backups.json";
/** Folder of what is LiteLLM's, beside those of the gateways. */
export const recordsFolder = "litellm";

const gib = 1024 ** 3;
/** Bytes of a file system that a file takes at least, so this is how many files fit. */
const leastFile = 4096;
/** Most files of one part that a run looks at: each costs time, changed or not. */
const mostFiles = 200_000;
/** Seconds that one part may take, so that a gateway that makes its own endless leaves time for the others. */
const partSeconds = 300;

export interface BackupPart {
  /** Folder below the copies. */
  readonly name: string;
  readonly owner: string;
  readonly source: string;
  /** Folder of it, found by the container; empty: all. */
  readonly below: string;
  readonly databases: boolean;
  /** Names at its top that are left out. */
  readonly without: readonly string[];
  readonly seconds: number;
  readonly files: number;
  readonly bytes: number;
}

export interface BackupOrderArgs {
  readonly of: SnapshotOf;
  readonly storage: GatewayStorage;
  readonly repository: Repository;
  readonly region?: string;
  /** Reference of restic's image, and of one with Python. */
  readonly images: { readonly restic: string; readonly python: string };
  /** Directory of the secret files on the host. */
  readonly secrets: string;
  /** Directory on the host with certificates that are trusted beside the usual ones; empty: none. */
  readonly certificates: string;
  /** The container's address on openclaw-net. */
  readonly address: string;
  /** File on the host with the address that is asked for after each snapshot; empty: none. */
  readonly ping: string;
  /** OpenClaw's command line in each gateway's container. */
  readonly commands: Readonly<Record<string, string>>;
  /** What else a restore has to know: versions, digests, release lines. */
  readonly manifest: Readonly<Record<string, unknown>>;
}

/** Two parts a gateway, the state first: what fills the workspaces keeps no state from being copied. */
export function backupParts(gateway: string, { stateGiB, sandboxesGiB }: GatewayStorage): BackupPart[] {
  const home = `/opt/openclaw/gateways/${gateway}`;
  const part = (name: string, source: string, sizeGiB: number) => ({
    name: `${gateway}/${name}`,
    owner: `${filesOwner}:${filesOwner}`,
    source: `${home}/${source}`,
    below: "",
    seconds: partSeconds,
    files: Math.min(mostFiles, Math.floor((sizeGiB * gib) / leastFile)),
    bytes: sizeGiB * gib,
  });
  return [
    // What belongs to one run of the gateway, or to the other file system.
    {
      ...part("state", "state", stateGiB),
      databases: true,
      without: ["lost+found", "sandboxes", "tmp"],
    },
    {
      ...part("workspaces", "sandboxes/workspaces", sandboxesGiB),
      databases: false,
      without: ["lost+found"],
    },
  ];
}

/** LiteLLM's record of each call; what was spent is beside it, as Redis dumps it. */
const auditPart: BackupPart = {
  name: `${recordsFolder}/audit`,
  owner: userOf(services.litellm),
  source: "/opt/openclaw/volume/litellm",
  below: "audit",
  databases: false,
  without: [],
  seconds: 60,
  files: 10_000,
  bytes: gib,
};

/** The order, for JSON. Nothing in it is secret. */
export function backupOrder(args: BackupOrderArgs): Record<string, unknown> {
  const { of, storage, repository, region, images, secrets, certificates, address } = args;
  const { name, port } = services.egressProxy;
  return {
    stack: of.stack,
    tags: snapshotTags(of),
    python: images.python,
    restic: {
      ...resticConnection(repository, "/secrets", region),
      image: images.restic,
      ...{ secrets, certificates, address },
      network: networkNames.openclaw,
      proxy: `http://${name}:${port}`,
    },
    ping: args.ping,
    parts: [auditPart, ...of.gateways.flatMap((gateway) => backupParts(gateway, storage))],
    commands: Object.fromEntries(
      Object.entries(args.commands).map(([gateway, command]) => [gateway, command.split(" ")]),
    ),
    manifest: args.manifest,
  };
}
