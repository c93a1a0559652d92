import { spawn } from "node:child_process";

/** How to run a command. */
export interface RunOptions {
  readonly input?: string | Buffer;
  readonly cwd?: string;
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutSeconds?: number;
  /** Show the command's output as it comes, for steps that take minutes. */
  readonly show?: boolean;
}

/** What a command that ran to its end left behind. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that ended badly. The message names it, its exit code and the end of what it printed. */
export class CommandError extends Error {
  constructor(
    readonly command: string,
    readonly outcome: Outcome,
  ) {
    const said = (outcome.stderr.trim() || outcome.stdout.trim()).slice(-2000);
    super(`\`${command}\` ended with ${outcome.code}${said === "" ? "" : `:\n${said}`}`);
    this.name = "CommandError";
  }
}

/**
 * Runs a command and returns what it printed on stdout.
 *
 * @throws CommandError when it ends with anything but 0 or is not there at all (code 127).
 */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const outcome = await attempt(command, args, options);
  if (outcome.code !== 0) throw new CommandError(shown(command, args), outcome);
  return outcome.stdout;
}

/** Like `run`, for callers to whom a bad end is an answer. */
export async function attempt(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
      ...(options.timeoutSeconds === undefined
        ? {}
        : { timeout: options.timeoutSeconds * 1000, killSignal: "SIGKILL" as const }),
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => {
      out.push(chunk);
      if (options.show === true) process.stderr.write(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      err.push(chunk);
      if (options.show === true) process.stderr.write(chunk);
    });
    const end = (code: number, note = ""): void =>
      resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() + note });
    child.on("error", (error) => end(127, error.message));
    child.on("close", (code, signal) => end(code ?? 128, signal === null ? "" : `\nended by ${signal}`));
    // A command that does not read its input closes the pipe early; its exit code tells the story.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input);
  });
}

// The input is left out: it may hold a key.
function shown(command: string, args: readonly string[]): string {
  return [command, ...args.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : JSON.stringify(arg)))]
    .join(" ")
    .slice(0, 600);
}
