/** Runs host scripts for real, with an /opt of their own and a Docker client that only says what it is told to. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const bin = join(__dirname, "..", "..", "..", "config-files", "host", "bin");
const fakes = join(__dirname, "fakes");
const isRoot = process.getuid?.() === 0;
const namespace = [...(isRoot ? [] : ["--user", "--map-root-user"]), "--mount", "--propagation", "private"];

/** False where a mount namespace cannot be had: not root, and user namespaces are off. */
export const possible =
  spawnSync("unshare", [...namespace, "mount", "-t", "tmpfs", "none", "/opt"]).status === 0 &&
  spawnSync("python3", ["--version"]).status === 0;

/** An id that files can be given to in the namespace: only root has others than its own. */
export const otherId = isRoot ? 65534 : 0;

export interface FakeDocker {
  readonly containers: Readonly<Record<string, unknown>>;
  readonly images: Readonly<Record<string, string>>;
  /** True: takes every change and makes none. */
  readonly deaf?: boolean;
  /** True: stops no container. */
  readonly stubborn?: boolean;
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What Docker was asked, call by call. */
  readonly docker: readonly string[];
  readonly systemctl: readonly string[];
}

/**
 * Runs Bash text on a host whose /opt/openclaw holds the tools and nothing else; afterwards all of it is gone.
 * @param input standard input of the text
 */
export function onAHost(
  text: string,
  { input = "", docker = { containers: {}, images: {} } }: { input?: string; docker?: FakeDocker } = {},
): Outcome {
  const directory = mkdtempSync(join(tmpdir(), "clawkeep-host-"));
  const [dockerState, systemctlLog] = [join(directory, "docker.json"), join(directory, "systemctl")];
  writeFileSync(dockerState, JSON.stringify({ deaf: false, ...docker, calls: [] }));
  writeFileSync(systemctlLog, "");
  const prepare = `set -eu; mount -t tmpfs -o mode=0755 none /opt; mkdir -p /opt/openclaw; cp -r ${bin} /opt/openclaw/bin; PATH=${fakes}:/usr/sbin:/usr/bin:/sbin:/bin:$PATH`;
  try {
    const { status, stdout, stderr } = spawnSync(
      "unshare",
      [...namespace, "bash", "-c", `${prepare}\n${text}`],
      {
        input,
        encoding: "utf8",
        timeout: 30_000,
        env: { ...process.env, FAKE_DOCKER: dockerState, FAKE_SYSTEMCTL: systemctlLog },
      },
    );
    const { calls } = JSON.parse(readFileSync(dockerState, "utf8")) as { calls: string[] };
    const asked = readFileSync(systemctlLog, "utf8").split("\n").filter(Boolean);
    return { status, stdout, stderr, docker: calls, systemctl: asked };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
