/** A destroyed stack comes back with its state. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../lab/lib/exec";
import { labDir } from "../../lab/lib/paths";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import type { Report } from "../../lab/rehearsal/phases";
import {
  nextServers,
  pulumi,
  pulumiUp,
  refreshSshConfig,
  stackOutputs,
  tryPulumi,
} from "../../lab/rehearsal/pulumi";
import { containerStates } from "../../lab/rehearsal/vps";
import { recordPrograms } from "../../lab/vps/programs";
import { expectAnswering, readMarker, serverMade, writeMarker } from "./kept";
import { startedPaths, uncertainPrograms } from "./programs";
import { withHost } from "./support";

jest.setTimeout(900_000);
beforeAll(enterLabEnvironment);

/** A rehearsal that found prod running has not shown a deployment on a bare server: then it is shown here. */
function startOfTheRehearsal(): Date {
  const { started } = JSON.parse(readFileSync(join(labDir(), "report.json"), "utf8")) as Report;
  return new Date(started);
}

test("a plain destroy refuses before it touches anything", async () => {
  const before = await containerStates("prod");
  const { outcome } = await tryPulumi("destroy", ["--stack", "prod", "--yes"]);
  expect(outcome.code).not.toBe(0);
  expect(outcome.stdout + outcome.stderr).toMatch(/protect/);
  expect(await containerStates("prod")).toEqual(before);
  await pulumi("preview", ["--stack", "prod", "--expect-no-changes"]);
});

test("destroy as the README gives it, then up: same address, and the gateway's state is there", async () => {
  const madeByThisRehearsal = new Date((await serverMade()).trim()) > startOfTheRehearsal();
  await writeMarker("before destroy");
  const { ipv4 } = await stackOutputs("prod");
  const programs = recordPrograms("clawkeep-prod", false);
  await pulumi("destroy", ["--stack", "prod", "--yes", "--skip-preview", "--exclude-protected"]);
  programs.stop();
  const servers = await run("docker", ["ps", "-aq", "--filter", "name=^clawkeep-vps-clawkeep-prod$"]);
  expect(servers.trim()).toBe("");
  // Now the server may be made with another port and key, as the refusal of a changed one says.
  await withHost({ sshPort: 2222, sshKey: "another-key" }, async () => {
    expect(await pulumi("preview", ["--stack", "prod"])).toMatch(/host-server +create/);
  });
  await nextServers(madeByThisRehearsal ? "warm" : "bare");
  await pulumiUp("prod");
  await nextServers("warm");
  // The host key went with the server.
  await refreshSshConfig();
  expect((await stackOutputs("prod"))["ipv4"]).toBe(ipv4);
  expect((await readMarker()).trim()).toBe("before destroy");
  await expectAnswering("back with its state");
  // What the server was shut down by was certain to be there.
  expect(startedPaths("prod")).toContain("/usr/bin/umount");
  expect(await uncertainPrograms("prod")).toEqual([]);
});
