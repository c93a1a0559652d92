/**
 * Secrets of the backups. All are the same in both stacks: a standby reads what the active one has written. The key that may
 * delete is not among them, for it must not be on any host.
 */
import type { RepositoryKind } from "./repository";
import { hex, randomHex, told, type SecretRule } from "./secret-rule";

const printable = (least: number): RegExp => new RegExp(`^[\\x21-\\x7e]{${least},256}$`);

/** Secret that holds the repository's own password, which encrypts it. */
export const backupPasswordKey = "backupPassword";

/** Secret that holds the address which is asked for after each snapshot; whoever is there notices when that stops. */
export const backupPingKey = "backupPingUrl";

const credentials: Readonly<Record<RepositoryKind, readonly SecretRule[]>> = {
  s3: [
    {
      key: "backupAccessKeyId",
      shape: /^[A-Za-z0-9_/+.-]{8,128}$/,
      description: "the id of an S3 key (8 to 128 letters, digits, _ / + . -)",
    },
    {
      key: "backupSecretAccessKey",
      shape: printable(16),
      description: "the secret part of an S3 key (16 printable characters or more, no space)",
    },
  ],
  rest: [
    {
      key: "backupServerPassword",
      shape: printable(16),
      description: "the user's password at restic's server (16 printable characters or more, no space)",
    },
  ],
  ssh: [
    {
      key: "backupSshKey",
      shape: /^-----BEGIN OPENSSH PRIVATE KEY-----[\s\S]+-----END OPENSSH PRIVATE KEY-----\s*$/,
      description: "a private key as ssh-keygen -t ed25519 makes it",
      problem: sshKeyProblem,
      file: "backup_key",
    },
  ],
};

/** The secrets that backups to a repository of this kind need. */
export const backupSecrets = (kind: RepositoryKind): readonly SecretRule[] => [
  {
    key: backupPasswordKey,
    shape: hex(""),
    description: "64 hexadecimal digits",
    generated: randomHex,
  },
  ...credentials[kind],
  { key: backupPingKey, ...told },
];

/** Nobody is there to type a passphrase at night. */
function sshKeyProblem(value: string): string | undefined {
  const lines = value.trim().split("\n");
  const body = Buffer.from(lines.slice(1, -1).join(""), "base64");
  const magic = "openssh-key-v1\0";
  if (lines.length < 3 || body.subarray(0, magic.length).toString("latin1") !== magic)
    return "has lost its line breaks, or is damaged: give it from the file that ssh-keygen has made";
  const length = body.length < magic.length + 4 ? 0 : body.readUInt32BE(magic.length);
  const cipher = body.subarray(magic.length + 4, magic.length + 4 + length).toString("latin1");
  return cipher === "none"
    ? undefined
    : "is protected by a passphrase, which nobody is there to type: make one without (ssh-keygen -t ed25519 -N '' -f backup_key)";
}
