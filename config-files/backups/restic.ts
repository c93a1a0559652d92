/** How restic reaches a repository: its arguments, and which file each of its credentials comes from. */
import type { Repository, RepositoryKind } from "../../config/repository";
import { services } from "../../config/services";

/** Files in the directory of secrets that a repository of any kind may need. */
export const secretFiles = {
  password: "repository-password",
  accessKeyId: "access-key-id",
  secretAccessKey: "secret-access-key",
  serverPassword: "server-password",
  sshKey: "ssh-key",
  knownHosts: "known-hosts",
  ping: "ping-url",
} as const;

/** File -> the secret that it holds, by kind of repository. */
export const credentialFiles: Readonly<Record<RepositoryKind, Readonly<Record<string, string>>>> = {
  s3: {
    [secretFiles.accessKeyId]: "backupAccessKeyId",
    [secretFiles.secretAccessKey]: "backupSecretAccessKey",
  },
  rest: { [secretFiles.serverPassword]: "backupServerPassword" },
  ssh: { [secretFiles.sshKey]: "backupSshKey" },
};

export interface ResticConnection {
  /** Before restic's own command. */
  readonly arguments: readonly string[];
  /** Variables that an entrypoint shim fills from files in the directory: `docker inspect` shows none of it. */
  readonly fromFiles: Readonly<Record<string, string>>;
  /** Variables that are no secret. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * @param directory where the secret files are mounted
 * @param region S3's, where the storage wants one
 */
export function resticConnection(
  repository: Repository,
  directory: string,
  region?: string,
): ResticConnection {
  const password = ["--password-file", `${directory}/${secretFiles.password}`];
  switch (repository.kind) {
    case "s3": {
      const { host, bucket, folder } = repository;
      const place = [host, bucket, ...(folder === "" ? [] : [folder])].join("/");
      return {
        // By path: the bucket's name in front of the host's would be another host, which the egress proxy does not know.
        arguments: [...password, "--repo", `s3:https://${place}`, "--option", "s3.bucket-lookup=path"],
        fromFiles: {
          AWS_ACCESS_KEY_ID: secretFiles.accessKeyId,
          AWS_SECRET_ACCESS_KEY: secretFiles.secretAccessKey,
        },
        environment: region === undefined ? {} : { AWS_DEFAULT_REGION: region },
      };
    }
    case "rest": {
      const { host, user, folder } = repository;
      return {
        arguments: [...password, "--repo", `rest:https://${host}/${folder === "" ? "" : `${folder}/`}`],
        fromFiles: { RESTIC_REST_PASSWORD: secretFiles.serverPassword },
        environment: { RESTIC_REST_USERNAME: user },
      };
    }
    case "ssh":
      return {
        arguments: [
          ...password,
          "--repo",
          // The other side serves the one repository that its forced command names.
          "rclone:",
          "--option",
          `rclone.program=${sshCommand(repository, directory).join(" ")}`,
        ],
        fromFiles: {},
        environment: {},
      };
  }
}

/** The connection that stands for rclone: what it is asked to run, the other side ignores. */
function sshCommand({ host, user, port }: Extract<Repository, { kind: "ssh" }>, directory: string): string[] {
  const proxy = services.egressProxy;
  const options = {
    BatchMode: "yes",
    ConnectTimeout: "20",
    IdentitiesOnly: "yes",
    // There is no other way out of its network. restic takes single quotation marks off, and chokes on others.
    ProxyCommand: `sh /scripts/backup-tunnel ${proxy.name} ${proxy.port} %h %p`,
    ServerAliveCountMax: "3",
    ServerAliveInterval: "20",
    StrictHostKeyChecking: "yes",
    UserKnownHostsFile: `${directory}/${secretFiles.knownHosts}`,
    GlobalKnownHostsFile: "/dev/null",
  };
  return [
    "ssh",
    ...["-F", "/dev/null", "-T", "-p", String(port), "-i", `${directory}/${secretFiles.sshKey}`],
    ...Object.entries(options).flatMap(([name, value]) => [
      "-o",
      value.includes(" ") ? `'${name}=${value}'` : `${name}=${value}`,
    ]),
    `${user}@${host}`,
  ];
}

/** Line of known_hosts, as ssh asks for it: the port stands there only where it is not 22. */
export const knownHostsLine = (
  { host, port }: Extract<Repository, { kind: "ssh" }>,
  hostKey: string,
): string => `${port === 22 ? host : `[${host}]:${port}`} ${hostKey}\n`;

/** What a snapshot is of, as restic's tags; backup-run adds the epoch, which the record of the active stack has. */
export interface SnapshotOf {
  readonly stack: string;
  readonly gateways: readonly string[];
}

/** A tag may hold no comma, which no name here does. */
export const snapshotTags = ({ stack, gateways }: SnapshotOf): string[] => [
  `stack=${stack}`,
  ...gateways.map((gateway) => `gateway=${gateway}`),
];
