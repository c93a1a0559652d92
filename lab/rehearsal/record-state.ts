/**
 * `npx tsx lab/rehearsal/record-state.ts`: keeps the running prod stack's state and configuration in tests/recorded,
 * under the program's version. Later versions have to upgrade from it, so what is recorded is never written over: a version is
 * recorded once, when it is released. The passphrase is the lab's, the secrets are made up.
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

/** @throws Error where it is there: an upgrade from that version would no longer be tried */
export function makeFolder(directory: string, version: string): void {
  mkdirSync(join(directory, ".."), { recursive: true });
  try {
    mkdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new Error(
      `${directory} is there: the state of ${version} is recorded. Write the next version into package.json and package-lock.json, then record that`,
    );
  }
}

async function main(): Promise<void> {
  await enterLabEnvironment();
  const { version } = JSON.parse(readFileSync(join(repoDir, "package.json"), "utf8")) as { version: string };
  const directory = join(repoDir, "tests", "recorded", version);
  makeFolder(directory, version);
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

if (require.main === module) {
  main().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
}
