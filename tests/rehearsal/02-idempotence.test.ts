/** A second `up` changes nothing, whoever runs it from wherever. */
import { mkdtempSync, rmSync, symlinkSync, copyFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../lab/lib/exec";
import { repoDir } from "../../lab/lib/paths";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { ensureProject, projectDirectory } from "../../lab/rehearsal/project";
import { pulumi } from "../../lab/rehearsal/pulumi";

jest.setTimeout(600_000);
beforeAll(enterLabEnvironment);

test("a second up changes nothing", async () => {
  const text = await pulumi("up", ["--stack", "prod", "--yes", "--skip-preview", "--expect-no-changes"]);
  expect(text).toMatch(/Resources:\s+\d+ unchanged/);
});

test("after a refresh a preview has nothing to do", async () => {
  await pulumi("refresh", ["--stack", "prod", "--yes", "--skip-preview"]);
  await pulumi("preview", ["--stack", "prod", "--expect-no-changes"]);
});

test("nor has one from a second checkout in another directory", async () => {
  const directory = mkdtempSync(join(tmpdir(), "clawkeep-checkout-"));
  try {
    const checkout = join(directory, "clawkeep");
    await run("git", ["clone", "--quiet", repoDir, checkout]);
    symlinkSync(join(repoDir, "node_modules"), join(checkout, "node_modules"));
    const project = join(directory, "project");
    ensureProject(project, checkout);
    copyFileSync(join(projectDirectory(), "Pulumi.prod.yaml"), join(project, "Pulumi.prod.yaml"));
    const text = await pulumi("preview", ["--stack", "prod", "--expect-no-changes"], {
      PULUMI_OPTION_CWD: project,
    });
    expect(text).toMatch(/Resources:\s+\d+ unchanged/);
    await pulumi("refresh", ["--stack", "prod", "--yes", "--skip-preview"], { PULUMI_OPTION_CWD: project });
    await pulumi("preview", ["--stack", "prod", "--expect-no-changes"], { PULUMI_OPTION_CWD: project });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
