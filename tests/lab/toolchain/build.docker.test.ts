/** The script that finds or builds the toolchain. */
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { ensureToolchain, toolchainTimeout } from "./project";

const script = path.join(__dirname, "..", "..", "..", "lab/toolchain/build.sh");
const dir = fs.mkdtempSync(path.join(os.tmpdir(), "clawkeep-build-"));

/** Runs the script with a lab folder of its own and the cache that holds the built toolchain. */
function build(variables: Record<string, string>): { status: number | null; text: string } {
  const environment = { ...process.env, CLAWKEEP_LAB: path.join(dir, "lab"), ...variables };
  const { status, stdout, stderr } = spawnSync(script, { env: environment, encoding: "utf8" });
  return { status, text: stdout + stderr };
}

/** The variables that toolchain.env leaves in a shell. */
function sourced(): Record<string, string> {
  const text = execFileSync("bash", ["-c", `. "$1" && env -0`, "bash", path.join(dir, "lab/toolchain.env")], {
    encoding: "utf8",
  });
  return Object.fromEntries(
    text.split("\0").map((line) => [line.split("=", 1)[0], line.slice(line.indexOf("=") + 1)]),
  );
}

beforeAll(() => ensureToolchain(), toolchainTimeout);
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

test("a second run builds nothing and says how to use what is there", () => {
  const { status, text } = build({ CLAWKEEP_TOOLCHAIN: "build" });
  expect(status).toBe(0);
  expect(text).not.toContain("built in");
  expect(text).toMatch(/^toolchain: ready in \d+ s \(v3\.230\.\d+\)$/m);
});

test("a pulumi that is installed with all the plugins is used as it is", () => {
  build({ CLAWKEEP_TOOLCHAIN: "build" });
  const { PATH = "", PULUMI_HOME = "" } = sourced();
  const { status, text } = build({ PATH, PULUMI_HOME, CLAWKEEP_CACHE: path.join(dir, "empty-cache") });
  expect([status, text]).toEqual([0, "toolchain: the installed pulumi and plugins serve\n"]);
  expect(fs.readFileSync(path.join(dir, "lab/toolchain.env"), "utf8")).not.toContain("PULUMI_HOME");
});

test("system refuses where a plugin is missing, and says what to do", () => {
  const { status, text } = build({ CLAWKEEP_TOOLCHAIN: "system", PULUMI_HOME: path.join(dir, "empty-home") });
  expect(status).toBe(1);
  expect(text).toContain("pulumi plugin install resource NAME VERSION");
});

test("the built pulumi says what it was built without", () => {
  build({ CLAWKEEP_TOOLCHAIN: "build" });
  const login = spawnSync("pulumi", ["login", "--non-interactive", "s3://bucket"], {
    env: { ...process.env, ...sourced(), HOME: dir },
    encoding: "utf8",
  });
  expect(login.stderr).toContain("keeps no state at s3://: see lab/toolchain/README.md");
  expect(login.status).not.toBe(0);
});

test("an unknown mode is refused", () => {
  expect(build({ CLAWKEEP_TOOLCHAIN: "maybe" })).toEqual({
    status: 2,
    text: 'toolchain: CLAWKEEP_TOOLCHAIN is "maybe"; it must be auto, system or build\n',
  });
});
