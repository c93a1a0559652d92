/** What the proof of a gateway's tools makes of a failure: the gateway's own making, which proves nothing, or another's. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

jest.setTimeout(60_000);
const script = join(__dirname, "..", "..", "..", "config-files", "host", "bin", "prove-sandbox.mjs");
const token = "0123456789abcdef";
const limits = {
  readOnlyRoot: true,
  capDrop: ["ALL"],
  pidsLimit: 128,
  memory: "1g",
  memorySwap: "1g",
  cpus: 1,
};
const sandbox = { containerPrefix: "gw.", image: "sandbox:1", network: "none", user: "59100:59100" };
let directory: string;
let workspaces: string;
let filter: Server | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "clawkeep-prove-"));
  workspaces = join(directory, "workspaces");
  mkdirSync(workspaces);
  const docker = { ...sandbox, ...limits, tmpfs: ["/tmp"] };
  const configuration = { agents: { defaults: { sandbox: { docker } } } };
  writeFileSync(join(directory, "openclaw.json"), JSON.stringify(configuration));
});
afterEach(() => {
  filter?.close();
  filter = undefined;
  rmSync(directory, { recursive: true, force: true });
});

/**
 * Runs it with a client that does this in shell, where $1 is its first word and $dir the proof's workspace.
 *
 * @param before what is done in its process first, by Node
 */
function prove(client: string, before = ""): Promise<{ code: number; said: string; calls: string[] }> {
  const fake = `#!/bin/sh
echo "$*" >>${directory}/calls
dir=$(ls -d ${workspaces}/clawkeep-proof-* 2>/dev/null)
${client}
[ "$1" != exec ] || echo proven
`;
  writeFileSync(join(directory, "docker"), fake, { mode: 0o755 });
  writeFileSync(join(directory, "before.mjs"), before);
  writeFileSync(join(directory, "calls"), "");
  const env = {
    PATH: [directory, process.env["PATH"]].join(delimiter),
    DOCKER_HOST: `unix://${join(directory, "filter")}`,
    OPENCLAW_CONFIG_PATH: join(directory, "openclaw.json"),
  };
  const words = ["--import", join(directory, "before.mjs"), script, workspaces, token];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, words, { env }, (_, __, said) => {
      const calls = readFileSync(join(directory, "calls"), "utf8").trim().split("\n");
      resolve({ code: child.exitCode ?? -1, said, calls });
    });
  });
}
const left = (): string[] => readdirSync(workspaces).filter((each) => each.startsWith("clawkeep-proof-"));
const failing = (step: string, deed: string, words: string): string =>
  `if [ "$1" = ${step} ]; then ${deed}; echo '${words}' >&2; exit 1; fi`;

test("one that works is proven, and leaves nothing", async () => {
  const { code, said, calls } = await prove("");
  expect([code, said]).toEqual([0, ""]);
  expect(calls.map((call) => call.split(" ")[0])).toEqual(["create", "start", "exec", "rm"]);
  expect(calls[0]).toContain(`--name gw.proof-${token} `);
  expect(left()).toEqual([]);
});

test("neither name can be taken before: that of the directory, which the gateway sees, says nothing of the sandbox's", async () => {
  writeFileSync(join(workspaces, "clawkeep-proof"), "in the way");
  const names: (string | undefined)[] = [];
  for (let n = 0; n < 2; n++)
    names.push(/ ([^ ]*clawkeep-proof-[0-9a-f]{16}):/.exec((await prove("")).calls[0] ?? "")?.[1]);
  expect(names[0]).toBeDefined();
  expect(names[0]).not.toBe(names[1]);
  expect(names.join()).not.toContain(token);
});

/** As the kernel ends what a full or closed directory is asked for. */
const mkdirEnds = (errno: string): string => `import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
fs.mkdirSync = () => { throw Object.assign(new Error("${errno}: mkdir"), { code: "${errno}" }); };
syncBuiltinESMExports();`;

test.each([
  ["ENOSPC", 3],
  ["EDQUOT", 3],
  ["EACCES", 3],
  ["EROFS", 1],
  ["EIO", 1],
  ["ENOENT", 1],
])("workspaces that take no directory: %s ends with %i", async (errno, code) => {
  const ended = await prove("", mkdirEnds(errno));
  expect([ended.code, ended.said]).toEqual([code, `there is no workspace for a sandbox: ${errno}: mkdir\n`]);
});

test.each([
  ["is removed before the sandbox is made", failing("create", "rmdir $dir", "bind sources must exist")],
  ["becomes a link", failing("create", "rmdir $dir; ln -s / $dir", "bind sources must be directories")],
  ["is made anew", failing("start", "rmdir $dir; mkdir $dir", "no such file or directory")],
  ["is closed", failing("exec", "chmod 0 $dir", "permission denied")],
  ["gets what a shell reads at its start", failing("exec", "echo 'exit 1' >$dir/.profile", "exit 1")],
  ["has that for a moment", failing("exec", "echo >$dir/.profile; rm $dir/.profile", "exit 1")],
  ["makes the shell say something else", '[ "$1" != exec ] || { touch $dir/.profile; echo other; exit 0; }'],
])("a workspace that %s while it runs proves nothing", async (_, client) => {
  const { code, said } = await prove(client);
  expect([code, said]).toEqual([3, expect.stringMatching(/^a sandbox /)]);
});

test.each([
  [
    "the filter refuses the client's words",
    failing("create", ":", "body.HostConfig.Privileged: must be false"),
  ],
  ["there is no image", failing("create", ":", "No such image: sha256:ab")],
  ["there is no filter", failing("create", ":", "Cannot connect to the Docker daemon")],
  ["the command fails", failing("exec", ":", "OCI runtime exec failed")],
  ["the sandbox answers something else", '[ "$1" != exec ] || { echo other; exit 0; }'],
  ["the sandbox is not removed", failing("rm", ":", "the engine says no")],
])("where %s, the tools do not work", async (_, client) => {
  expect((await prove(client)).code).toBe(1);
});

test("a gateway that has as many sandboxes as it may proves nothing", async () => {
  expect((await prove(failing("create", ":", "this gateway already has 3 sandboxes; remove one"))).code).toBe(
    3,
  );
});

/** Its patience is a minute. */
const impatient = `import child from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
const spawnSync = child.spawnSync;
child.spawnSync = (program, words, options) => spawnSync(program, words, { ...options, timeout: 300 });
syncBuiltinESMExports();`;

test.each([
  ["answers", 200, 3],
  ["says that the engine is away", 502, 1],
  ["is away", 0, 1],
])("a call that takes too long, where the filter %s", async (_, status, code) => {
  if (status > 0) {
    filter = createServer((__, response) => void response.writeHead(status).end());
    await new Promise<void>((listening) => filter?.listen(join(directory, "filter"), listening));
  }
  expect((await prove('[ "$1" != start ] || exec sleep 20', impatient)).code).toBe(code);
});
