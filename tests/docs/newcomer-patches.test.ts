/** The first changes that CONTRIBUTING shows: each applies to the sources as they are, and touches few files. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const root = join(__dirname, "..", "..");
const folder = "docs/contributing";
const patches = readdirSync(join(root, folder)).filter((name) => name.endsWith(".patch"));
/** What has become of the sources that a patch was made for is its writer's to look at. */
const remedy = (patch: string): string =>
  `${folder}/${patch} does not fit the sources any more. Mend the lines that it quotes: apply it by hand ` +
  `(patch -p1 <${folder}/${patch}, then what lies in *.rej), see that npx tsc --noEmit passes, write it anew with ` +
  `git add --intent-to-add . && git diff -U1 >${folder}/${patch} (without config/stack.schema.json), and take the change back`;

/** Files that a patch touches, new ones too. */
const touched = (patch: string): string[] =>
  [...readFileSync(join(root, folder, patch), "utf8").matchAll(/^diff --git a\/(\S+) b\/\1$/gm)].map(
    ([, path = ""]) => path,
  );

test("CONTRIBUTING names each", () => {
  const text = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");
  const named = [...text.matchAll(/\]\(docs\/contributing\/([^)]+)\)/g)].map(([, name]) => name);
  expect(named.sort()).toEqual(patches.sort());
  expect(named).toHaveLength(3);
});

test.each(patches)("%s touches at most five files besides tests", (patch) => {
  const files = touched(patch).filter((path) => !path.startsWith("tests/"));
  expect(files.length).toBeGreaterThan(0);
  expect(files.length).toBeLessThanOrEqual(5);
});

test.each(patches)("%s applies", (patch) => {
  // Not to the checkout itself, which may be a copy without Git: to the few files that it touches, in a repository of their own.
  const copy = mkdtempSync(join(tmpdir(), "clawkeep-patch-"));
  try {
    execFileSync("git", ["init", "--quiet", copy]);
    for (const path of touched(patch).filter((each) => existsSync(join(root, each)))) {
      mkdirSync(dirname(join(copy, path)), { recursive: true });
      cpSync(join(root, path), join(copy, path));
    }
    const apply = (...words: string[]) =>
      spawnSync("git", ["apply", ...words, join(root, folder, patch)], { cwd: copy, encoding: "utf8" });
    // Whoever tries it has it here already: it goes out, and in again.
    if (apply("--check", "--reverse").status === 0) apply("--reverse");
    const { status, stderr } = apply();
    expect(status === 0 ? "" : `${remedy(patch)}\n${stderr}`).toBe("");
    for (const path of touched(patch)) expect(existsSync(join(copy, path))).toBe(true);
  } finally {
    rmSync(copy, { recursive: true });
  }
});
