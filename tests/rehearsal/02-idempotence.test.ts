/** A second `up` changes nothing, whoever runs it from wherever; a change touches only what it has to. */
import { mkdtempSync, rmSync, symlinkSync, copyFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../lab/lib/exec";
import { repoDir } from "../../lab/lib/paths";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { ensureProject, projectDirectory } from "../../lab/rehearsal/project";
import { pulumi, pulumiUp } from "../../lab/rehearsal/pulumi";
import { chatTurn } from "../../lab/rehearsal/public";
import { onVps } from "../../lab/rehearsal/vps";
import { changes, withModels } from "./support";

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

test("a changed model name updates LiteLLM and the gateway and nothing else", async () => {
  const before = await startTimes();
  await withModels([{ from: "openai/gpt-4o", to: "openai/gpt-4o-renamed" }], async () => {
    expect(await changes("prod")).toEqual([
      "gateway-openclaw-activated update",
      "gateway-openclaw-canary update",
      "gateway-openclaw-config update",
      "gateway-openclaw-container replace",
      "gateway-openclaw-container-settled update",
      "litellm-config update",
      "litellm-container replace",
      "litellm-container-settled update",
    ]);
    await pulumiUp("prod");
    const after = await startTimes();
    const restarted = [...after].filter(([name, time]) => before.get(name) !== time).map(([name]) => name);
    expect(restarted.sort()).toEqual(["openclaw", "openclaw-litellm"]);
    expect(await chatTurn("Say: renamed")).toContain("renamed");
  });
  await pulumiUp("prod");
  expect(await chatTurn("Say: named as before")).toContain("named as before");
});

/** Container -> when it was last started; sandboxes come and go by themselves. */
async function startTimes(): Promise<Map<string, string>> {
  const text = await onVps(
    "prod",
    "docker inspect --format '{{.Name}} {{.State.StartedAt}}' $(docker ps -q)",
  );
  const lines = text
    .trim()
    .split("\n")
    .map((line) => line.slice(1).split(" "));
  return new Map(lines.filter(([name]) => name?.startsWith("openclaw-sbx-") !== true) as [string, string][]);
}
