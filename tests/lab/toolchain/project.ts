/** A throw-away Pulumi project with a local state, run by the lab's toolchain. */
import { execFile, execFileSync, spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

const root = path.join(__dirname, "..", "..", "..");
const lab = process.env["CLAWKEEP_LAB"] ?? path.join(root, ".lab");

/** How a run of `pulumi` ended; a failure is a result here, not an exception. */
export interface Result {
  readonly code: number;
  /** stdout and stderr, in that order. */
  readonly text: string;
  readonly stdout: string;
}

/** One resource as the state file holds it. */
export interface StateResource {
  readonly urn: string;
  readonly id?: string;
  readonly inputs?: Record<string, unknown>;
  readonly outputs?: Record<string, unknown>;
}

/** Builds the toolchain unless it is there already. Cold this takes minutes: give `beforeAll` the time. */
export function ensureToolchain(): void {
  execFileSync(path.join(root, "lab/toolchain/build.sh"), { stdio: ["ignore", "ignore", "inherit"] });
}

/** The time that `beforeAll` needs where the toolchain is not built yet, in milliseconds. */
export const toolchainTimeout = 30 * 60_000;

const withToolchain = 'set -eu; . "$1"; shift; exec "$@"';

export class Project {
  readonly dir = fs.mkdtempSync(path.join(os.tmpdir(), "clawkeep-toolchain-"));

  /** `variables` are added to the environment of every run. */
  constructor(private readonly variables: Record<string, string> = {}) {
    fs.mkdirSync(path.join(this.dir, "state"));
    fs.symlinkSync(path.join(root, "node_modules"), path.join(this.dir, "node_modules"));
    // Plain JavaScript: the tests are about plugins, and the TypeScript loader costs seconds a run.
    this.write("Pulumi.yaml", "name: test\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n");
    this.write("package.json", '{"name": "test", "private": true, "main": "index.js"}\n');
    this.write("index.js", "");
  }

  write(name: string, text: string): string {
    const file = path.join(this.dir, name);
    fs.writeFileSync(file, text);
    return file;
  }

  /** Sets the program: statements with `pulumi` and the five packages in scope. */
  program(statements: string): void {
    const packages = ["pulumi", "command", "cloudflare", "docker", "hcloud", "random"];
    const loaded = packages.filter((name) => name === "pulumi" || statements.includes(`${name}.`));
    const imports = loaded.map((name) => `const ${name} = require("@pulumi/${name}");\n`).join("");
    this.write("index.js", `"use strict";\n${imports}${statements}\n`);
  }

  private environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      ...this.variables,
      PULUMI_BACKEND_URL: `file://${path.join(this.dir, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_STACK: "test",
      NO_COLOR: "1",
    };
  }

  pulumi = (...args: string[]): Promise<Result> =>
    this.run("pulumi", "--non-interactive", "--color", "never", ...args);

  /** A program with the toolchain on its PATH, in the project. */
  run(...words: string[]): Promise<Result> {
    return new Promise((resolve) => {
      execFile(
        "bash",
        ["-c", withToolchain, "bash", path.join(lab, "toolchain.env"), ...words],
        { cwd: this.dir, env: this.environment(), maxBuffer: 64 << 20 },
        (error, stdout, stderr) => {
          const code = error ? (typeof error.code === "number" ? error.code : 1) : 0;
          resolve({ code, text: stdout + stderr, stdout });
        },
      );
    });
  }

  /** Begins `pulumi` and does not wait: the leader of a group of processes, to be killed with all that it starts. */
  begin(...args: string[]): ChildProcess {
    const words = ["pulumi", "--non-interactive", "--color", "never", ...args];
    return spawn("bash", ["-c", withToolchain, "bash", path.join(lab, "toolchain.env"), ...words], {
      ...{ cwd: this.dir, env: this.environment(), detached: true, stdio: "ignore" },
    });
  }

  async init(): Promise<void> {
    await this.expect("stack", "init", "test");
  }

  /** Runs what must succeed. */
  async expect(...args: string[]): Promise<Result> {
    const result = await this.pulumi(...args);
    if (result.code !== 0)
      throw new Error(`pulumi ${args.join(" ")} ended with ${result.code}:\n${result.text}`);
    return result;
  }

  async up(...args: string[]): Promise<Result> {
    return this.expect("up", "--yes", "--skip-preview", ...args);
  }

  /** The steps that a preview plans: `op` by resource name. */
  async plan(...args: string[]): Promise<Map<string, string>> {
    const { stdout } = await this.expect("preview", "--json", ...args);
    const { steps } = JSON.parse(stdout) as { steps: { op: string; urn: string }[] };
    return new Map(steps.map((step) => [step.urn.split("::").at(-1) ?? "", step.op]));
  }

  async outputs(): Promise<Record<string, unknown>> {
    const { stdout } = await this.expect("stack", "output", "--json", "--show-secrets", "--stack", "test");
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  /** A resource from the state, with secrets as they are stored, or undefined if it is not there. */
  async state(name: string): Promise<StateResource | undefined> {
    const { stdout } = await this.expect("stack", "export", "--stack", "test");
    const { deployment } = JSON.parse(stdout) as { deployment: { resources?: StateResource[] } };
    return deployment.resources?.find((resource) => resource.urn.endsWith(`::${name}`));
  }

  remove(): void {
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Whether a value of the state is stored encrypted. */
export function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && "ciphertext" in value;
}
