/** What the operator is told to do so that a stack that was replaced can append no more. */
import { takingTheRight } from "../../../tools/failover/append-right";

const steps = (repository: string, shared = true): string =>
  takingTheRight({ from: "prod", to: "standby", repository, shared }).join("\n");

it.each([
  [
    "S3",
    "s3:https://s3.eu-central-003.backblazeb2.com/example-backups/prod",
    [
      /^prod can append to the backups yet/,
      /1\. at s3\.eu-central-003\.backblazeb2\.com, make another key for the bucket example-backups/,
      /2\. pulumi config set --stack standby --secret clawkeep:backupAccessKeyId$/,
      /3\. pulumi config set --stack standby --secret clawkeep:backupSecretAccessKey$/,
      /4\. pulumi up --stack standby/,
      /5\. at s3.*, delete the key of before$/,
      /6\. before make failback STACK=prod: pulumi config set --stack prod --secret clawkeep:backupAccessKeyId; /,
    ],
  ],
  [
    "restic's server",
    "rest:https://clawkeep@backup.example.com/clawkeep/",
    [
      /^prod can append/,
      /1\. on backup\.example\.com, give clawkeep another password: htpasswd -B .* clawkeep\./,
      /2\. .*--stack standby --secret clawkeep:backupServerPassword$/,
      /3\. pulumi up --stack standby/,
      /4\. before make failback STACK=prod: /,
    ],
  ],
  [
    "SSH",
    "ssh://u1@box.example.com:23",
    [
      /^prod can append/,
      /1\. ssh-keygen .*backup_key; then a line .* of u1 on box\.example\.com/,
      /2\. .*--stack standby --secret clawkeep:backupSshKey < backup_key$/,
      /3\. pulumi up --stack standby/,
      /4\. in authorized_keys of u1 on box\.example\.com, delete the line of before$/,
      /5\. before make failback STACK=prod: .*--stack prod --secret clawkeep:backupSshKey < backup_key$/,
    ],
  ],
])(
  "%s: another credential for the one that serves first, then the end of the old one",
  (_, repository, lines) => {
    const said = steps(repository).split("\n");
    expect(said).toEqual(lines.map((line) => expect.stringMatching(line) as string));
  },
);

it("where each stack has its own, only that of the replaced one ends", () => {
  const said = steps("ssh://u1@box.example.com:23", false);
  expect(said).toMatch(/1\. in authorized_keys of u1 .*, which is prod's alone\n.*2\. before make failback/);
  expect(said).not.toContain("--stack standby");
});

it("no secret is in it, and a repository that is none is said", () => {
  expect(steps("sftp:host:/path")).toMatch(/the right of prod to append to the backups: is SFTP/);
});
