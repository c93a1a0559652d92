/** The workflow that docs/backups.md has an operator copy: it runs what is there, by the versions that are tried, and shows no secret. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { imagePins } from "../../config/images";
import { backupPrograms } from "../../lab/backups/programs";

const text = readFileSync(join(__dirname, "..", "..", "docs", "prune-backups.yml"), "utf8");
interface Step {
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}
const workflow = parse(text) as {
  readonly on: { readonly schedule: readonly { readonly cron: string }[] };
  readonly jobs: { readonly prune: { readonly environment: string; readonly steps: readonly Step[] } };
};
const { steps, environment } = workflow.jobs.prune;
const commands = steps.map(({ run = "" }) => run).join("\n");

it("prunes each day, where the environment's rules hold", () => {
  expect(workflow.on.schedule[0]?.cron).toMatch(/^\d+ \d+ \* \* \*$/);
  expect(environment).toBe("prune-backups");
  expect(commands).toContain('make --silent prune-backups REMOTE="storage:$PLACE"');
});

it("by the versions that the tests have tried, restic's the deployed one", () => {
  const { restic, rclone } = backupPrograms;
  expect(commands).toContain(`${restic.module}/${restic.command}@${restic.version}\n`);
  expect(commands).toContain(`${rclone.module}@${rclone.version}\n`);
  expect(imagePins.restic).toContain(`:${restic.version.slice(1)}@`);
});

it("has secrets in the environment of one step, and in no command", () => {
  expect(commands).not.toMatch(/\$\{\{/);
  const secret = steps.filter(({ env = {} }) => JSON.stringify(env).includes("secrets."));
  expect(secret).toHaveLength(1);
  expect(text.match(/secrets\.[A-Z_]+/g)?.sort()).toEqual([
    "secrets.BACKUP_PASSWORD",
    "secrets.PRUNE_ACCESS_KEY_ID",
    "secrets.PRUNE_SECRET_ACCESS_KEY",
  ]);
});
