/** LiteLLM's modules, as far as plain Python can tell. Skipped where Python is not installed. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(__dirname, "..", "..", "..", "config-files", "litellm");
const files = readdirSync(folder);
const modules = files.filter((name) => name.endsWith(".py"));
const python = spawnSync("python3", ["--version"]).error === undefined;

(python ? it : it.skip)("a call's books are closed though nobody waits for it", () => {
  const { stdout, stderr } = spawnSync("python3", [join(__dirname, "support", "conclude.py"), folder], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({ status: 200, results: ["ok"] });
});

it.each(modules)("%s names no module that is not there", (name) => {
  const named = readFileSync(join(folder, name), "utf8").match(/\b[a-z_]+\.py\b/g) ?? [];
  expect(named.filter((other) => !files.includes(other))).toEqual([]);
});
