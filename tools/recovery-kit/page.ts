/** The page that is kept offline: with it, a checkout of the code and nothing else, the assistant comes back. */

import { parse } from "yaml";
import { backupSecrets } from "../../config/backup-secrets";
import { parseRepository, type RepositoryKind } from "../../config/repository";

export interface KitArgs {
  readonly stack: string;
  /** Version of this program, and the commit of its checkout where there is one. */
  readonly program: string;
  /** As the stack file names it. */
  readonly repository: string;
  /** Values of the backups' secrets, by key. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What decrypts the stack file; undefined where the environment does not hold it. */
  readonly passphrase: string | undefined;
  /** Text of the stack file, secrets in it encrypted. */
  readonly stackFile: string;
  /** ISO time. */
  readonly made: string;
}

/**
 * @param value what the stack has of a secret, by key
 * @returns the backups' secrets by key. @throws Error naming those that have to be there and are not
 */
export function kitSecrets(
  stack: string,
  kind: RepositoryKind,
  value: (key: string) => string | undefined,
): Record<string, string> {
  const rules = backupSecrets(kind);
  const missing = rules.filter(({ key, optional }) => optional !== true && value(key) === undefined);
  if (missing.length > 0)
    throw new Error(`stack ${stack} has no ${missing.map(({ key }) => key).join(", ")}: make secrets`);
  return Object.fromEntries(
    rules.flatMap(({ key }) => {
      const told = value(key);
      return told === undefined ? [] : [[key, told]];
    }),
  );
}

/** What opens the secrets in a stack file: Pulumi writes a salt into it for a passphrase alone. */
function opener(stackFile: string): "passphrase" | { readonly by: string } {
  const file = (parse(stackFile) ?? {}) as Readonly<Record<string, unknown>>;
  if (file["encryptionsalt"] !== undefined) return "passphrase";
  const provider = file["secretsprovider"];
  return { by: typeof provider === "string" ? provider : "Pulumi Cloud" };
}

/** Lines 2, and how a shell comes to open the stack file. */
function shownPassphrase({ stack, stackFile, passphrase }: KitArgs): {
  readonly line: string;
  readonly commands: readonly string[];
} {
  const by = opener(stackFile);
  if (by === "passphrase")
    return {
      line:
        passphrase ??
        "NOT HERE. Write it down by hand, or set PULUMI_CONFIG_PASSPHRASE and make the page again: without it the stack file is noise.",
      commands: [
        "   export PULUMI_CONFIG_PASSPHRASE    # read it in: read -rs PULUMI_CONFIG_PASSPHRASE",
        "   pulumi login file://~              # or the state backend, where it is still there",
      ],
    };
  return {
    line:
      `NONE. ${by.by} opens the secrets of this stack file, no passphrase does: without a login there, and the stack or key that it\n` +
      "   has there, the stack file is noise. Keep what logs in with this page, and a second way in. Or take a passphrase:\n" +
      `   pulumi stack change-secrets-provider passphrase --stack ${stack}, then make this page again.`,
    commands: [`   pulumi login                       # and whatever lets you ask ${by.by}`],
  };
}

/** What lists the snapshots, and brings one, where no host is left: restic's own words for this place. */
function byRestic(stack: string, text: string, stackFile: string): string[] {
  const file = (parse(stackFile) ?? {}) as { config?: { "clawkeep:backups"?: Record<string, string> } };
  const { region, hostKey } = file.config?.["clawkeep:backups"] ?? {};
  const read = (variable: string, key: string): string =>
    `   read -rs ${variable}; export ${variable}    # ${key}`;
  const lines = (place: readonly string[], option = ""): string[] => [
    read("RESTIC_PASSWORD", "backupPassword"),
    ...place,
    `   restic${option} snapshots --no-lock --tag stack=${stack}`,
    `   restic${option} restore --no-lock ID --target DIRECTORY`,
  ];
  const repository = parseRepository(text);
  if (typeof repository === "string") return [];
  switch (repository.kind) {
    case "s3": {
      const place = [
        read("AWS_ACCESS_KEY_ID", "backupAccessKeyId"),
        read("AWS_SECRET_ACCESS_KEY", "backupSecretAccessKey"),
        ...(region === undefined ? [] : [`   export AWS_DEFAULT_REGION=${region}`]),
        `   export RESTIC_REPOSITORY=${text}`,
      ];
      return lines(place, " -o s3.bucket-lookup=path");
    }
    case "rest": {
      const { host, user, folder } = repository;
      const url = `rest:https://${host}/${folder === "" ? "" : `${folder}/`}`;
      return lines([
        read("RESTIC_REST_PASSWORD", "backupServerPassword"),
        `   export RESTIC_REST_USERNAME=${user} RESTIC_REPOSITORY=${url}`,
      ]);
    }
    case "ssh": {
      const { host, user, port } = repository;
      const place = [
        "   write backupSshKey above to the file backup_key; chmod 600 backup_key",
        `   echo '${port === 22 ? host : `[${host}]:${port}`} ${hostKey ?? "HOST-KEY"}' >backup_host`,
        "   export RESTIC_REPOSITORY=rclone:",
      ];
      const ssh = `ssh -F /dev/null -p ${port} -i backup_key -o UserKnownHostsFile=backup_host ${user}@${host}`;
      return lines(place, ` -o rclone.program='${ssh}'`);
    }
  }
}

/** Whoever has this page has all that was ever saved, and the providers' accounts. */
export const recoveryPage = (args: KitArgs): string => {
  const { stack, program, repository, secrets, stackFile, made } = args;
  const { line, commands } = shownPassphrase(args);
  return [
    `Clawkeep recovery kit of stack ${stack}, ${made}. Keep it offline: it opens everything. Make it anew when a secret changes.`,
    "",
    `1. Repository  ${repository}`,
    ...Object.entries(secrets).map(
      ([key, value]) => `   ${key}${value.includes("\n") ? ":\n" : "  "}${value.trimEnd()}`,
    ),
    `2. Passphrase  ${line}`,
    "   SSH key     NOT HERE. The private half of the key that the stack file names (clawkeep:host), in an agent: without it nobody",
    "               comes onto the new host. Keep a copy where this page is, or name another key in the stack file.",
    "",
    `3. Commands, in a checkout of Clawkeep (${program}, or a later one), with your SSH key in an agent:`,
    `   write the stack file below to Pulumi.${stack}.yaml`,
    ...commands,
    `   make restore STACK=${stack} COLD=1`,
    "   docs/runbooks/restore.md has the rest: another host, an older snapshot, what a provider still has.",
    "   Only which snapshots there are, and the data, without any of this but restic:",
    ...byRestic(stack, repository, stackFile),
    "",
    `4. Pulumi.${stack}.yaml`,
    "-----",
    stackFile.trimEnd(),
    "-----",
    "",
  ].join("\n");
};
