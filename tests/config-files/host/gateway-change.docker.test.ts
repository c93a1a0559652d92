/** A gateway that is changed, on a real engine: the new one serves, or the old one does again and says why. */
import { backups, home, name, SmallHost, unit, until, type Seen } from "./small-host";

jest.setTimeout(120_000);
const host = new SmallHost();
beforeAll(() => host.start());
afterAll(() => host.stop());
afterEach(() => {
  expect(host.together()).toEqual([]);
  host.clear();
});

/** A gateway of version 1 that serves, with something said to it. */
function serving(): Seen {
  const id = host.create({ version: 1 });
  const { status, stderr } = host.activate(id, { seconds: 20 });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  host.say("hello");
  return host.find(name) as Seen;
}
/** The one of before serves, and nothing else runs. */
function expectServing(before: Seen): void {
  expect(host.running()).toEqual([before.Id]);
  expect(host.find(name)?.Id).toBe(before.Id);
}
/** That it has not even been restarted. */
function expectUntouched(before: Seen): void {
  expectServing(before);
  expect(host.find(name)?.State.StartedAt).toBe(before.State.StartedAt);
}
const list = (pattern: string): string[] =>
  host.run(`cd ${backups} && ls -d ${pattern} 2>/dev/null || true`).split("\n").filter(Boolean);

/** A container that the filter has labelled as a sandbox of that gateway. */
const sandbox = (gateway: string): string =>
  host.run(`docker run --detach --network none --label clawkeep.gateway=${gateway} base:1 sleep 600`).trim();

test("a new version takes the place of the old one; the state of before is kept, this gateway's sandboxes are not", () => {
  const before = serving();
  const [ours, theirs] = [sandbox(name), sandbox("other")];
  const id = host.create({ version: 2 });
  const { status, stdout, stderr } = host.activate(id, { seconds: 20 });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "gateway gw is ready\n", stderr: "" });
  expect(host.find(before.Id)).toBeUndefined();
  expect(host.find(ours)).toBeUndefined();
  expect(host.running().sort()).toEqual([id, theirs].sort());
  expect(host.said()).toEqual(["1 started", "0 hello", "2 started"]);
  expect(list("before-*")).toHaveLength(1);
  expect(host.run(`stat -c '%u %a' ${backups}/before-*/state`)).toMatch(/^1000 /);
  // Once more does not even restart it.
  const serves = host.find(name) as Seen;
  expect(host.activate(id).status).toBe(0);
  expect(host.find(name)?.State).toEqual(serves.State);
});

test("a configuration that does not serve: the old one does, on the state as it is now; again: refused; mended: serves", () => {
  const before = serving();
  const bad = host.create({ version: 1 }, { secret: "another" });
  const failed = host.activate(bad);
  expect(failed.status).toBe(1);
  expect(failed.stderr).toContain(
    "gateway-swap: the new container of gw does not serve: it is not ready after 4 s",
  );
  expect(failed.stderr).toMatch(/The previous container \(gateway:1\) serves, since \d{4}-\d\d-\d\dT/);
  expect(failed.stderr).toContain("state of format 1 opened by version 1");
  // Not all of before is back, and it says what is not.
  expect(failed.stderr).toContain(
    "filter of the Docker API and LiteLLM follow the new configuration already",
  );
  expect(failed.stderr).toContain(
    "correct what you have changed in the stack's configuration, then: pulumi up",
  );
  expectServing(before);
  expect(host.ready()).toBe(true);
  expect(host.find(bad)?.Name).toBe("/gw-refused");
  // The same version wrote it: nothing is taken back, so nothing is lost.
  expect(host.said()).toEqual(["1 started", "0 hello", "1 started", "1 started"]);
  expect(list("failed-*")).toEqual([]);

  const { StartedAt } = (host.find(name) as Seen).State;
  const again = host.activate(bad);
  expect(again.status).toBe(1);
  expect(again.stderr).toMatch(/was tried at \S+ and does not serve: it is not ready after 4 s/);
  expect(again.stderr).toContain("pulumi up --replace '**::gateway-gw-container'");
  expect(host.find(name)?.State.StartedAt).toBe(StartedAt);

  const mended = host.create({ version: 1 }, { secret: "real" });
  expect(host.activate(mended, { seconds: 20 }).status).toBe(0);
  expect(host.containers().map(({ Id }) => Id)).toEqual([mended]);
  expect(host.run(`ls ${home}`)).not.toMatch(/refused|swap.json/);
});

