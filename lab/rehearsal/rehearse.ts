/** `make rehearse`: brings the prod stack up in the lab, proves it, and leaves it running. */
import { join } from "node:path";
import { labDir } from "../lib/paths";
import { proveProd } from "./checks";
import { enterLabEnvironment, writeEnvironmentFile } from "./environment";
import { bringUpLab } from "./lab";
import { recordPrograms } from "../vps/programs";
import { takeOver } from "./ownership";
import { Rehearsal } from "./phases";
import { ensureProject } from "./project";
import {
  clearDeadLocks,
  nextServers,
  pulumiUp,
  reconcileServer,
  refreshSshConfig,
  serverIdOf,
} from "./pulumi";
import { stackNames, writeStackFile } from "./stacks";

async function main(): Promise<void> {
  const rehearsal = new Rehearsal();
  await takeOver();
  await enterLabEnvironment();
  ensureProject();
  clearDeadLocks();
  writeEnvironmentFile();
  const sshKey = await rehearsal.phase("small internet, registry, emulators", bringUpLab);
  await rehearsal.phase("stack configuration", () =>
    writeStackFile("prod", "active", { mode: "hcloud", sshKey }),
  );
  for (const stack of stackNames) {
    const done = await reconcileServer(stack);
    if (done !== undefined) console.log(`the server of ${stack} was ${done}`);
  }
  // What a first deployment is: packages, images and builds from nothing, and every program written down that it starts.
  await nextServers("bare");
  const isNew = (await serverIdOf("prod")) === undefined;
  const programs = recordPrograms("clawkeep-prod", isNew);
  try {
    if (isNew) console.log("prod is deployed to a bare server");
    await rehearsal.phase("pulumi up prod", () => pulumiUp("prod"));
    await refreshSshConfig();
    await rehearsal.phase("proof end to end", () => proveProd(rehearsal));
  } finally {
    programs.stop();
  }
  console.log(`report: ${join(labDir(), "report.json")}`);
  if (rehearsal.failed.length > 0) {
    console.error(`${rehearsal.failed.length} of ${rehearsal.report.checks.length} checks failed`);
    process.exitCode = 1;
  } else {
    console.log("prod runs in the lab. A shell with everything in it: . .lab/env");
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
