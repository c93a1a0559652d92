/** `make secrets` with the real engine, at a state backend of its own: needs the lab's toolchain, and no Docker. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attempt, run, type Outcome } from "../../../lab/lib/exec";
import { repoDir } from "../../../lab/lib/paths";
import { enterLabEnvironment } from "../../../lab/rehearsal/environment";
import { prod } from "../../fixtures/stack-configuration";

jest.setTimeout(180_000);
const directory = mkdtempSync(join(tmpdir(), "clawkeep-secrets-"));
const originKey = "clawkeep:originKey";
const pem = prod.secrets[originKey] ?? "";

const env = {
  PULUMI_BACKEND_URL: `file://${directory}/state`,
  PULUMI_CONFIG_PASSPHRASE: "made up for this test",
  PULUMI_OPTION_CWD: directory,
};
const pulumi = (args: readonly string[], input?: string): Promise<string> =>
  run("pulumi", args, { cwd: directory, env, ...(input === undefined ? {} : { input }) });
const secrets = (): Promise<Outcome> =>
  attempt(join(repoDir, "node_modules/.bin/tsx"), [join(repoDir, "tools/generate-secrets.ts")], {
    cwd: directory,
    env,
  });
async function configuration(stack: string): Promise<Record<string, { value: string; secret: boolean }>> {
  const text = await pulumi(["config", "--json", "--show-secrets", "--stack", stack]);
  return JSON.parse(text) as Record<string, { value: string; secret: boolean }>;
}

beforeAll(async () => {
  await enterLabEnvironment();
  mkdirSync(join(directory, "state"));
  for (const name of ["Pulumi.yaml", "Pulumi.prod.yaml", "Pulumi.standby.yaml"])
    copyFileSync(join(repoDir, name), join(directory, name));
});
afterAll(() => rmSync(directory, { recursive: true }));

test("without a stack it says what to type", async () => {
  const { code, stderr } = await secrets();
  expect(code).toBe(1);
  expect(stderr).toContain(`stacks prod and standby of the state backend file://${directory}/state`);
  expect(stderr).toContain("pulumi stack init prod --no-select");
});

test("prod alone: made up there, the standby left out, whose file stays as it is", async () => {
  await pulumi(["stack", "init", "prod", "--no-select"]);
  await pulumi(["config", "set", "--stack", "prod", "--secret", originKey], `${pem}\n`);
  const { code, stdout } = await secrets();
  expect(code).toBe(0);
  expect(stdout).toContain("clawkeep:litellmMasterKey: made up, set in prod");
  expect(stdout).toContain("clawkeep:anthropicApiKey: not set yet, only you have it");
  expect(stdout).toMatch(/^stack standby does not exist yet and was left out/m);
  expect(stdout).not.toContain("standby, ");
});

test("then the standby: every secret arrives to the last byte, encrypted; a second run sets nothing", async () => {
  await pulumi(["stack", "init", "standby", "--no-select"]);
  expect((await secrets()).stdout).toContain(`${originKey}: copied from prod, set in standby`);
  const [one, two] = [await configuration("prod"), await configuration("standby")];
  const shared = Object.keys(one).filter((key) => one[key]?.secret === true);
  expect(shared).toHaveLength(4);
  for (const key of shared) expect([key, two[key]]).toEqual([key, one[key]]);
  expect(two[originKey]?.value).toBe(pem);
  expect((await secrets()).stdout).not.toMatch(/copied|made up/);
  expect([await configuration("prod"), await configuration("standby")]).toEqual([one, two]);
});

test("another value in the standby is refused and stays, and nothing else is set", async () => {
  const key = "clawkeep:gatewayToken-openclaw";
  const other = "1".repeat(64);
  await pulumi(["config", "set", "--stack", "standby", "--secret", key], other);
  await pulumi(["config", "rm", "--stack", "standby", originKey]);
  const before = await configuration("standby");
  const { code, stdout, stderr } = await secrets();
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain(`${key}: has one value in prod, another in standby`);
  expect(stderr).not.toContain(other);
  expect(await configuration("standby")).toEqual(before);
});
