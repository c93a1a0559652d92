/**
 * The first changes that CONTRIBUTING shows: with each, the compiler accepts the checkout, its format is right, and the fast
 * tests hold that name a container, a setting, an image or a release line. That they apply is a fast test's.
 */
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attempt, run } from "../../lab/lib/exec";
import { repoDir } from "../../lab/lib/paths";
import { copyCheckout } from "../../lab/testing/controls/checkout";

// The compiler looks at everything, and then some thousand tests run, on a core that others use too.
jest.setTimeout(10 * 60_000);

/** Fast tests that a change of a table can break, as Jest's patterns of paths. */
const touched = [
  ...[
    "tests/components",
    "tests/config/",
    "tests/config-files/(backups|gateway|reverse-proxy)",
    "tests/docs",
  ],
  ...[
    "tests/config-files/host/(firewall|host-shares)",
    "tests/config-files/(relay/deployment|socket-proxy/names)",
  ],
  ...["tests/lab/image-settings", "tests/lab/load", "tests/lab/testing/controls"],
  ...["tests/policy", "tests/tools/(first-deployment|lint/sizes|pins|verify)"],
];

const folder = join(repoDir, "docs", "contributing");
let copy = "";
beforeEach(async () => {
  copy = mkdtempSync(join(tmpdir(), "clawkeep-newcomer-"));
  await copyCheckout(copy);
  await run("git", ["init", "--quiet", copy]);
});
afterEach(() => rmSync(copy, { recursive: true, force: true }));

/** What a program of the packages says of the copy; nothing where it is content. */
const complaint = async (program: string, ...words: string[]): Promise<string> => {
  const { code, stdout, stderr } = await attempt(join(repoDir, "node_modules", ".bin", program), words, {
    cwd: copy,
  });
  return code === 0 ? "" : `${code}\n${stdout}\n${stderr}`.slice(-8000);
};
const compiled = () => complaint("tsc", "--noEmit", "--project", copy);

test.each(readdirSync(folder).filter((name) => name.endsWith(".patch")))("with %s", async (patch) => {
  await run("git", ["add", "--all"], { cwd: copy });
  await run("git", ["apply", join(folder, patch)], { cwd: copy });
  const names = await run("git", ["ls-files", "--modified", "--others", "--exclude-standard"], { cwd: copy });
  const files = names.split("\n").filter((name) => /\.(ts|mjs|json|md)$/.test(name));
  expect(files.length).toBeGreaterThan(3);
  expect(await complaint("prettier", "--check", ...files)).toBe("");
  // What is generated is no part of a patch.
  expect(await complaint("tsx", "tools/write-stack-schema.ts")).toBe("");
  expect(await compiled()).toBe("");
  expect(await complaint("jest", "--selectProjects", "fast", "--maxWorkers=2", "--silent", ...touched)).toBe(
    "",
  );
});

test("what it does not accept is seen", async () => {
  rmSync(join(copy, "components", "component.ts"));
  symlinkSync("/nonexistent", join(copy, "components", "component.ts"));
  expect(await compiled()).toMatch(/TS\d{4}/);
});
