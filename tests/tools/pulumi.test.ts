/** Tools ask pulumi in one way: plainly, secrets by standard input, and in the same words where it fails. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askPulumi, tryPulumi } from "../../tools/pulumi";

const root = join(__dirname, "..", "..");
const path = process.env["PATH"];
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "clawkeep-pulumi-"));
  process.env["PATH"] = `${directory}:/usr/bin:/bin`;
});
afterEach(() => {
  process.env["PATH"] = path;
  rmSync(directory, { recursive: true });
});

function pulumi(text: string): void {
  writeFileSync(join(directory, "pulumi"), `#!/bin/sh\n${text}\n`);
  chmodSync(join(directory, "pulumi"), 0o755);
}

it("asks nothing back, and hands on what comes in", () => {
  pulumi('echo "$*"; cat');
  expect(askPulumi(["config", "set", "--secret", "key"], "value\n")).toBe(
    "--non-interactive --color never config set --secret key\nvalue\n",
  );
});

it("what fails names the command and has pulumi's own words, wherever it said them", () => {
  pulumi("echo 'error: no stack named prod' >&2; exit 255");
  const failing = () => askPulumi(["stack", "export", "--stack", "prod"]);
  expect(failing).toThrow("pulumi stack export --stack prod failed: error: no stack named prod");
  pulumi("echo 'said here'; exit 1");
  expect(failing).toThrow("failed: said here");
  expect(tryPulumi([])).toEqual({ code: 1, stdout: "said here\n", stderr: "" });
});

it("where there is none, it is told how one is had", () => {
  process.env["PATH"] = directory;
  expect(() => tryPulumi([])).toThrow(/^pulumi cannot be run \(.*ENOENT\): install it, or \. \.lab\/env/);
});

it("nothing else in tools/ runs it to ask", () => {
  const files = readdirSync(join(root, "tools"), { recursive: true, encoding: "utf8" });
  const asking = files.filter(
    (file) =>
      file.endsWith(".ts") && readFileSync(join(root, "tools", file), "utf8").includes('spawnSync("pulumi"'),
  );
  expect(asking).toEqual(["pulumi.ts"]);
});
