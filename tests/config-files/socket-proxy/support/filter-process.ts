import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleFilter } from "../../../../config-files/socket-proxy/bundle";
import type { FilterConfiguration } from "../../../../config-files/socket-proxy/configuration";
import { http, send } from "./raw-http";

const dockerfile = join(__dirname, "../../../../config-files/socket-proxy/Dockerfile");

/** Which Node runs the filter, by path: the one that runs the tests, or for instance the image's. */
const node = process.env["CLAWKEEP_FILTER_NODE"] ?? process.execPath;

/**
 * Node's flags and the environment that the image gives it.
 *
 * @returns without the flags that this Node does not know: it may be older than the image's
 */
function readDeployed(): { flags: string[]; environment: { [name: string]: string } } {
  const text = readFileSync(dockerfile, "utf8").replaceAll("\\\n", "");
  const [, entryPoint = ""] = /^ENTRYPOINT (.*)$/m.exec(text) ?? [];
  const [, settings = ""] = /^ENV (.*)$/m.exec(text) ?? [];
  return {
    flags: (JSON.parse(entryPoint) as string[])
      .filter((word) => word.startsWith("--"))
      .filter((flag) => spawnSync(node, [flag, "--version"]).status === 0),
    environment: Object.fromEntries(
      settings.split(" ").map((setting) => setting.split("=") as [string, string]),
    ),
  };
}

const deployed = readDeployed();

/** The filter as it is deployed: the bundled file, run by Node in a process of its own. */
export class FilterProcess {
  private process: ChildProcess | undefined;
  private readonly program: string;
  private readonly file: string;
  /** Standard output of all runs. */
  output = "";

  private constructor(
    directory: string,
    private readonly configuration: FilterConfiguration,
  ) {
    this.program = join(directory, "filter.js");
    this.file = join(directory, "configuration.json");
  }

  static create(directory: string, configuration: FilterConfiguration): FilterProcess {
    const filter = new FilterProcess(directory, configuration);
    writeFileSync(filter.program, bundleFilter());
    writeFileSync(filter.file, JSON.stringify(configuration));
    return filter;
  }

  async start(): Promise<void> {
    this.process = spawn(node, [...deployed.flags, this.program, this.file], {
      env: { ...process.env, ...deployed.environment },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.process.stdout?.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    for (let attempt = 0; attempt < 200; attempt++) {
      const [answer] = existsSync(this.configuration.listen)
        ? await send(this.configuration.listen, [http("GET", "/_ping")])
        : [];
      if (answer?.status === 200) return;
      await new Promise((wake) => setTimeout(wake, 25));
    }
    throw new Error("the filter did not start within 5 s");
  }

  /** @returns exit code, or null after SIGKILL */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
    const child = this.process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null;
    const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
    child.kill(signal);
    return exited;
  }

  /** Exit code of the health probe. */
  health(): Promise<number | null> {
    return new Promise((resolve) => {
      const probe = spawn(node, [this.program, "--health", this.file], { stdio: "ignore" });
      probe.once("exit", (code) => resolve(code));
    });
  }

  get pid(): number {
    return this.process?.pid ?? 0;
  }

  /** Version of Node that runs it, and the flags of the image that it was given. */
  static runtime(): string {
    return [spawnSync(node, ["--version"]).stdout.toString().trim(), ...deployed.flags].join(" ");
  }
}
