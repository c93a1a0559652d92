/** restic and storages as processes of this machine, each test's in a directory of its own. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backupProgram } from "../../../lab/backups/programs";
import { freePort } from "../../../lab/lib/free-port";

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const answers = async (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => resolve((socket.destroy(), true)));
    socket.on("error", () => resolve(false));
  });

export class BackupWorld {
  readonly home = mkdtempSync(join(tmpdir(), "clawkeep-backups-"));
  private readonly servers: ChildProcess[] = [];

  private constructor(private readonly restic: string) {
    writeFileSync(join(this.home, "password"), "0".repeat(64));
  }

  static async begin(): Promise<BackupWorld> {
    return new BackupWorld(await backupProgram("restic"));
  }

  /** A directory below `home`, made. */
  folder(name: string): string {
    mkdirSync(join(this.home, name), { recursive: true });
    return join(this.home, name);
  }

  /** Starts a storage and waits for it. @param words its arguments, by its port. @returns the port */
  async serve(
    program: "rest-server" | "versitygw",
    words: (port: number) => readonly string[],
  ): Promise<number> {
    const port = await freePort();
    const server = spawn(await backupProgram(program), words(port), { stdio: "ignore", cwd: this.home });
    this.servers.push(server);
    for (let tries = 0; tries < 100; tries++) {
      if (await answers(port)) return port;
      if (server.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${program} does not listen on port ${port}`);
  }

  /** Runs restic in `home`. @param environment credentials */
  run(repository: string, words: readonly string[], environment: Record<string, string>): Outcome {
    const all = [
      ...["--repo", repository, "--password-file", join(this.home, "password")],
      ...["--cache-dir", join(this.home, "cache"), "--option", "s3.bucket-lookup=path"],
      ...words,
    ];
    const { status, stdout, stderr } = spawnSync(this.restic, all, {
      ...{ encoding: "utf8", cwd: this.home },
      env: { PATH: process.env["PATH"], HOME: this.home, ...environment },
      timeout: 300_000,
      maxBuffer: 64 << 20,
    });
    return { status, stdout, stderr };
  }

  end(): void {
    for (const server of this.servers) server.kill("SIGKILL");
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** Id of the only snapshot, or of the newest. */
export function newestSnapshot({ stdout }: Outcome): string {
  const list = JSON.parse(stdout) as { readonly id: string }[];
  const id = list.at(-1)?.id;
  if (id === undefined) throw new Error("there is no snapshot");
  return id;
}
