/** Stacks deployed by earlier versions upgrade: nothing that holds data, keys or the address is replaced or deleted. */
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repoDir } from "../../lab/lib/paths";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { ensureProject } from "../../lab/rehearsal/project";
import { pulumi } from "../../lab/rehearsal/pulumi";
import { changes } from "./support";

jest.setTimeout(300_000);
beforeAll(enterLabEnvironment);

const recorded = join(repoDir, "tests", "recorded");
/** Replacing one of these loses data, a key that others know, or the address. */
const precious = /host-(volume|ipv4|server|host-key|revision-key)|public-record|gateway-openclaw-storage/;

test.each(readdirSync(recorded))("from %s", async (version) => {
  const directory = mkdtempSync(join(tmpdir(), "clawkeep-upgrade-"));
  try {
    const project = join(directory, "project");
    ensureProject(project);
    copyFileSync(join(recorded, version, "Pulumi.prod.yaml"), join(project, "Pulumi.prod.yaml"));
    const env = { PULUMI_OPTION_CWD: project, PULUMI_BACKEND_URL: `file://${directory}` };
    await pulumi("stack", ["init", "prod"], env);
    await pulumi(
      "stack",
      ["import", "--stack", "prod", "--file", join(recorded, version, "state.json")],
      env,
    );
    const touched = await changes("prod", [], env);
    expect(touched.filter((change) => / (replace|delete)$/.test(change) && precious.test(change))).toEqual(
      [],
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
