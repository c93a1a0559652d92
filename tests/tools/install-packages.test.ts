/** node_modules are what the lock names, or nothing runs with them; tried with an npm that does what it is told. */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const tool = join(__dirname, "..", "..", "tools", "install-packages.mjs");
const hash = (letter: string): string => `sha512-${letter.repeat(86)}==`;
const [a, b, win] = ["node_modules/a", "node_modules/b", "node_modules/win"];
const locked = {
  "": {},
  [a]: { version: "1.0.0", integrity: hash("a") },
  [b]: { version: "2.0.0", integrity: hash("b") },
  [win]: { version: "3.0.0", integrity: hash("w"), optional: true, os: ["win32"] },
};
const installed = { [a]: locked[a], [b]: locked[b] };
const missing = [
  "npm error code EUSAGE",
  "npm error Missing: win@3.0.0 from lock file",
  "npm error",
  "npm error Clean install a project",
  "npm error Usage: long",
];

let checkout: string;
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), "clawkeep-packages-"));
  mkdirSync(join(checkout, "bin"));
  mkdirSync(join(checkout, "node_modules"));
  writeFileSync(join(checkout, "package-lock.json"), JSON.stringify({ packages: locked }));
});
afterEach(() => rmSync(checkout, { recursive: true }));

/** @param ci what `npm ci` says when it refuses; undefined: it does not */
function install(ci: readonly string[] | undefined, packages: object = installed) {
  writeFileSync(join(checkout, "packages.json"), JSON.stringify({ packages }));
  writeFileSync(join(checkout, "said"), (ci ?? []).join("\n"));
  const refuses = ci === undefined ? "" : 'if [ "$1" = ci ]; then cat said >&2; exit 1; fi';
  const path = join(checkout, "bin", "npm");
  writeFileSync(
    path,
    `#!/bin/sh\necho "$1" >>calls\n${refuses}\ncp packages.json node_modules/.package-lock.json\n`,
  );
  chmodSync(path, 0o755);
  const { status, stdout, stderr } = spawnSync(process.execPath, [tool], {
    cwd: checkout,
    encoding: "utf8",
    env: { ...process.env, PATH: `${join(checkout, "bin")}:${process.env["PATH"]}` },
  });
  const calls = spawnSync("cat", ["calls"], { cwd: checkout, encoding: "utf8" }).stdout.trim().split("\n");
  return { status, stdout, stderr, calls };
}

it("npm ci is enough where it succeeds", () => {
  expect(install(undefined)).toEqual({
    status: 0,
    stdout: "node_modules: by npm ci, as package-lock.json names them\n",
    stderr: "",
    calls: ["ci"],
  });
});

it("npm install takes its place where the lock lacks something, and that is said with npm's words", () => {
  const { status, stdout, stderr, calls } = install(missing);
  expect({ status, calls }).toEqual({ status: 0, calls: ["ci", "install"] });
  expect(stdout).toBe("node_modules: by npm install, as package-lock.json names them\n");
  expect(stderr).toMatch(/npm ci refuses:\n {2}npm error code EUSAGE\n {2}npm error Missing: win@3\.0\.0/);
  expect(stderr).toMatch(/npm install takes its place, because /);
  expect(stderr).not.toContain("Usage: long");
});

it.each([
  [
    "other bytes than the lock's",
    ["npm error code EINTEGRITY", "npm error sha512-x integrity checksum failed"],
  ],
  ["no network", ["npm error code ENOTFOUND"]],
  ["a version that package.json does not ask for", [...missing, "npm error Invalid: lock file's a@1.0.0"]],
])("nothing takes its place where npm ci finds %s", (_, said) => {
  // Its last line first: behind the usage nothing is read.
  const { status, stderr, calls } = install([...said.slice(-1), ...said.slice(0, -1)]);
  expect({ status, calls }).toEqual({ status: 1, calls: ["ci"] });
  expect(stderr).toContain(said[0]);
  expect(stderr).toContain("nothing takes its place");
});

it.each<[string, object, string]>([
  ["another version", { ...installed, [b]: { ...locked[b], version: "2.0.1" } }, `${b} is 2.0.1 `],
  [
    "other content",
    { ...installed, [b]: { ...locked[b], integrity: hash("x") } },
    `${b} is 2.0.0 ${hash("x")}`,
  ],
  [
    "one that is not locked",
    { ...installed, "node_modules/c": { version: "1.0.0" } },
    "node_modules/c 1.0.0 is in no",
  ],
  ["one too few", { [a]: locked[a] }, `${b} 2.0.0 is missing`],
])("%s is noticed, whoever has installed it, and the next make begins again", (_, packages, message) => {
  for (const ci of [undefined, missing]) {
    const { status, stderr } = install(ci, packages);
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(message) });
    expect(existsSync(join(checkout, "node_modules", ".package-lock.json"))).toBe(false);
  }
});

it("make clean leaves them where they are: they are no trace of the lab", () => {
  copyFileSync(join(__dirname, "..", "..", "Makefile"), join(checkout, "Makefile"));
  const kept = join(checkout, "node_modules", "kept");
  writeFileSync(kept, "");
  mkdirSync(join(checkout, ".lab"));
  expect(spawnSync("make", ["-C", checkout, "clean"]).status).toBe(0);
  expect([existsSync(kept), existsSync(join(checkout, ".lab"))]).toEqual([true, false]);
});
