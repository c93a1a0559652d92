/** The first changes that CONTRIBUTING shows: the compiler accepts the checkout with each. That they apply is a fast test's. */
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attempt, run } from "../../lab/lib/exec";
import { repoDir } from "../../lab/lib/paths";
import { copyCheckout } from "../../lab/testing/controls/checkout";

// The compiler looks at everything, on a core that others use too.
jest.setTimeout(10 * 60_000);

const folder = join(repoDir, "docs", "contributing");
let copy = "";
beforeEach(async () => {
  copy = mkdtempSync(join(tmpdir(), "clawkeep-newcomer-"));
  await copyCheckout(copy);
  await run("git", ["init", "--quiet", copy]);
});
afterEach(() => rmSync(copy, { recursive: true, force: true }));

/** What the compiler says of the copy. */
const compiled = async (): Promise<string> => {
  const { code, stdout } = await attempt(
    join(repoDir, "node_modules", ".bin", "tsc"),
    ["--noEmit", "--project", copy],
    { cwd: copy },
  );
  return code === 0 ? "" : `${code}\n${stdout}`;
};

test.each(readdirSync(folder).filter((name) => name.endsWith(".patch")))("with %s", async (patch) => {
  await run("git", ["apply", join(folder, patch)], { cwd: copy });
  expect(await compiled()).toBe("");
});

test("what it does not accept is seen", async () => {
  rmSync(join(copy, "components", "component.ts"));
  symlinkSync("/nonexistent", join(copy, "components", "component.ts"));
  expect(await compiled()).toMatch(/TS\d{4}/);
});
