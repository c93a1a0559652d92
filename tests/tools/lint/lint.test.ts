/** What the linters are for is found by them; and what is not there is named. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { goProgramFolder } from "../../../tools/go-program";
import { staticcheck } from "../../../tools/lint/checks";
import { filesByLanguage, languageOf } from "../../../tools/lint/files";
import { pythonTools } from "../../../tools/lint/python-tools";
import { runsTypeScript } from "../../typescript";

const root = join(__dirname, "..", "..", "..");
const tools = pythonTools();
const installed = (program: string): boolean => spawnSync(program, ["--version"]).error === undefined;
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "clawkeep-lint-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const plant = (path: string, text: string): void => {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), text);
};
const lint = (env: NodeJS.ProcessEnv = process.env) =>
  spawnSync(process.execPath, [...runsTypeScript, join(root, "tools", "lint", "lint.ts"), directory], {
    cwd: root,
    encoding: "utf8",
    env: { ...env, CI: env["CI"] ?? "" },
  });

const python = (line: string): string =>
  `import json\nfrom typing import TypedDict\n\n\nclass Order(TypedDict):\n    root: str\n\n\ndef main(text: str) -> None:\n    order: Order = json.loads(text)\n    ${line}\n`;
const script = "config-files/host/bin/some";
const fromPyPI = "bin" in tools;

const ownGo = "lab/toolchain/stand-ins";

/** Faults of all kinds, in one checkout: what is wrong, whether who finds it is here, where, the text, what is said. */
const faults: readonly (readonly [string, boolean, string, string, RegExp])[] = [
  [
    "a missing key",
    fromPyPI,
    script,
    `#!/usr/bin/env python3\n${python('print(order["rot"])')}`,
    /some:\d+: error: TypedDict "Order" has no key "rot"/,
  ],
  [
    "a function that does not say what it takes",
    fromPyPI,
    "config-files/litellm/untyped.py",
    "def one(a):\n    return a\n",
    /untyped.py:1: error: Function is missing a type annotation/,
  ],
  [
    "what may be None",
    fromPyPI,
    "config-files/litellm/none.py",
    'def one(a: dict[str, str] | None) -> str:\n    return a["b"]\n',
    /none.py:2: error: .* is not indexable/,
  ],
  [
    "a task that nobody holds",
    fromPyPI,
    "lab/task.py",
    "import asyncio\n\n\nasync def one(work):\n    asyncio.create_task(work)\n",
    /task.py:5:5: RUF006/,
  ],
  ["a name that is not there", fromPyPI, "lab/name.py", "print(nothing)\n", /name.py:1:7: F821/],
  [
    "a relative WORKDIR",
    fromPyPI,
    "config-files/some/Dockerfile",
    "FROM debian:12\nWORKDIR here\n",
    /DL3000/,
  ],
  [
    "words that are split",
    installed("shellcheck"),
    "lab/words",
    "#!/usr/bin/env bash\nrm $1\n",
    /lab\/words:2:4: .*SC2086/,
  ],
  [
    "what sh does not have",
    installed("shellcheck"),
    "config-files/host/shut-down-server.sh",
    "[[ -n $1 ]]\n",
    /SC3010/,
  ],
  [
    "Go that gofmt would write otherwise",
    installed("gofmt"),
    "lab/some.go",
    "package  some\n",
    /gofmt:\nlab\/some\.go/,
  ],
  [
    "Go that nothing calls",
    // Built by `make lint`, which `make test-fast` begins with.
    existsSync(join(goProgramFolder(staticcheck), "staticcheck")),
    `${ownGo}/some.go`,
    "package some\n\nfunc nobodyCalls() {}\n",
    /staticcheck:\n\S*some\.go:3:6: func nobodyCalls is unused \(U1000\)/,
  ],
];

describe("a checkout with a fault of each kind", () => {
  let outcome: ReturnType<typeof lint>;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "clawkeep-lint-"));
    for (const [, , path, text] of faults) plant(path, text);
    plant(`${ownGo}/go.mod`, "module clawkeep.dev/some\n\ngo 1.26\n");
    outcome = lint();
    rmSync(directory, { recursive: true });
  });

  it.each(faults)("%s is found", (_, there, __, ___, message) => {
    // As everywhere: what is skipped is a failure where CI is true.
    if (!there) expect(process.env["CI"] ?? "").not.toMatch(/^(true|1)$/);
    else expect(outcome.stderr).toMatch(message);
    expect(outcome.status).toBe(1);
  });
});

it("leaves nothing beside the scripts", () => {
  plant(script, `#!/usr/bin/env python3\n${python('print(order["root"])')}`);
  expect(lint()).toMatchObject({ stderr: "", status: 0 });
  expect(readdirSync(join(directory, dirname(script)))).toEqual(["some"]);
});

it("what is not here is named, with what it needs, and counts where CI is true alone", () => {
  plant(script, "#!/usr/bin/env python3\nprint(nothing)\n");
  plant("lab/some.sh", "#!/bin/sh\nrm $1\n");
  const bin = join(directory, "path");
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, "node"));
  writeFileSync(
    join(bin, "python3"),
    `#!/bin/sh\n[ "$1" = --version ] && { echo Python 3.0.0; exit; }\necho no network >&2; exit 1\n`,
  );
  chmodSync(join(bin, "python3"), 0o755);
  const env = { PATH: bin, CLAWKEEP_CACHE: join(directory, "cache"), HOME: directory };
  const without = lint(env);
  expect(without.stderr.trim().split("\n")).toEqual([
    "lint: nothing comes from PyPI: no network",
    "lint: ruff HAS NOT LOOKED, it is not here. It needs PyPI, once: a network",
    "lint: mypy of the host's scripts HAS NOT LOOKED, it is not here. It needs PyPI, once: a network",
    "lint: shellcheck HAS NOT LOOKED, it is not here. It needs apt-get install shellcheck",
  ]);
  expect([without.status, lint({ ...env, CI: "true" }).status]).toEqual([0, 1]);
});

it("every file is looked at by the linter of its language", () => {
  const found = filesByLanguage(root);
  expect(found.python).toEqual(
    expect.arrayContaining(["config-files/litellm/gate.py", "config-files/host/bin/gateway-swap"]),
  );
  expect(found.shell).toEqual(
    expect.arrayContaining([".ci/run", "config-files/host/bin/install-archive", "lab/kernel/build-disk"]),
  );
  expect(found.dockerfile).toContain("config-files/sandbox/Dockerfile");
  expect(found.go).toContain("lab/toolchain/stand-ins/internal/command/ssh.go");
  expect([
    languageOf("a/b", "#!/bin/sh -e"),
    languageOf("a/b", "#!/usr/bin/node"),
    languageOf("a.sh", ""),
  ]).toEqual(["shell", undefined, "shell"]);
});
