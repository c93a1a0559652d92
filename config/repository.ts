/**
 * Where backups go, as restic names it. Only kinds at which a host can be left without the right to delete, and only ways
 * that are encrypted and lead to one exact host.
 */

/** Kinds of repositories, each with what is written in `clawkeep:backups.repository`. */
export const repositoryForms = {
  /** Any storage that speaks S3, has versions and object lock; Backblaze B2 by its S3 endpoint. */
  s3: "s3:https://HOST/BUCKET or s3:https://HOST/BUCKET/FOLDER",
  /** restic's own server, run with --append-only. */
  rest: "rest:https://USER@HOST/FOLDER/",
  /** A machine whose sshd lets this key run nothing but `rclone serve restic --stdio --append-only`. */
  ssh: "ssh://USER@HOST:PORT (PORT: 23 unless said)",
} as const;

export type RepositoryKind = keyof typeof repositoryForms;

export interface S3Repository {
  readonly kind: "s3";
  readonly host: string;
  readonly bucket: string;
  /** Folder in the bucket, without slashes at its ends; empty: the bucket itself. */
  readonly folder: string;
}
export interface RestRepository {
  readonly kind: "rest";
  readonly host: string;
  readonly user: string;
  /** Path on the server, without slashes at its ends; empty: the server's only repository. */
  readonly folder: string;
}
export interface SshRepository {
  readonly kind: "ssh";
  readonly host: string;
  readonly user: string;
  readonly port: number;
}
export type Repository = S3Repository | RestRepository | SshRepository;

const name = "(?=[^/:]{4,253}(?:[/:]|$))((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63})";
const folder = "((?:/[A-Za-z0-9][A-Za-z0-9._-]*)*)/?";
const s3 = new RegExp(`^s3:https://${name}/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])${folder}$`);
const rest = new RegExp(`^rest:https://([a-zA-Z0-9][a-zA-Z0-9._-]{0,63})@${name}${folder}$`);
const ssh = new RegExp(`^ssh://([a-z_][a-z0-9_.-]{0,63})@${name}(?::(\\d{1,5}))?/?$`);

/** Repositories that cannot be taken, and the way out of each; the first that fits is said. */
const refused: readonly (readonly [RegExp, string])[] = [
  [
    /^sftp:/,
    "is SFTP, and whoever may write by SFTP may delete: let the key run only rclone serve restic --stdio --append-only " +
      "(docs/backups.md), and write ssh://USER@HOST:23",
  ],
  [
    /^b2:/,
    "is B2's own protocol: take B2's S3 endpoint, where a key without the right to delete can be had, and write " +
      "s3:https://s3.REGION.backblazeb2.com/BUCKET",
  ],
  [/^(s3|rest):http:/, "is http, where the credentials can be read on the way: write https"],
  [
    /^[a-z0-9]+:(https:)?\/*[^/@]*:[^/@]*@/,
    "has a password in it, in the clear: leave it out, it is a secret of its own",
  ],
  [
    /^(s3|rest):https:\/\/[^/]*:(?!443(\/|$))\d+/,
    "has a port of its own, and the egress proxy lets nothing through but 443",
  ],
  [/^(s3|rest):https:\/\/[^/]*:443(\/|$)/, "names port 443, which is the one anyway: leave :443 out"],
  [
    /^(\/|\.|local:)/,
    "is a directory of the host itself: what takes the host takes its backups. Name a place off the host",
  ],
  [
    /^s3:https:\/\/(?!s3\.dualstack\.[a-z0-9-]+\.amazonaws\.com\/)[^/]*amazonaws\.com(\/|$)/,
    "is not the one name that restic calls at Amazon: write s3:https://s3.dualstack.REGION.amazonaws.com/BUCKET",
  ],
  [/^rest:https:\/\/[^/@]*(\/|$)/, `names no user of the server: ${repositoryForms.rest}`],
];

/** @returns the repository in parts, or what is wrong with the text, for an error that begins with the setting's name */
export function parseRepository(text: string): Repository | string {
  const reason = refused.find(([pattern]) => pattern.test(text))?.[1];
  if (reason !== undefined) return reason;
  const inBucket = s3.exec(text);
  if (inBucket !== null)
    return {
      kind: "s3",
      host: inBucket[1] ?? "",
      bucket: inBucket[2] ?? "",
      folder: (inBucket[3] ?? "").slice(1),
    };
  const onServer = rest.exec(text);
  if (onServer !== null)
    return {
      kind: "rest",
      user: onServer[1] ?? "",
      host: onServer[2] ?? "",
      folder: (onServer[3] ?? "").slice(1),
    };
  const bySsh = ssh.exec(text);
  const port = Number(bySsh?.[3] ?? 23);
  if (bySsh !== null && port > 0 && port < 65536)
    return { kind: "ssh", user: bySsh[1] ?? "", host: bySsh[2] ?? "", port };
  return `is none of ${Object.values(repositoryForms).join("; ")}`;
}

/** The repository of a configuration that has been checked; undefined where there are no backups. */
export function repositoryOf({
  backups,
}: {
  readonly backups?: { readonly repository: string } | undefined;
}): Repository | undefined {
  if (backups === undefined) return undefined;
  const repository = parseRepository(backups.repository);
  if (typeof repository === "string") throw new Error(`clawkeep:backups.repository ${repository}`);
  return repository;
}

/** Its kind; undefined where the text is no repository. */
export function repositoryKind(text: string | undefined): RepositoryKind | undefined {
  const repository = text === undefined ? "" : parseRepository(text);
  return typeof repository === "string" ? undefined : repository.kind;
}