test("a version that migrates the state and dies: the old one serves on the state of before, the other is kept", () => {
  const before = serving();
  // Planted by the gateway: to be copied, never followed.
  host.run(`echo root-only >/opt/openclaw/secret; chmod 0600 /opt/openclaw/secret; mkdir -m 0777 /opt/elsewhere
    cd ${home}/state && ln -s /opt/openclaw/secret planted && rm -r workspace && ln -s /opt/elsewhere workspace && mkfifo pipe
    chown -h 1000:1000 planted workspace pipe`);
  const bad = host.create({ version: 2, fault: "crash-after-migration" });
  const { status, stderr } = host.activate(bad, { seconds: 20 });
  expect(status).toBe(1);
  expect(stderr).toContain("it ends by itself again and again");
  expect(stderr).toContain("crashed on purpose after the migration");
  expect(stderr).toMatch(
    /has the state of before the change. What the new one made of it is kept in \S+\/failed-gw-/,
  );
  expectServing(before);
  expect(host.ready()).toBe(true);
  expect(host.said()).toEqual(["1 started", "0 hello", "1 started"]);
  const [copy, kept] = [list("before-*")[0], list("failed-*")[0]];
  for (const place of [`${backups}/${copy}`, `${backups}/${kept}`, `${home}/state`])
    expect(host.run(`readlink ${place}/planted`)).toBe("/opt/openclaw/secret\n");
  expect(host.run(`readlink ${backups}/${copy}/workspace`)).toBe("/opt/elsewhere\n");
  // SOUL.md is mounted below it.
  expect(stderr).toContain("soul-place: renamed workspace, which is no directory");
  expect(host.run(`stat -c %F ${home}/state/workspace; readlink ${home}/state/workspace.odd-*`)).toBe(
    "directory\n/opt/elsewhere\n",
  );
  expect([host.format(`${backups}/${copy}`), host.format(`${backups}/${kept}`)]).toEqual([1, 2]);
  expect(host.run("cat /opt/openclaw/secret; stat -c '%u %a' /opt/openclaw/secret; ls /opt/elsewhere")).toBe(
    "root-only\n0 600\n",
  );
});

test("without the copy the old version could not open that state: the control is needed", () => {
  const before = serving();
  host.run(`sed -i 's/self.journal\\["newImage"\\] != old\\["Image"\\]/False/' /opt/openclaw/bin/swap.py`);
  host.run(`sed -i 's/if not self.journal\\["copy"\\]:/if True:/' /opt/openclaw/bin/swap.py`);
  const bad = host.create({ version: 2, fault: "crash-after-migration" });
  const { stderr } = host.activate(bad, { seconds: 20 });
  expect(stderr).toContain("AND THE PREVIOUS ONE DOES NOT SERVE EITHER");
  expect(host.run("docker logs gw 2>&1")).toContain("the state has format 2, this is 1: refusing to open it");
  host.restoreTools();
  expect(before.Id).toBe(host.find(name)?.Id);
});

test("what the canary refuses, an image that is not there, and a disk without room leave everything untouched", () => {
  const before = serving();
  const { status, stderr } = host.canary({ version: 1 }, { never: true });
  expect(status).toBe(1);
  expect(stderr).toContain(
    "gw does not get ready with this image and configuration; nothing of it was touched",
  );
  expect(stderr).toContain("correct what you have changed");
  expectUntouched(before);
  const gone = host.canaryOf("gateway:nowhere", host.configuration({}));
  expect(gone.status).not.toBe(0);
  expect(gone.stderr).toContain("gateway:nowhere");
  expectUntouched(before);
  expect(host.containers()).toHaveLength(1);
  const next = host.create({ version: 2 });
  host.run(`mount -t tmpfs -o size=200m none ${backups}`);
  try {
    for (const outcome of [host.canary({ version: 2 }, {}), host.activate(next)]) {
      expect(outcome.status).toBe(1);
      expect(outcome.stderr).toMatch(/backups has \d+ MiB free, a change of gateway gw needs \d+ MiB/);
      expect(outcome.stderr).toContain("Nothing that runs was touched");
    }
    expectUntouched(before);
  } finally {
    host.run(`umount ${backups}`);
  }
});

test("the canary begins with nothing where a state is left half, so that the activation is come to, which says what to type", () => {
  const mark = `/opt/openclaw/volume/gateways/${name}/half-a-state`;
  // Of a format that version 1 refuses to open.
  expect(host.activate(host.create({ version: 2 }), { seconds: 20 }).status).toBe(0);
  const before = host.find(name) as Seen;
  host.run(`mkdir -p $(dirname ${mark})`);
  expect(host.canary({ version: 1 }, {}).status).toBe(1);
  host.run(`touch ${mark}`);
  expect(host.canary({ version: 1 }, {})).toMatchObject({ status: 0 });
  host.run(`rm ${mark}`);
  expectUntouched(before);
});

