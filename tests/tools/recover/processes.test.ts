import { spawn, spawnSync } from "node:child_process";
import {
  awaitOrphans,
  madeLock,
  orphans,
  processesIn,
  processesOfLinux,
  worksFor,
  type Process,
} from "../../../tools/recover/processes";
import { killWithAll } from "../../clouds/kill";

const made = (pid: number, parent: number, name: string, uid = 1000): Process => ({
  ...{ pid, parent, name, uid, began: 0 },
});

const onLinux = process.platform === "linux" ? test : test.skip;

onLinux("this process is found, by its number, its parent's, and when it began", () => {
  const own = processesOfLinux().find(({ pid }) => pid === process.pid);
  expect(own).toMatchObject({ parent: process.ppid, uid: process.getuid?.() });
  const began = Date.now() - process.uptime() * 1000;
  expect(Math.abs((own?.began ?? 0) - began)).toBeLessThan(5000);
});

test("what ps prints, with names that have spaces, and without those that have ended", () => {
  const printed = `    1     0     0 Ss   Mon Nov 30 18:43:01 2026     /sbin/launchd
  628   1  501 S+   Sat Nov  7 08:03:11 2026     /opt/my tools/pulumi
  629 628  501 Z    Sat Nov  7 08:03:12 2026     (pulumi-resource-hcloud)
`;
  expect(processesIn(printed)).toEqual([
    { pid: 1, parent: 0, uid: 0, name: "launchd", began: Date.parse("Mon Nov 30 18:43:01 2026") },
    { pid: 628, parent: 1, uid: 501, name: "pulumi", began: Date.parse("Sat Nov 7 08:03:11 2026") },
  ]);
});

test("a clock that was set a little does not make another process of it", () => {
  const since = "2026-11-29T16:28:45Z";
  const at = (ms: number): Process => ({ ...made(628, 1, "pulumi"), began: Date.parse(since) + ms });
  expect([at(-9e9), at(-1), at(30_000), at(120_000)].map((each) => madeLock(each, since))).toEqual([
    ...[true, true, true, false],
  ]);
});

test("a plugin is left behind where no pulumi is above it", () => {
  const all = [
    made(1, 0, "systemd", 0),
    made(10, 1, "bash"),
    made(11, 10, "pulumi"),
    made(12, 11, "pulumi-resource-hcloud"),
    made(20, 1, "pulumi-resource-docker"),
    // Its parent is one that takes in whoever has lost the own one.
    made(30, 10, "pulumi-resource-hcloud"),
    // Can make nothing.
    made(40, 1, "pulumi-language-nodejs"),
    made(50, 1, "pulumi-resource-docker", 1001),
  ];
  const pids = (uid: number): number[] => orphans(all, uid).map(({ pid }) => pid);
  expect(pids(1000)).toEqual([20, 30]);
  expect(pids(0)).toEqual([20, 30, 50]);
});

/** One that its parent has left, called as a plugin is. */
function leftBehind(backend: string): number {
  const { stdout } = spawnSync(
    "bash",
    ["-c", "(exec -a /plugins/pulumi-resource-hcloud sleep 60) >/dev/null 2>&1 & echo $!"],
    { encoding: "utf8", env: { ...process.env, PULUMI_BACKEND_URL: backend } },
  );
  return Number(stdout);
}

onLinux("one that was left behind is waited for, named, and seen to end", async () => {
  const pid = leftBehind("s3://ours");
  const said: string[] = [];
  const ours = (one: number): boolean => worksFor(one, ["s3://ours"]) && one === pid;
  const waiting = { list: processesOfLinux, uid: process.getuid?.() ?? 0, ours, betweenMs: 20 };
  const say = (text: string): void => void said.push(text);
  try {
    await expect(awaitOrphans("prod", { ...waiting, say, seconds: 0.1 })).rejects.toThrow(
      `has not ended within 0.1 s, and may still make something: kill ${pid}, then make recover STACK=prod`,
    );
    expect(said).toEqual([expect.stringContaining(`pulumi-resource-hcloud (process ${pid}) at work`)]);
    expect(worksFor(pid, ["s3://other"])).toBe(false);
    setTimeout(() => process.kill(pid), 200);
    expect(await awaitOrphans("prod", { ...waiting, say, seconds: 20 })).toBe(true);
    expect(await awaitOrphans("prod", { ...waiting, say, seconds: 20 })).toBe(false);
  } finally {
    killWithAll(pid);
  }
});

onLinux("what a test kills is killed with whoever has left its group", async () => {
  // As Pulumi starts a plugin: the leader of a group of its own.
  const child = spawn("bash", ["-c", "set -m; sleep 61 & echo $!; wait"], { detached: true });
  const other = await new Promise<number>((resolve) =>
    child.stdout.once("data", (text: Buffer) => resolve(Number(text.toString()))),
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));
  expect(killWithAll(child.pid ?? 0)).toContain(other);
  await ended;
  await new Promise((wake) => setTimeout(wake, 100));
  expect(processesOfLinux().map(({ pid }) => pid)).not.toContain(other);
});

test("and nothing is, where there was nothing to kill", () => {
  for (const pid of [0, 1]) expect(() => killWithAll(pid)).toThrow(/nothing that a test has started/);
});
