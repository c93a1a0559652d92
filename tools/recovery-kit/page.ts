/** The page that is kept offline: with it, a checkout of the code and nothing else, the assistant comes back. */

import { backupSecrets } from "../../config/backup-secrets";
import type { RepositoryKind } from "../../config/repository";

export interface KitArgs {
  readonly stack: string;
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

const shownPassphrase = (passphrase: string | undefined): string =>
  passphrase ??
  "NOT HERE. Write it down by hand, or set PULUMI_CONFIG_PASSPHRASE and make the page again: without it the stack file is noise.";

/** Whoever has this page has all that was ever saved, and the providers' accounts. */
export const recoveryPage = ({ stack, repository, secrets, passphrase, stackFile, made }: KitArgs): string =>
  [
    `Clawkeep recovery kit of stack ${stack}, ${made}. Keep it offline: it opens everything. Make it anew when a secret changes.`,
    "",
    `1. Repository  ${repository}`,
    ...Object.entries(secrets).map(
      ([key, value]) => `   ${key}${value.includes("\n") ? ":\n" : "  "}${value.trimEnd()}`,
    ),
    `2. Passphrase  ${shownPassphrase(passphrase)}`,
    "",
    "3. Commands, in a checkout of Clawkeep, with your SSH key in an agent:",
    `   write the stack file below to Pulumi.${stack}.yaml`,
    "   export PULUMI_CONFIG_PASSPHRASE    # read it in: read -rs PULUMI_CONFIG_PASSPHRASE",
    "   pulumi login file://~              # or the state backend, where it is still there",
    `   make restore STACK=${stack} COLD=1`,
    "   docs/runbooks/restore.md has the rest: another host, an older snapshot, what a provider still has.",
    "   Only the data, without any of this: restic with the repository and its password.",
    "",
    `4. Pulumi.${stack}.yaml`,
    "-----",
    stackFile.trimEnd(),
    "-----",
    "",
  ].join("\n");
