/** What an earlier version has left behind is recorded once: a second time would put the present in its place. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repoDir } from "../../lab/lib/paths";
import { makeFolder } from "../../lab/rehearsal/record-state";

test("a version's folder is made once, and refused when it is there", () => {
  const root = mkdtempSync(join(tmpdir(), "clawkeep-recorded-"));
  try {
    const folder = join(root, "recorded", "9.9.9");
    makeFolder(folder, "9.9.9");
    expect(() => makeFolder(folder, "9.9.9")).toThrow(/the state of 9\.9\.9 is recorded.*next version into/);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("0.1.0, from which the rehearsal upgrades, is one of those", () => {
  expect(() => makeFolder(join(repoDir, "tests", "recorded", "0.1.0"), "0.1.0")).toThrow(/is there/);
});
