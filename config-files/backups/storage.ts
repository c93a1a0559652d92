/**
 * What the other side of a backup is told, so that a host may add and read and nothing else. Operators put it there
 * (docs/backups.md): a host that could set it could take it away.
 */
import type { S3Repository } from "../../config/repository";

/** Days that a version stays after it was overwritten or deleted; and that nobody can shorten. */
export const lockedDays = 30;

interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal: { readonly AWS: readonly string[] };
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

/** What only those may do who own the storage. */
const ownersAlone = [
  "s3:BypassGovernanceRetention",
  "s3:DeleteBucket",
  "s3:DeleteBucketPolicy",
  "s3:DeleteObjectVersion",
  "s3:PutBucketObjectLockConfiguration",
  "s3:PutBucketPolicy",
  "s3:PutBucketVersioning",
  "s3:PutLifecycleConfiguration",
  "s3:PutObjectLegalHold",
  "s3:PutObjectRetention",
];

/**
 * Policy of the bucket. Hosts list, read and write; they delete locks, without which no two runs of restic could follow
 * each other, and nothing else. The key that prunes deletes too, but no version: what it deletes, a mistake included, can
 * be brought back for `lockedDays`.
 * @param hosts principals of the hosts' keys, as the storage calls them
 * @param prune principal of the key that `make prune-backups` uses; on no host
 */
export function bucketPolicy(
  { bucket, folder }: Pick<S3Repository, "bucket" | "folder">,
  hosts: readonly string[],
  prune: string,
): { Version: string; Statement: Statement[] } {
  const all = `arn:aws:s3:::${bucket}`;
  const below = folder === "" ? all : `${all}/${folder}`;
  const everybody = { AWS: [...hosts, prune] };
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "List",
        Effect: "Allow",
        Principal: everybody,
        Action: ["s3:GetBucketLocation", "s3:ListBucket"],
        Resource: [all],
      },
      {
        Sid: "Add",
        Effect: "Allow",
        Principal: everybody,
        Action: ["s3:GetObject", "s3:PutObject"],
        Resource: [`${below}/*`],
      },
      {
        Sid: "Unlock",
        Effect: "Allow",
        Principal: { AWS: hosts },
        Action: ["s3:DeleteObject"],
        Resource: [`${below}/locks/*`],
      },
      {
        Sid: "Prune",
        Effect: "Allow",
        Principal: { AWS: [prune] },
        Action: ["s3:DeleteObject", "s3:GetObjectVersion", "s3:ListBucketVersions"],
        Resource: [all, `${below}/*`],
      },
      {
        Sid: "OwnersAlone",
        Effect: "Deny",
        Principal: everybody,
        Action: ownersAlone,
        Resource: [all, `${all}/*`],
      },
    ],
  };
}

/** Object lock of the bucket, which has to be made with it. In this mode the owner of the account cannot shorten it either. */
export const objectLock = {
  ObjectLockEnabled: "Enabled",
  Rule: { DefaultRetention: { Mode: "COMPLIANCE", Days: lockedDays } },
} as const;

/** Lifecycle of the bucket: versions that nobody sees any more go after that time. Without it nothing ever goes. */
export const lifecycle = {
  Rules: [
    {
      ID: "versions",
      Status: "Enabled",
      Filter: { Prefix: "" },
      NoncurrentVersionExpiration: { NoncurrentDays: lockedDays },
      Expiration: { ExpiredObjectDeleteMarker: true },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
    },
  ],
} as const;

/** Flags of restic's server: who logs in as USER sees /USER/ alone, and may add to it, read it, and delete its locks. */
export const restServerFlags = (directory: string): string[] => [
  "--path",
  directory,
  "--append-only",
  "--private-repos",
];

/**
 * Line of authorized_keys for a machine that is reached by SSH: the key starts this one command and nothing else, and what
 * the command serves can be added to and read.
 * @param publicKey one line
 * @param directory of the repository on that machine; letters, digits and `._/-`
 * @throws Error where one of them would end the command's quotation marks or the line
 */
export function authorizedKeysLine(publicKey: string, directory: string): string {
  if (!/^[A-Za-z0-9._/-]+$/.test(directory) || directory.startsWith("-"))
    throw new Error(`${directory} is no directory of letters, digits and ._/-`);
  if (!/^(ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [^\n"]*)?$/.test(publicKey))
    throw new Error("that is no public key in one line");
  return `command="rclone serve restic --stdio --append-only ${directory}",restrict ${publicKey}\n`;
}