test("the newest two copies stay, and files that any container mounts", () => {
  serving();
  for (let round = 0; round < 3; round++)
    expect(host.activate(host.create({ version: 1 }, { round }), { seconds: 20 }).status).toBe(0);
  expect(list("before-*")).toHaveLength(2);
  const mounted = host
    .run(`docker inspect --format '{{range .Mounts}}{{println .Source}}{{end}}' ${name} | grep /config/`)
    .trim();
  for (let round = 0; round < 5; round++) host.configuration({ refused: round });
  expect(host.run(`ls ${mounted}; ls /opt/openclaw/config/gw | wc -l`)).toBe("SOUL.md\nopenclaw.json\n4\n");
});

test("the first one of all has nothing to go back to, and the next one takes its place", () => {
  const bad = host.create({ version: 1 }, { never: true });
  const { status, stderr } = host.activate(bad);
  expect(status).toBe(1);
  expect(stderr).toContain("None has served before it, so there is nothing to go back to: it is down.");
  // Nor does it come back by itself.
  expect(host.running()).toEqual([]);
  host.run("systemctl boot");
  expect(host.try(`systemctl is-active ${unit}`).status).not.toBe(0);
  expect(host.running()).toEqual([]);
  const good = host.create({ version: 1 });
  expect(host.activate(good, { seconds: 20 }).status).toBe(0);
  expect(host.containers().map(({ Id }) => Id)).toEqual([good]);
});

test("one that has never served is retired: nothing of it runs or comes back, its state stays", () => {
  const bad = host.create({ version: 1, fault: "crash-after-migration" });
  host.activateKilled(bad, "docker exec", 3, 20);
  host.run(
    `/opt/openclaw/bin/gateway-retire ${name}; /opt/openclaw/bin/gateway-retire ${name}; systemctl boot`,
  );
  expect(host.containers()).toEqual([]);
  expect(host.format(`${home}/state`)).toBe(1);
});

test("gateways that the stack has no more are retired before the rest is changed; the others are not disturbed", () => {
  const before = serving();
  const others = sandbox("other");
  const list = (...gateways: string[]) => host.try(`/opt/openclaw/bin/gateway-list ${gateways.join(" ")}`);
  expect(list(`${name}=172.30.1.100`, "new=172.30.1.101")).toMatchObject({
    status: 0,
    stdout: "",
    stderr: "",
  });
  expect(list()).toMatchObject({ status: 1 });
  expect(host.running().sort()).toEqual([before.Id, others].sort());
  expect(host.find(name)?.State).toEqual(before.State);
  const { status, stderr } = list("new=172.30.1.100");
  expect({ status, stderr }).toEqual({
    status: 0,
    stderr:
      "gateway-list: gw is retired, this stack has it no more; its state stays in /opt/openclaw/volume/gateways/gw\n",
  });
  host.run("systemctl boot");
  expect(host.running()).toEqual([others]);
  expect(host.format(`${home}/state`)).toBe(1);
  expect(list("new=172.30.1.100")).toMatchObject({ status: 0, stderr: "" });
});

test("on a standby the new one is in place and nothing runs, at boot neither; then it is made active", async () => {
  const first = host.create({ version: 1 });
  expect(host.activate(first, { role: "standby" }).status).toBe(0);
  const second = host.create({ version: 2 });
  expect(host.activate(second, { role: "standby" }).stdout).toBe(
    "gateway gw is down: this stack is standby\n",
  );
  expect(host.containers().map(({ Id, Name }) => [Id, Name])).toEqual([[second, "/gw"]]);
  host.run("systemctl boot");
  await new Promise((wake) => setTimeout(wake, 1000));
  expect(host.running()).toEqual([]);
  expect(host.activate(second, { seconds: 20 }).status).toBe(0);
  expect(host.running()).toEqual([second]);
  expect(host.activate(second, { role: "standby" }).status).toBe(0);
  expect(host.running()).toEqual([]);
});

test("after a change that failed, a boot starts the one that served", async () => {
  const before = serving();
  expect(host.activate(host.create({ version: 1 }, { secret: "another" })).status).toBe(1);
  host.powerCut();
  await until("the gateway after the boot", () => host.ready());
  expectServing(before);
});
