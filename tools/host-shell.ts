/** A stack's host over SSH: the key that the stack's outputs name, the identity that the agent holds, one login. */
import { spawn } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { sshClientOptions } from "../config-files/ssh/client-options";

/** Runs a bash script as root on the host and returns what it printed. */
export type Shell = (script: string, args?: readonly string[], input?: string) => Promise<string>;

/** Runs a bash script as root on the host and writes what it prints, packed by gzip, unpacked to a file. */
export type Download = (script: string, args: readonly string[], file: string) => Promise<void>;

/** Where a stack's host is; the outputs `sshCommand` and `sshHostKey`. */
export interface SshTarget {
  readonly address: string;
  readonly port: number;
  readonly hostKey: string;
}

/** Seconds that a script has on the host, unless `withHost` is told otherwise, and a download. */
const scriptSeconds = 300;
const downloadSeconds = 3600;

/** No list of a host's packages, and nothing else that is asked, is longer. */
const maxBytes = 64 * 1024 * 1024;

/** @throws Error where the outputs are not those of a deployed stack */
export function sshTarget(stack: string, outputs: Readonly<Record<string, unknown>>): SshTarget {
  const [, port, address] = /^ssh -p (\d+) root@([0-9a-zA-Z.:-]+)$/.exec(String(outputs["sshCommand"])) ?? [];
  const [hostKey] =
    /^(?:ssh-ed25519|ecdsa-sha2-nistp256) [A-Za-z0-9+/=]+/.exec(String(outputs["sshHostKey"])) ?? [];
  if (port === undefined || address === undefined || hostKey === undefined) {
    throw new Error(
      `stack ${stack} has no outputs sshCommand and sshHostKey: is it deployed? pulumi up --stack ${stack}`,
    );
  }
  return { address, port: Number(port), hostKey };
}

/**
 * Opens one connection for `work`, and closes it. The user's own known hosts play no part.
 * @param seconds what a script has on the host: a container that root looks into may be a hostile one
 */
export async function withHost<T>(
  target: SshTarget,
  work: (shell: Shell, download: Download) => Promise<T>,
  seconds = scriptSeconds,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "clawkeep-ssh-"));
  const options = [
    "LogLevel=ERROR",
    // One login for all questions: the host limits how many there may be in a minute.
    "ControlMaster=auto",
    `ControlPath=${join(directory, "c")}`,
    "ControlPersist=60",
  ].flatMap((option) => ["-o", option]);
  const connection = [
    ...sshClientOptions(target.hostKey),
    ...options,
    ...["-p", String(target.port), `root@${target.address}`],
  ];
  const shown = `ssh -p ${target.port} root@${target.address}`;
  // ssh hands one string to the login shell, so every word is quoted for it.
  const words = (script: string, args: readonly string[], limit = seconds): string[] => [
    ...connection,
    ["timeout", "--kill-after=5", `${limit}`, "bash", "-c", script, "clawkeep", ...args].map(quote).join(" "),
  ];
  const shell: Shell = async (script, args = [], input = "") => {
    const begin = Date.now();
    try {
      return await execute("ssh", words(script, args), input, shown);
    } catch (error) {
      // By the clock: a script that had to be killed ends ssh with 255, as a connection that broke does.
      if (Date.now() - begin < seconds * 1000) throw error;
      throw new Error(`${shown}: no end within ${seconds} s, so it was ended`);
    }
  };
  try {
    return await work(shell, (script, args, file) =>
      unpack("ssh", words(script, args, downloadSeconds), file, shown),
    );
  } finally {
    await execute("ssh", ["-O", "exit", ...connection], "", "ssh").catch(() => undefined);
    rmSync(directory, { recursive: true });
  }
}

/** One word for a shell, as it is. */
export const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** Runs a command and unpacks what it prints into a file. @throws Error where either goes wrong */
async function unpack(command: string, args: readonly string[], file: string, shown: string): Promise<void> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: process.env });
  let complaints = "";
  child.stderr.on("data", (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-2000)));
  const ended = new Promise<void>((resolve, reject) => {
    child.on("error", (error) => reject(new Error(`${shown} cannot be run: ${error.message}`)));
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${shown} failed (${code ?? "ended"}): ${complaints.trim() || "no message"}`));
    });
  });
  const written = pipeline(child.stdout, createGunzip(), createWriteStream(file, { mode: 0o600 }));
  const [end, stream] = await Promise.allSettled([ended, written]);
  // A full disk ends the command too; a command that ended only leaves too little to unpack.
  const full =
    stream.status === "rejected" && !String((stream.reason as { code?: unknown }).code).startsWith("Z_");
  for (const result of full ? [stream, end] : [end, stream])
    if (result.status === "rejected") throw result.reason;
}

/**
 * @param shown the command for errors, without the script
 * @param environment default: this process's
 */
export async function execute(
  command: string,
  args: readonly string[],
  input: string,
  shown: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env: environment });
    const chunks: Buffer[] = [];
    let [length, complaints] = [0, ""];
    child.stdout.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxBytes) child.kill();
      else chunks.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-2000)));
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    child.on("error", (error) => reject(new Error(`${shown} cannot be run: ${error.message}`)));
    child.on("close", (code) => {
      if (code === 0) return resolve(Buffer.concat(chunks).toString("utf8"));
      const why = length > maxBytes ? `printed more than ${maxBytes} bytes` : complaints.trim();
      reject(new Error(`${shown} failed (${code ?? "ended"}): ${why || "no message"}`));
    });
  });
}
