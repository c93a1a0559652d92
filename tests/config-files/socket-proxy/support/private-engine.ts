import { execFile, spawn, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { http, send } from "./raw-http";

/** An engine that a {@link World} runs on. Its data lies in `engine-data-root` of the world's directory. */
export interface WorldEngine {
  readonly socket: string;
  /** The client that is used with it. @default the machine's */
  readonly client?: string;
  /** Before anything is mounted in the world's directory. */
  prepare?(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Stops the engine and removes all it stored. */
  remove(): Promise<void>;
  /** Runs the docker CLI on this engine. */
  cli(words: readonly string[], input?: string | Buffer): Promise<string>;
}

/** Waits until the engine answers. @throws Error after 30 s, with where its log is */
export async function untilItAnswers(socket: string, log: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const [answer] = existsSync(socket) ? await send(socket, [http("GET", "/_ping")]) : [];
    if (answer?.status === 200) return;
    await new Promise((wake) => setTimeout(wake, 100));
  }
  throw new Error(`dockerd did not start within 30 s; see ${log}`);
}

/**
 * The machine's own dockerd once more, in a network namespace of its own: the attacks that are proven against it (swarm,
 * prune, host mounts) reach neither the machine's engine nor its network.
 */
export class PrivateEngine implements WorldEngine {
  private process: ChildProcess | undefined;
  readonly socket: string;

  constructor(private readonly directory: string) {
    this.socket = join(directory, "engine.sock");
  }

  async start(): Promise<void> {
    const log = openSync(join(this.directory, "engine.log"), "a");
    const options = ["data-root", "exec-root", "pidfile"].map(
      (name) => `--${name}=${join(this.directory, `engine-${name}`)}`,
    );
    const command = `ip link set lo up; exec dockerd ${options.join(" ")} --host=unix://${this.socket} --log-level=warn`;
    this.process = spawn("unshare", ["--net", "sh", "-c", command], { stdio: ["ignore", log, log] });
    closeSync(log);
    await untilItAnswers(this.socket, `${this.directory}/engine.log`);
  }

  async stop(): Promise<void> {
    const process = this.process;
    if (process === undefined || process.exitCode !== null) return;
    const exited = new Promise((resolve) => process.once("exit", resolve));
    process.kill("SIGTERM");
    await exited;
  }

  async remove(): Promise<void> {
    const ids = (await this.cli(["ps", "--all", "--quiet"])).split("\n").filter(Boolean);
    if (ids.length > 0) await this.cli(["rm", "--force", ...ids]);
    await this.stop();
    for (const name of ["data-root", "exec-root"]) {
      rmSync(join(this.directory, `engine-${name}`), { recursive: true, force: true, maxRetries: 5 });
    }
  }

  cli(words: readonly string[], input?: string | Buffer): Promise<string> {
    return dockerCli(this.socket, words, input);
  }
}

/**
 * Runs the docker CLI on a socket.
 *
 * @returns its standard output, trimmed
 * @throws {Error} with its exit status as `code` and its standard error in the message
 */
export function dockerCli(
  socket: string,
  words: readonly string[],
  input: string | Buffer = "",
  client = "docker",
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      client,
      words,
      {
        env: { ...process.env, DOCKER_HOST: `unix://${socket}` },
        maxBuffer: 64 * 1024 * 1024,
        timeout: 60_000,
      },
      (error, stdout) => {
        // An error of Jest's own realm, so that its matchers know it.
        if (error !== null) reject(Object.assign(new Error(error.message), { code: error.code }));
        else resolve(stdout.trim());
      },
    );
    // A command that does not read its input is no error.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}
