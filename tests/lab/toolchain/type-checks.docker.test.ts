/** A preview with type checks, as Pulumi makes them where nobody switches them off: the program has no error for them. */
import { appendFileSync, cpSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { prod } from "../../fixtures/stack-configuration";
import { ensureToolchain, Project, toolchainTimeout } from "./project";

const root = join(__dirname, "..", "..", "..");
/** The compiler looks at the program and all types of the providers, on a core that others use too. */
jest.setTimeout(10 * 60_000);

let project: Project;

beforeAll(async () => {
  ensureToolchain();
  project = new Project();
  for (const name of [
    "index.ts",
    "components",
    "config",
    "config-files",
    "tsconfig.json",
    "tsconfig.pulumi.json",
  ])
    symlinkSync(join(root, name), join(project.dir, name));
  // Without the option by which the real one switches them off.
  project.write("Pulumi.yaml", "name: clawkeep\nruntime: nodejs\nmain: index.ts\n");
  await project.init();
  // Nobody answers there, which is a warning in a preview.
  const nobody = {
    "hcloud:endpoint": "http://127.0.0.1:9/v1",
    "cloudflare:baseUrl": "http://127.0.0.1:9/client/v4",
  };
  appendFileSync(
    join(project.dir, "Pulumi.test.yaml"),
    stringify({ config: { ...prod.settings, ...nobody } }),
  );
  const secrets = Object.entries(prod.secrets).flatMap(([key, value]) => ["--secret", `${key}=${value}`]);
  await project.expect("config", "set-all", "--stack", "test", ...secrets);
}, toolchainTimeout);
afterAll(() => project.remove());

const withoutChecks = { PULUMI_NODEJS_TSCONFIG_PATH: "tsconfig.pulumi.json" };
async function preview(variables: Record<string, string> = {}) {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    return await project.pulumi("preview", "--stack", "test");
  } finally {
    process.env = before;
  }
}

test("it finds no error", async () => {
  const { code, text } = await preview();
  expect(text).not.toMatch(/TS\d{4}/);
  expect([code, code === 0 ? "" : text]).toEqual([0, ""]);
});

test("it finds one that is planted, which a preview without them does not see", async () => {
  // Both: what a link leads to finds its imports where it lies.
  for (const name of ["index.ts", "components"]) {
    rmSync(join(project.dir, name));
    cpSync(join(root, name), join(project.dir, name), { recursive: true });
  }
  appendFileSync(
    join(project.dir, "components", "component.ts"),
    'export const planted: number = "a text";\n',
  );
  const checked = await preview();
  expect([checked.code === 0, checked.text]).toEqual([
    false,
    expect.stringMatching(/component\.ts.*TS2322/s),
  ]);
  const unchecked = await preview(withoutChecks);
  expect([unchecked.code, unchecked.code === 0 ? "" : unchecked.text]).toEqual([0, ""]);
});
