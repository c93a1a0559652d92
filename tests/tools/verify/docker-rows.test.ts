/** Rows about Docker itself: each thing that falls short is told, by its container and process, or by its path. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dockerRows, othersThanRoot, unconfined } from "../../../tools/verify/docker";
import { verify } from "../../../tools/verify/row";
import type { DeployedStack } from "../../../tools/verify/deployed-stack";

const none = "0000000000000000";
const lowPorts = "0000000000000400";
const capable = new Set(["caddy"]);
const told = (said: string): string[] => [...unconfined(said, capable).values()];

describe("processes", () => {
  it("hold where each is nobody's root, without capabilities, with both locks", () => {
    expect(told(`redis 11 999 ${none} 1 2\ncaddy 12 1000 ${lowPorts} 1 2\n`)).toEqual([]);
  });

  it.each([
    [`redis 11 0 ${none} 1 2`, "redis, process 11: it is root"],
    [`redis 11 999 ${lowPorts} 1 2`, `redis, process 11: it has the capabilities ${lowPorts}`],
    ["caddy 12 1000 0000000000000401 1 2", "caddy, process 12: it has the capabilities 0000000000000401"],
    [`redis 11 999 ${none} 0 2`, "redis, process 11: it can gain privileges"],
    [`redis 11 999 ${none} 1 0`, "redis, process 11: no filter of system calls is in force"],
    [
      "redis 11 0 000001ffffffffff 0 0",
      "redis, process 11: it is root, it has the capabilities 000001ffffffffff, it can gain privileges, no filter of system calls is in force",
    ],
  ])("%s falls short", (line, says) => {
    expect(told(`sandbox 9 1001 ${none} 1 2\n${line}\n`)).toEqual([says]);
  });

  it("that ended while they were read are left out; none at all is no proof", () => {
    expect(told("redis 11\n")).toEqual([]);
    expect(() => told("\n")).toThrow("no process runs");
  });
});

/** The row on a host whose programs answer by these shell functions. */
async function said(row: string, functions: string): Promise<string> {
  const shell = (script: string): Promise<string> => {
    const { status, stdout, stderr } = spawnSync("bash", ["-c", `${functions}\n${script}`], {
      encoding: "utf8",
    });
    return status === 0 ? Promise.resolve(stdout) : Promise.reject(new Error(stderr));
  };
  const [result] = await verify(
    { shell } as unknown as DeployedStack,
    dockerRows([]).filter(({ name }) => name.includes(row)),
  );
  return `${result?.ok === true ? "ok" : "failed"}: ${result?.detail}`;
}

/** An engine with one container, whose processes these commands print. */
const engine = (top: string): string => `docker() { case "$1 $2" in
  "ps --quiet") echo abc ;; "inspect --format") echo /redis abc ;; "top abc") ${top} ;; esac; }
xargs() { shift; "$@"; }`;

it("the kernel is asked by each process's number, of one container after the other", async () => {
  // This test's own process is in no container, and nothing confines it.
  const open = await said("confines every process", engine(`printf 'PID\\n${process.pid}\\n'`));
  expect(open).toMatch(new RegExp(`^failed: redis, process ${process.pid}: .*it can gain privileges`));
});

it("what is gone a second later was only being started", async () => {
  const directory = mkdtempSync(join(tmpdir(), "clawkeep-verify-"));
  const once = `printf 'PID\\n'; [ -e ${directory}/seen ] || echo ${process.pid}; touch ${directory}/seen`;
  // The second look has a process as well, another one.
  const both = `${once}; [ -e ${directory}/twice ] && echo ${process.ppid}; [ ! -e ${directory}/seen ] || touch ${directory}/twice`;
  expect(await said("confines every process", engine(both))).toBe("ok: 1 processes");
  rmSync(directory, { recursive: true });
});

describe("who asks Docker", () => {
  const registries = { InsecureRegistryCIDRs: ["127.0.0.0/8", "::1/128"], IndexConfigs: {} };
  const sound = `members
registries ${JSON.stringify({ ...registries, IndexConfigs: { "docker.io": { Secure: true } } })}
file root docker 660 /run/docker.sock
file root root 711 /run/clawkeep-docker
file root root 644 /etc/docker/daemon.json`;

  it("nobody but root", () => {
    expect(othersThanRoot(`members \n${sound}`)).toEqual([]);
  });

  it.each([
    ["members alice,bob", ["alice is in the group docker", "bob is in the group docker"]],
    ["listens 0.0.0.0:2375", ["Docker listens at 0.0.0.0:2375: who reaches that has root"]],
    [
      `registries ${JSON.stringify({ ...registries, InsecureRegistryCIDRs: ["10.0.0.0/8"] })}`,
      ["the registry 10.0.0.0/8 is asked without TLS"],
    ],
    [
      `registries ${JSON.stringify({ IndexConfigs: { "mirror:5000": { Secure: false } } })}`,
      ["the registry mirror:5000 is asked without TLS"],
    ],
    [
      "file root root 666 /run/docker.sock",
      ["/run/docker.sock is root:root 666: others than root can write it"],
    ],
    [
      "file alice root 644 /etc/docker/my file",
      ["/etc/docker/my file is alice:root 644: others than root can write it"],
    ],
    ["file root staff 775 /etc/docker", ["/etc/docker is root:staff 775: others than root can write it"]],
  ])("%s", (line, says) => {
    expect(othersThanRoot(`${sound}\n${line}\n`)).toEqual(says);
  });

  it("is read from what the host's own programs print", async () => {
    const functions = `getent() { echo docker:x:105:alice; }
ss() { echo 'LISTEN 0      4096       *:2375      *:*    users:(("dockerd",pid=7,fd=3))'
  echo 'LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=9,fd=3))'; }
docker() { echo 'registries {}'; }
systemctl() { echo; }
find() { echo 'file root docker 660 /run/docker.sock'; }`;
    expect(await said("asks Docker", functions)).toBe(
      "failed: alice is in the group docker\nDocker listens at *:2375: who reaches that has root",
    );
  });

  it.each([
    ["a program is missing", "ss() { return 127; }", /failed/],
    ["the daemon says nothing", "docker() { :; }", /the host says nothing of registries/],
    ["nothing is found", "find() { :; }", /the host says nothing of file/],
  ])("%s: that is no proof", async (_, missing, because) => {
    const functions = `getent() { echo docker:x:105:; }
ss() { :; }
docker() { echo 'registries {}'; }
systemctl() { echo; }
find() { echo 'file root docker 660 /run/docker.sock'; }`;
    expect(await said("asks Docker", functions)).toMatch(/^ok/);
    expect(await said("asks Docker", `${functions}\n${missing}`)).toMatch(because);
  });
});
