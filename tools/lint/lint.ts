/**
 * `make lint`, behind types, eslint and format: linters for Python, shell, Dockerfiles and Go, side by side.
 *
 *     tsx tools/lint/lint.ts [CHECKOUT]
 *
 * What this machine does not have is named and left out, so that a machine without a network can still work; where CI is
 * true it counts as a failure, as a test that is skipped does.
 */
import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { checksOf, wordsOf, type Check } from "./checks";
import { pythonTools } from "./python-tools";

const root = resolve(process.argv[2] ?? join(__dirname, "..", ".."));

interface Outcome {
  readonly check: Check;
  readonly result: "clean" | "found" | "missing";
  readonly output: string;
}

function run(check: Check): Promise<Outcome> {
  const options = {
    cwd: join(root, check.folder ?? "."),
    env: { ...process.env, ...check.env },
    maxBuffer: 64 * 1024 * 1024,
  };
  let program = check.program;
  try {
    program = check.build?.() ?? program;
  } catch (error) {
    return Promise.resolve({ check, result: "missing", output: (error as Error).message });
  }
  return new Promise((finish) => {
    execFile(program, wordsOf(check), options, (error, stdout, stderr) => {
      const output = (stdout + stderr).trim() || (error?.message ?? "");
      const missing = error?.code === "ENOENT" || check.lacks?.test(output) === true;
      const clean = error === null && (check.saysAndPasses !== true || output === "");
      finish({ check, output, result: missing ? "missing" : clean ? "clean" : "found" });
    });
  });
}

async function main(): Promise<void> {
  const tools = pythonTools();
  const strict = /^(true|1)$/.test(process.env["CI"] ?? "");
  const checks = checksOf(root, "bin" in tools ? tools.bin : undefined, strict);
  const outcomes = await Promise.all(checks.map(run));
  const of = (wanted: Outcome["result"]): Outcome[] => outcomes.filter(({ result }) => result === wanted);
  for (const { check, output } of of("found")) console.error(`${check.name}:\n${output}\n`);
  if ("problem" in tools) console.error(`lint: nothing comes from PyPI: ${tools.problem}`);
  for (const { check } of of("missing"))
    console.error(`lint: ${check.name} HAS NOT LOOKED, it is not here. It needs ${check.remedy}`);
  if (of("found").length > 0 || (strict && of("missing").length > 0)) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
