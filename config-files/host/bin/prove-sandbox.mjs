// Makes a sandbox as OpenClaw does, by its configuration and through the filter, runs a command in it and removes it.
// Usage: node prove-sandbox.mjs WORKSPACES TOKEN      (where they are, on the host and in this container alike, and what
// the sandbox's name ends with), with OPENCLAW_CONFIG_PATH and DOCKER_HOST in the environment
// Runs in a throw-away container of the gateway's image, so that it is the client that OpenClaw will use, with a socket of
// the filter that the gateway cannot reach, and none of its state. What the two share are the workspaces.
// Ends with 0 where the sandbox answered; 3 where that failed by what the gateway does itself, so that nothing is proven;
// 1 with what was refused otherwise.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";

const [workspaces, token] = process.argv.slice(2);
const wanted = JSON.parse(readFileSync(process.env.OPENCLAW_CONFIG_PATH, "utf8")).agents.defaults.sandbox
  .docker;
// A name that the gateway does not know: it can neither have it nor remove it. Of the directory it sees the name, so that
// is another.
const name = `${wanted.containerPrefix}proof-${token}`;
const workspace = join(workspaces, `clawkeep-proof-${randomBytes(8).toString("hex")}`);
/** Seconds for one call of the client; making the first sandbox on a busy host takes a few. */
const patience = 60;
const [failed, notProven] = [1, 3];
/** How the owner of a directory keeps another one from being made in it; a disk that is broken says something else. */
const ofItsMaking = ["ENOSPC", "EDQUOT", "EMLINK", "EACCES", "EPERM", "EEXIST", "ENOTDIR", "ELOOP"];

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

/** Whether an end that failed is the gateway's making; asked when all is over. */
const doubts = [];

function end(words, isOfTheGateway) {
  console.error(words);
  doubts.push(isOfTheGateway);
}

/** Whether somebody has replaced, changed or filled the workspace since it was made. Nobody but the gateway can. */
function isTouched(made) {
  const now = lstatSync(workspace, { bigint: true, throwIfNoEntry: false });
  return now?.ino !== made.ino || now.ctimeNs !== made.ctimeNs;
}

/** Whether the filter, and the engine behind it, answer at all: then a call that took too long was kept waiting. */
function answers() {
  const socketPath = process.env.DOCKER_HOST.replace("unix://", "");
  return new Promise((resolve) => {
    request({ socketPath, path: "/_ping", headers: { host: "docker" }, timeout: 20_000 }, (response) =>
      resolve(response.resume().statusCode === 200),
    )
      .on("timeout", () => resolve(false))
      .on("error", () => resolve(false))
      .end();
  });
}

function docker(words, what, made) {
  const { status, stdout, stderr, error } = spawnSync("docker", words, {
    encoding: "utf8",
    timeout: patience * 1000,
    killSignal: "SIGKILL",
    maxBuffer: 1024 * 1024,
  });
  if (status === 0) return stdout;
  const late = error?.code === "ETIMEDOUT";
  const said = (stderr ?? "").trim().slice(-2000) || error?.message || "no message";
  const own = /already has \d+ sandboxes/.test(said) || isTouched(made);
  end(`a sandbox cannot be ${what}: ${said}`, () => own || (late && answers()));
  return undefined;
}

function prove(made) {
  if (docker(create, "made", made) === undefined) return;
  if (docker(["start", name], "started", made) !== undefined) {
    const command = ["exec", "--interactive", name, "/bin/sh", "-lc", "echo proven"];
    const answer = docker(command, "given a command", made);
    if (answer !== undefined && answer !== "proven\n") {
      const shown = JSON.stringify(answer.slice(0, 200));
      const own = isTouched(made);
      end(`a sandbox answers ${shown} where a command prints "proven"`, () => own);
    }
  }
  docker(["rm", "--force", name], "removed", made);
}

try {
  mkdirSync(workspace);
  prove(lstatSync(workspace, { bigint: true }));
} catch (error) {
  end(`there is no workspace for a sandbox: ${error.message}`, () => ofItsMaking.includes(error.code));
}
try {
  rmdirSync(workspace);
} catch {
  // What the gateway has put there is its own.
}
for (const isOfTheGateway of doubts) {
  const code = (await isOfTheGateway()) ? notProven : failed;
  process.exitCode = process.exitCode === failed ? failed : code;
}
