/** Rows about the host that hold or fall short by what the host says. */
import { spawnSync } from "node:child_process";
import { settingsSchema } from "../../../config/schema";
import { confined, hostRows } from "../../../tools/verify/host";
import { verify } from "../../../tools/verify/row";
import type { DeployedStack } from "../../../tools/verify/deployed-stack";
import { prod } from "../../fixtures/stack-configuration";

const settings = settingsSchema.parse(
  Object.fromEntries(
    Object.entries(prod.settings).map(([key, value]) => [key.replace("clawkeep:", ""), value]),
  ),
);

/** What the row says on a host whose programs answer by these shell functions. */
async function said(row: string, functions: string, changes: object = {}): Promise<string> {
  const shell = (script: string, args: readonly string[] = []): Promise<string> => {
    const { status, stdout, stderr } = spawnSync("bash", ["-c", `${functions}\n${script}`, "-", ...args], {
      encoding: "utf8",
    });
    return status === 0 ? Promise.resolve(stdout) : Promise.reject(new Error(stderr));
  };
  const deployed = {
    stack: "prod",
    settings: { ...settings, ...changes },
    shell,
  } as unknown as DeployedStack;
  const [result] = await verify(
    deployed,
    hostRows(deployed).filter(({ name }) => name.includes(row)),
  );
  return `${result?.ok === true ? "ok" : "failed"}: ${result?.detail}`;
}

describe("AppArmor", () => {
  it("says so where the kernel has none", () => {
    expect(confined("none\n")).toBe("this host's kernel has no AppArmor: it confines no container");
  });

  it("holds where every container has a profile in force", () => {
    expect(confined("/a docker-default (enforce)\n/b docker-default (enforce)\n")).toBe("2 containers");
  });

  it.each([
    ["/a docker-default (enforce)\n/b unconfined\n", "not confined: b unconfined"],
    ["/a docker-default (complain)\n", "not confined: a docker-default (complain)"],
    ["/a \n", "not confined: a"],
    ["", "not confined: no container runs"],
    ["other /netdata unconfined\n", "not confined: no container runs"],
    ["other /netdata unconfined\n/b unconfined\n", "not confined: b unconfined"],
  ])("falls short with %j", (said, what) => {
    expect(() => confined(said)).toThrow(what);
  });
});

describe("containers that are not of this stack", () => {
  it("are told, and judged by nobody here", () => {
    expect(confined("/a docker-default (enforce)\nother /netdata unconfined\nother /b x (enforce)\n")).toBe(
      "1 containers; not confined, and not of this stack: netdata unconfined",
    );
  });

  it.each([
    ["its name", '/openclaw-redis 1 map[] "/srv"', ""],
    ["a label", '/second 1 map["clawkeep.instance-of":"second"]', ""],
    ["what it mounts", '/second-docker-proxy 1 map[] "/opt/openclaw/gateways/second"', ""],
    ["none of these", '/netdata 1 map["app":"x"] "/srv" "/opt/other"', "other "],
  ])("are told apart by %s", async (_, line, prefix) => {
    const script = `cat() { echo Y; }; docker() { echo id; }; xargs() { echo '${line}'; }; tr() { echo seen; }`;
    const told = await said("AppArmor", script);
    expect(told).toContain(
      prefix === "" ? `not confined: ${line.split(" ")[0]?.slice(1)} seen` : "no container runs",
    );
  });
});

describe("the record of the active stack", () => {
  const host = (says: string): string => `/opt/openclaw/bin/active-record() { ${says}; }`;
  it.each([
    ["prod, epoch 3", host("echo prod, epoch 3"), /^ok: prod, epoch 3$/],
    ["the other one", host("echo standby, epoch 4"), /^failed: it says standby, epoch 4, not prod$/],
    ["nobody", host("echo nobody yet"), /^failed: it says nobody yet, not prod$/],
    ["nothing", host("echo cannot be asked >&2; return 1"), /^failed: cannot be asked/],
  ])("%s", async (_, functions, wanted) => {
    expect(await said("the record says", functions)).toMatch(wanted);
  });
});

describe("a lease", () => {
  const host = (says: string): string => `/opt/openclaw/bin/gateway-lease() { ${says}; }`;
  const active = { leaseSeconds: 60 };
  it.each([
    ["holds", active, "echo 'holds for 51 s more of 60: prod, epoch 3'", /^ok: holds for 51 s/],
    [
      "has other seconds",
      active,
      "echo 'holds for 51 s more of 90: prod, epoch 3'",
      /^failed: .*not hold for 60 s/,
    ],
    [
      "holds nobody",
      active,
      "echo 'nothing may run here: standby'",
      /^failed: it does not hold for 60 s: nothing/,
    ],
    [
      "holds nobody on a standby",
      { ...active, role: "standby" },
      "echo 'nothing may run here'",
      /^ok: nothing may/,
    ],
    [
      "is guarded by nobody",
      active,
      "echo 'the unit is failed' >&2; return 1",
      /^failed: the unit is failed/,
    ],
    ["is not set", {}, "false", /^failed: undefined$/],
  ])("%s", async (_, changes, says, wanted) => {
    expect(await said("a lease ends", host(says), changes)).toMatch(wanted);
  });
});

describe("a gateway that starts again and again", () => {
  const host = (starts: number, state: string, used: string): string =>
    `systemctl() { echo ${starts}; }; docker() { case $1 in inspect) echo ${state} 4294967296 ;; stats) echo '${used}' ;; esac; }`;
  const ok = /^ok: 0 restarts by systemd, memory 12\.3% 500MiB \/ 4GiB$/;
  it.each([
    ["at rest", host(0, "false", "12.3% 500MiB / 4GiB"), ok],
    ["three times", host(3, "false", "12.3% 500MiB / 4GiB"), /^ok: 3 restarts/],
    [
      "four times",
      host(4, "false", "12.3%"),
      /^failed: 4 restarts .*: journalctl -u openclaw-gateway@openclaw$/,
    ],
    [
      "nearly all of its memory",
      host(0, "false", "90.1% 3.6GiB"),
      /^failed: 0 restarts by systemd, memory 90\.1%/,
    ],
    ["killed for its memory", host(1, "true", "12.3%"), /^failed: .*it was killed for its memory/],
    ["no answer", host(0, "false", ""), /^failed: /],
  ])("%s", async (_, functions, answer) => {
    expect(await said("again and again", functions)).toMatch(answer);
  });
});
