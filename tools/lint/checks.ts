/** Each linter besides eslint and prettier: what it looks at, how it is called, and what a machine needs for it. */
import { basename, dirname, join } from "node:path";
import { goProgram, goProgramFolder, type GoProgram } from "../go-program";
import { filesByLanguage } from "./files";

export interface Check {
  readonly name: string;
  readonly program: string;
  /** It is built first where it is not here yet; the program's path. @throws Error where it cannot be */
  readonly build?: () => string;
  readonly args: readonly string[];
  /** What it looks at, below the checkout; where there is none it is left out. */
  readonly files: readonly string[];
  /** Folder below the checkout that it runs in, and that its files' names are below; absent: the checkout. */
  readonly folder?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** True: it says what it finds, and ends with 0 all the same. */
  readonly saysAndPasses?: true;
  /** True: it finds its files itself. */
  readonly findsFiles?: true;
  /** In its output: this machine lacks what it needs, which is no finding. */
  readonly lacks?: RegExp;
  /** What to do where the program, or what it needs, is not there. */
  readonly remedy: string;
}

/** Texts that a shell reads on standard input, or is given as its command: no first line says which shell. */
const handedTo: Readonly<Record<string, string>> = {
  "config-files/host/shut-down-server.sh": "sh",
  "lab/vps/seal.sh": "bash",
};
/** Its checks are a release's own: what it finds changes with its version alone. */
const staticcheckVersion = "0.8.2";
export const staticcheck: GoProgram = {
  name: "staticcheck",
  module: "honnef.co/go/tools/cmd/staticcheck",
  version: staticcheckVersion,
  buildSeconds: 300,
};
const fromPyPI = "PyPI, once: a network";

/**
 * The checks that have something to look at.
 * @param bin programs of PyPI's linters; undefined: they are not here
 * @param strict true where all of them have to run
 */
export function checksOf(root: string, bin: string | undefined, strict: boolean): Check[] {
  const files = filesByLanguage(root);
  const own = (name: string): string => join(bin ?? "/nonexistent", name);
  const setting = (name: string): string =>
    `--config${name === "mypy.ini" ? "-file" : ""}=${join(__dirname, name)}`;
  const shellcheck = (name: string, words: readonly string[], wanted: readonly string[]): Check => ({
    name,
    program: "shellcheck",
    args: ["-x", "--format=gcc", ...words],
    files: wanted,
    remedy: "apt-get install shellcheck",
  });
  // Apart: modules that import each other, and scripts of which each is a program of its own.
  const mypy = (name: string, folder: string): Check => ({
    name,
    program: own("python"),
    // Nothing of its own may lie beside the scripts.
    args: [
      "-m",
      "mypy",
      "--no-error-summary",
      setting("mypy.ini"),
      // Each its own: they run side by side, and one reads what another is just writing.
      `--cache-dir=${join(root, "node_modules/.cache/mypy", folder)}`,
    ],
    files: files.python.filter((file) => dirname(file) === folder),
    folder,
    remedy: fromPyPI,
  });
  // As the toolchain is built, so that what was compiled for it is not compiled again. The other modules are a page each
  // around somebody else's provider.
  const goFlags = '-mod=readonly -trimpath -tags=none "-gcflags=all=-l -dwarf=false"';
  const ownGo = {
    files: files.go.filter((file) => file.startsWith("lab/toolchain/stand-ins/")),
    folder: "lab/toolchain/stand-ins",
    findsFiles: true,
    // Nothing is downloaded for it where that is not what the machine is there for.
    env: { CGO_ENABLED: "0", GOFLAGS: goFlags, ...(strict ? {} : { GOPROXY: "off" }) },
    lacks: /module lookup disabled by GOPROXY=off|requires go >= /,
    remedy: "Go 1.26 or newer, and the toolchain's modules: make setup",
  } as const;
  const checks: Check[] = [
    {
      name: "ruff",
      program: own("ruff"),
      args: ["check", "--quiet", "--no-cache", "--output-format=concise", setting("settings.toml")],
      files: files.python,
      remedy: fromPyPI,
    },
    mypy("mypy of the host's scripts", "config-files/host/bin"),
    mypy("mypy of LiteLLM's modules", "config-files/litellm"),
    mypy("mypy of the tools", "tools"),
    {
      name: "hadolint",
      program: own("hadolint"),
      args: [setting("hadolint.yaml"), "--no-color"],
      files: files.dockerfile,
      remedy: fromPyPI,
    },
    shellcheck(
      "shellcheck",
      [],
      files.shell.filter((file) => !(file in handedTo)),
    ),
    ...["sh", "bash"].map((shell) =>
      shellcheck(
        `shellcheck of what is handed to ${shell}`,
        [`--shell=${shell}`],
        files.shell.filter((file) => handedTo[file] === shell),
      ),
    ),
    {
      name: "gofmt",
      program: "gofmt",
      args: ["-l"],
      files: files.go,
      saysAndPasses: true,
      remedy: "Go 1.26 or newer",
    },
    {
      ...ownGo,
      name: "go vet",
      program: "go",
      args: ["vet", "./..."],
    },
    {
      ...ownGo,
      name: "staticcheck",
      program: join(goProgramFolder(staticcheck), "staticcheck"),
      build: () => goProgram(staticcheck, () => undefined),
      args: ["./..."],
    },
  ];
  return checks.filter((check) => check.files.length > 0);
}

/** All words behind the program's name. */
export const wordsOf = ({ args, files, folder, findsFiles }: Check): string[] =>
  findsFiles === true
    ? [...args]
    : [...args, ...(folder === undefined ? files : files.map((file) => basename(file)))];
