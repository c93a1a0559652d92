/** The policy pack with the real engine: the lab's stack keeps every rule, and a program that gives a control up is stopped. */
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repoDir } from "../../lab/lib/paths";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { ensureProject, projectDirectory } from "../../lab/rehearsal/project";
import { tryPulumi } from "../../lab/rehearsal/pulumi";

jest.setTimeout(300_000);

beforeAll(async () => {
  await enterLabEnvironment();
  ensureProject();
});

const preview = (env: Record<string, string> = {}) =>
  tryPulumi("preview", ["--stack", "prod", "--policy-pack", "policy"], env);

/** `rule resource` of every violation in what a preview printed. */
const violationsIn = (text: string): string[] =>
  [...text.matchAll(/\[mandatory\] +(\S+) +\(\S+: (\S+)\)/g)]
    .map(([, rule, name]) => `${rule} ${name}`)
    .sort();

/** Replaces one text in a file. @throws when it is not there exactly once */
function change(path: string, from: string, to: string): void {
  const parts = readFileSync(path, "utf8").split(from);
  if (parts.length !== 2) throw new Error(`${path} has "${from}" ${parts.length - 1} times`);
  writeFileSync(path, parts.join(to));
}

/** What a preview says of this checkout's program with its components changed. */
async function previewWith(alter: (components: string) => void) {
  const project = mkdtempSync(join(tmpdir(), "clawkeep-policy-"));
  try {
    ensureProject(project);
    for (const name of ["index.ts", "components"]) {
      rmSync(join(project, name));
      cpSync(join(repoDir, name), join(project, name), { recursive: true });
    }
    copyFileSync(join(projectDirectory(), "Pulumi.prod.yaml"), join(project, "Pulumi.prod.yaml"));
    alter(join(project, "components"));
    return await preview({ PULUMI_OPTION_CWD: project });
  } finally {
    rmSync(project, { recursive: true });
  }
}

test("the stack keeps every rule", async () => {
  const { outcome } = await preview();
  expect(violationsIn(outcome.stdout)).toEqual([]);
  expect(outcome.stdout).toMatch(/✅ clawkeep@v\d/);
  expect(outcome.code).toBe(0);
});

test("a program that gives controls up is stopped, by the rule of each, before anything is touched", async () => {
  const { outcome } = await previewWith((components) => {
    // A secret in a command's text, a container that may write its root and that nobody settles, a way out for
    // LiteLLM, a public record without protection.
    change(
      join(components, "backups.ts"),
      "create: `${toolDirectory}/gateway-snapshot",
      'create: pulumi.interpolate`: ${pulumi.secret("hush")}; ${toolDirectory}/gateway-snapshot',
    );
    change(
      join(components, "container.ts"),
      "...hardenedInputs(shape, limits),",
      '...hardenedInputs(shape, limits), readOnly: containerName !== "openclaw",',
    );
    change(
      join(components, "container.ts"),
      "stdin: JSON.stringify(order)",
      'stdin: containerName === "openclaw-redis" ? "" : JSON.stringify(order)',
    );
    change(
      join(components, "container.ts"),
      "  if (row.networks.length === 0) return",
      `  if (service === "litellm")
    return {
      networkMode: "bridge",
      networksAdvanced: [{ name: networks.egress.name, ipv4Address: addresses.egressProxy.egress }],
      dns: ["127.0.0.1"],
    };
  if (row.networks.length === 0) return`,
    );
    change(join(components, "public-record.ts"), "protect: true, retainOnDelete", "retainOnDelete");
  });
  expect(outcome.code).toBe(1);
  expect(violationsIn(outcome.stdout)).toEqual([
    "command-secret-on-stdin backups-openclaw-checked",
    "container-networks litellm-container",
    "container-root-read-only gateway-openclaw-container",
    "container-settled litellm-store",
    "record-protected reverse-proxy-public-record",
  ]);
  expect(outcome.stdout + outcome.stderr).not.toContain("hush");
});
