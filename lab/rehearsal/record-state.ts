/**
 * `npx tsx lab/rehearsal/record-state.ts`: keeps the running prod stack's state and configuration in tests/recorded,
 * under the program's version. Later versions have to upgrade from it. The passphrase is the lab's, the secrets are made up.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../lib/exec";
import { repoDir } from "../lib/paths";
import { enterLabEnvironment } from "./environment";
import { projectDirectory } from "./project";

interface Recorded {
  readonly deployment: { readonly resources: Record<string, unknown>[] };
}

async function main(): Promise<void> {
  await enterLabEnvironment();
  const { version } = JSON.parse(readFileSync(join(repoDir, "package.json"), "utf8")) as { version: string };
  const directory = join(repoDir, "tests", "recorded", version);
  mkdirSync(directory, { recursive: true });
  const state = JSON.parse(await run("pulumi", ["stack", "export", "--stack", "prod"])) as Recorded;
  // Where in which checkout a resource was declared: it means nothing on another machine.
  for (const resource of state.deployment.resources) {
    delete resource["sourcePosition"];
    delete resource["stackTrace"];
  }
  writeFileSync(join(directory, "state.json"), `${JSON.stringify(state, null, 2)}\n`);
  copyFileSync(join(projectDirectory(), "Pulumi.prod.yaml"), join(directory, "Pulumi.prod.yaml"));
  console.log(`recorded: ${directory}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
