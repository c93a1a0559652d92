/** Runs the scripts that bring a kept copy up to date, on directories of their own, as whoever runs the tests. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const bin = join(__dirname, "..", "..", "..", "config-files", "host", "bin");

export interface Told {
  readonly stopped: string | null;
  readonly leftOut: readonly { readonly path: string; readonly why: string }[];
  readonly leftOutMore: number;
  readonly copied?: number;
  readonly unchanged?: number;
  readonly removed?: number;
  readonly linked?: number;
  readonly asFiles?: number;
  readonly bytes: number;
}

const limits = { seconds: 60, files: 10_000, bytes: 64 << 20, without: ["sandboxes"] };

/** A source and a copy of it, below a directory that `end` removes. */
export class Copies {
  readonly home = mkdtempSync(join(tmpdir(), "clawkeep-copies-"));
  readonly from = join(this.home, "from");
  readonly to = join(this.home, "to");

  constructor() {
    mkdirSync(this.from);
    mkdirSync(this.to);
  }

  /** Runs Python in the source. @returns what it has printed */
  python(code: string, ...args: string[]): string {
    const { status, stdout, stderr } = spawnSync("python3", ["-c", code, ...args], {
      cwd: this.from,
      encoding: "utf8",
      maxBuffer: 64 << 20,
    });
    if (status !== 0) throw new Error(stderr);
    return stdout;
  }

  /** @param changes of the limits, which are 60 s, 10,000 files and 64 MiB unless said */
  collect(changes: object = {}): Told {
    return this.run("backup-collect", changes);
  }

  databases(changes: object = {}): Told {
    return this.run("backup-database", { each: { seconds: 20, memoryMiB: 256 }, ...changes });
  }

  end(): void {
    // What Node does not remove: a path that is longer than the kernel takes at once.
    spawnSync("rm", ["-rf", this.home]);
    rmSync(this.home, { recursive: true, force: true });
  }

  private run(script: string, changes: object): Told {
    const notes = join(this.home, `${script}.json`);
    const { status, stdout, stderr } = spawnSync(
      "python3",
      ["-B", join(bin, script), this.from, this.to, notes],
      {
        encoding: "utf8",
        input: JSON.stringify({ ...limits, ...changes }),
        maxBuffer: 64 << 20,
      },
    );
    if (status !== 0) throw new Error(`${script} ended with ${String(status)}: ${stderr}`);
    return JSON.parse(stdout) as Told;
  }
}

export const hasPython = spawnSync("python3", ["--version"]).status === 0;

/** Python that is called with a folder of scripts and a home, as `bin` and `home`: `load` makes a module of a script. */
export const scriptsAsModules = `
import importlib.machinery, importlib.util, io, contextlib, json, os, sys
bin, home = sys.argv[1:]
sys.path.insert(0, bin)
sys.dont_write_bytecode = True
def load(name):
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), f"{bin}/{name}")
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module
`;
