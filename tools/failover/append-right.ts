/**
 * How the right to append to the backups is taken from a stack that was replaced by force. Who may hand rights out at a storage
 * can take them from everybody there, so nothing of that lies on the operator's machine, and he does it. No Pulumi in here.
 */
import { parseRepository, type Repository } from "../../config/repository";

const numbered = (lines: readonly string[]): string[] =>
  lines.map((line, index) => `    ${index + 1}. ${line}`);
const set = (stack: string, key: string, file = ""): string =>
  `pulumi config set --stack ${stack} --secret clawkeep:${key}${file}`;

interface Way {
  /** At the storage, for another credential with the same rights. */
  readonly make: string;
  /** Secrets that it goes to, each with what comes behind. */
  readonly secrets: readonly (readonly [key: string, file?: string])[];
  /** At the storage, for the one of before. */
  readonly end: string;
}

function wayOf(repository: Repository): Way {
  switch (repository.kind) {
    case "s3":
      return {
        make: `at ${repository.host}, make another key for the bucket ${repository.bucket}, with the policy that docs/backups.md has`,
        secrets: [["backupAccessKeyId"], ["backupSecretAccessKey"]],
        end: `at ${repository.host}, delete the key of before`,
      };
    case "rest":
      return {
        make: `on ${repository.host}, give ${repository.user} another password: htpasswd -B DIRECTORY/.htpasswd ${repository.user}. From now on the one of before opens nothing`,
        secrets: [["backupServerPassword"]],
        end: "",
      };
    case "ssh":
      return {
        make: `ssh-keygen -t ed25519 -N '' -f backup_key; then a line for it in authorized_keys of ${repository.user} on ${repository.host}, as docs/backups.md has it`,
        secrets: [["backupSshKey", " < backup_key"]],
        end: `in authorized_keys of ${repository.user} on ${repository.host}, delete the line of before`,
      };
  }
}

export interface Stacks {
  readonly from: string;
  readonly to: string;
  /** `clawkeep:backups.repository`, the same of both. */
  readonly repository: string;
  /** Whether both have one credential, as make secrets gives them. */
  readonly shared: boolean;
}

/** What to do, a line each. */
export function takingTheRight({ from, to, repository, shared }: Stacks): string[] {
  const parsed = parseRepository(repository);
  if (typeof parsed === "string") return [`the right of ${from} to append to the backups: ${parsed}`];
  const { make, secrets, end } = wayOf(parsed);
  const [up, note] = [
    `pulumi up --stack ${to}, then make verify STACK=${to}: what lies there can be read, and the next snapshot is made`,
    `before make failback STACK=${from}: ${secrets.map(([key, file]) => set(from, key, file)).join("; ")}`,
  ];
  const steps = [make, ...secrets.map(([key, file]) => set(to, key, file)), up, ...(end === "" ? [] : [end])];
  // At restic's server both are one user, whose password is one.
  const alone = !shared && end !== "";
  return [
    `${from} can append to the backups yet, also what looks newer than all of ${to}. If somebody else may have its host, take that from it:`,
    ...numbered([...(alone ? [`${end}, which is ${from}'s alone`] : steps), note]),
  ];
}
