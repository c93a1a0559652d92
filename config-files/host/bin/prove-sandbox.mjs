// Makes a sandbox as OpenClaw does, by its configuration and through the filter, runs a command in it and removes it.
// Usage: node prove-sandbox.mjs WORKSPACES      (where they are, on the host and in this container alike), with
// OPENCLAW_CONFIG_PATH and DOCKER_HOST in the environment
// Runs in a throw-away container of the gateway's image, so that it is the client that OpenClaw will use, with the
// filter's socket and none of the gateway's state: nothing that a gateway has written has a say in what comes out.
// Ends with 0 where the sandbox answered, 3 where the gateway has as many as it may, 1 with what was refused otherwise.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const [workspaces] = process.argv.slice(2);
const wanted = JSON.parse(readFileSync(process.env.OPENCLAW_CONFIG_PATH, "utf8")).agents.defaults.sandbox
  .docker;
const name = `${wanted.containerPrefix}proof`;
const workspace = join(workspaces, "clawkeep-proof");
/** Seconds for one call of the client; making the first sandbox on a busy host takes a few. */
const patience = 60;

/** A limit that OpenClaw writes as one number for both, or as soft and hard. */
const ulimit = (value) => (typeof value === "object" ? `${value.soft}:${value.hard}` : `${value}`);

/** OpenClaw's own arguments: what it makes of its configuration, and in which words (its buildSandboxCreateArgs). */
const create = [
  ...["create", "--name", name, "--init"],
  ...["--label", "openclaw.sandbox=1", "--label", "openclaw.sessionKey=agent:clawkeep-proof"],
  ...["--label", `openclaw.createdAtMs=${Date.now()}`],
  ...(wanted.readOnlyRoot ? ["--read-only"] : []),
  ...wanted.tmpfs.flatMap((each) => ["--tmpfs", each]),
  ...["--network", wanted.network, "--user", wanted.user],
  ...wanted.capDrop.flatMap((each) => ["--cap-drop", each]),
  ...["--security-opt", "no-new-privileges", "--pids-limit", String(wanted.pidsLimit)],
  ...["--memory", wanted.memory, "--memory-swap", wanted.memorySwap, "--cpus", String(wanted.cpus)],
  ...Object.entries(wanted.ulimits ?? {}).flatMap(([key, value]) => ["--ulimit", `${key}=${ulimit(value)}`]),
  ...Object.entries(wanted.env ?? {}).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
  ...["--volume", `${workspace}:/workspace:z`, "--workdir", "/workspace", wanted.image, "sleep", "infinity"],
];

function docker(words, what) {
  const { status, stdout, stderr, error } = spawnSync("docker", words, {
    encoding: "utf8",
    timeout: patience * 1000,
    killSignal: "SIGKILL",
    maxBuffer: 1024 * 1024,
  });
  if (status === 0) return stdout;
  const said = (stderr ?? "").trim().slice(-2000) || error?.message || "no message";
  console.error(`a sandbox cannot be ${what}: ${said}`);
  process.exitCode = /already has \d+ sandboxes/.test(said) ? 3 : 1;
  return undefined;
}

mkdirSync(workspace, { recursive: true });
try {
  // One that a proof which was cut off has left.
  spawnSync("docker", ["rm", "--force", name], { timeout: patience * 1000, killSignal: "SIGKILL" });
  const made = docker(create, "made") !== undefined && docker(["start", name], "started") !== undefined;
  if (made) {
    const answer = docker(
      ["exec", "--interactive", name, "/bin/sh", "-lc", "echo proven"],
      "given a command",
    );
    if (answer !== undefined && answer !== "proven\n") {
      console.error(
        `a sandbox answers ${JSON.stringify(answer.slice(0, 200))} where a command prints "proven"`,
      );
      process.exitCode = 1;
    }
  }
} finally {
  docker(["rm", "--force", name], "removed");
  rmSync(workspace, { recursive: true, force: true });
}
