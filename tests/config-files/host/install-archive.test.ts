/** install-archive run for real, in a directory of its own. */
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostTools, scriptNames } from "../../../config-files/host/tools";
import { prod, rawConfiguration } from "../../fixtures/stack-configuration";
import { commands, opened, programRun, recordGraphs } from "../../components/graph";

const bin = join(__dirname, "..", "..", "..", "config-files", "host", "bin");
const graphs = recordGraphs({ prod: programRun(rawConfiguration(prod)) });
const scripts = scriptNames();
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "clawkeep-archive-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const install = (input: string, ...words: string[]) =>
  spawnSync("bash", ["-s", "--", directory, ...words], { input, encoding: "utf8" });
const there = (): string[] => readdirSync(directory).sort();

it("leaves the scripts of an earlier release in a directory that is not its own", () => {
  writeFileSync(join(directory, "gone-since"), "");
  const { status, stderr } = install(hostTools());
  expect([status, stderr]).toEqual([0, ""]);
  expect(there()).toEqual([...scripts, "gone-since"].sort());
});

it("removes them where the directory is its own, whatever they are called, and follows no link", () => {
  const outside = mkdtempSync(join(tmpdir(), "clawkeep-outside-"));
  writeFileSync(join(outside, "kept"), "");
  for (const name of ["gone-since", "-rf", "with space", "two\nlines", ".hidden", "put"])
    writeFileSync(join(directory, name), "");
  mkdirSync(join(directory, "folder"));
  writeFileSync(join(directory, "folder", "put-file"), "");
  symlinkSync(outside, join(directory, "link"));
  const { status, stderr, stdout } = install(hostTools(), "only");
  expect([status, stderr]).toEqual([0, ""]);
  expect(there().filter((name) => name !== "folder")).toEqual(scripts);
  expect([readdirSync(join(directory, "folder")), readdirSync(outside)]).toEqual([[], ["kept"]]);
  expect(stdout.trim().split("\n").sort()).toEqual(scripts);
  expect(readFileSync(join(directory, "put-file"), "utf8")).toBe(readFileSync(join(bin, "put-file"), "utf8"));
  rmSync(outside, { recursive: true });
});

it("removes nothing when the archive is cut short, or the word is another", () => {
  writeFileSync(join(directory, "gone-since"), "");
  expect(install(hostTools().slice(0, 5000), "only").status).not.toBe(0);
  expect(there()).toContain("gone-since");
  expect(install(hostTools(), "onyl")).toMatchObject({ status: 2, stdout: "" });
  expect(there()).toContain("gone-since");
});

it("the scripts' directory is the archive's own; the units' is not", () => {
  const installing = commands(graphs.prod)
    .map(({ inputs }) => String(opened(inputs["create"])))
    .filter((create) => /^bash -s -- \/opt\/openclaw\/bin\b|install-archive/.test(create));
  expect(installing.map((create) => create.split(" && ")[0]).sort()).toEqual([
    "/opt/openclaw/bin/install-archive /etc/systemd/system",
    "/opt/openclaw/bin/install-archive /etc/systemd/system",
    "bash -s -- /opt/openclaw/bin only",
  ]);
});
