/** How the host is shared out: limits are written, read back from systemd and the kernel, and told where they are not in force. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { hostShares } from "../../../config-files/host/shares";
import { settingsSchema } from "../../../config/schema";
import { tiers } from "../../../config/tiers";
import { twoGateways } from "../../fixtures/stack-configuration";

const settings = settingsSchema.parse(
  Object.fromEntries(
    Object.entries(twoGateways.settings).map(([key, value]) => [key.replace("clawkeep:", ""), value]),
  ),
);
const order = hostShares(tiers.starter, settings);
const script = join(__dirname, "../../../config-files/host/bin/host-shares");
const MiB = 1048576;

interface Host {
  /** Of the kernel: `v2`, or `v1`, where each controller has a tree of its own. */
  readonly version: "v1" | "v2";
  readonly driver: string;
  /** What `systemctl show` says of a unit. */
  readonly units: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Path below /sys/fs/cgroup or /proc -> text. */
  readonly files: Readonly<Record<string, string>>;
  readonly containers: readonly { name: string; pid: number; sandboxOf?: string }[];
}

const unit = (memoryMiB: number, tasks: number, name: string) => ({
  ...{ LoadState: "loaded", MemoryMax: String(memoryMiB * MiB), TasksMax: String(tasks), CPUWeight: "50" },
  ControlGroup: `/system.slice/${name}`,
});

/** A host as it has to be: two gateways, of which the first has a sandbox. Written out, so that the table is not its own proof. */
function host(version: "v1" | "v2"): Host {
  const [first, second] = [
    "/openclaw.slice/openclaw-openclaw.slice",
    "/openclaw.slice/openclaw-second.slice",
  ];
  const groups = { 11: first, 12: first, 13: first, 21: second, 22: second, 30: "/system.slice" };
  const kernel =
    version === "v2"
      ? {
          "cgroup/cgroup.controllers": "cpu memory pids\n",
          ...Object.fromEntries([first, second].map((group) => [`cgroup${group}/cpu.weight`, "100\n"])),
          "cgroup/system.slice/docker.service/memory.max": `${320 * MiB}\n`,
          "cgroup/system.slice/docker.service/pids.max": "640\n",
          "cgroup/system.slice/docker.service/cpu.weight": "50\n",
          "cgroup/system.slice/containerd.service/memory.max": `${256 * MiB}\n`,
          "cgroup/system.slice/containerd.service/pids.max": "1024\n",
          "cgroup/system.slice/containerd.service/cpu.weight": "50\n",
        }
      : {
          ...Object.fromEntries([first, second].map((group) => [`cgroup/cpu${group}/cpu.shares`, "1024\n"])),
          "cgroup/memory/system.slice/docker.service/memory.limit_in_bytes": `${320 * MiB}\n`,
          "cgroup/pids/system.slice/docker.service/pids.max": "640\n",
          "cgroup/cpu/system.slice/docker.service/cpu.shares": "512\n",
          "cgroup/memory/system.slice/containerd.service/memory.limit_in_bytes": `${256 * MiB}\n`,
          "cgroup/pids/system.slice/containerd.service/pids.max": "1024\n",
          "cgroup/cpu/system.slice/containerd.service/cpu.shares": "512\n",
        };
  const of = (group: string, pid: string) =>
    version === "v2"
      ? `0::${group}/docker-${pid}.scope\n`
      : `2:cpu,cpuacct:${group}/${pid}\n1:pids:/elsewhere\n0::/\n`;
  return {
    version,
    driver: "systemd",
    units: {
      "docker.service": unit(320, 640, "docker.service"),
      "containerd.service": unit(256, 1024, "containerd.service"),
    },
    files: {
      ...kernel,
      ...Object.fromEntries(
        Object.entries(groups).map(([pid, group]) => [`proc/${pid}/cgroup`, of(group, pid)]),
      ),
    },
    containers: [
      { name: "openclaw", pid: 11 },
      { name: "openclaw-docker-proxy", pid: 12 },
      { name: "openclaw.agent-1", pid: 13, sandboxOf: "openclaw" },
      { name: "second", pid: 21 },
      { name: "second-docker-proxy", pid: 22 },
      { name: "openclaw-litellm", pid: 30 },
    ],
  };
}

/** Runs a verb of the script with systemd, Docker and the kernel's files made up. */
function run(verb: "apply" | "check", { version, driver, units, files, containers }: Host) {
  const root = mkdtempSync(join(tmpdir(), "clawkeep-shares-"));
  try {
    for (const [path, text] of Object.entries({ ...files, "etc/order.json": JSON.stringify(order) })) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const shown = containers.map(({ name, pid, sandboxOf }) => ({
      Name: `/${name}`,
      State: { Pid: pid },
      Config: { Labels: sandboxOf === undefined ? null : { "clawkeep.gateway": sandboxOf } },
    }));
    const program = `
import importlib.machinery, importlib.util, json, os, sys
root, verb, given = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
sys.path.insert(0, os.path.dirname(${JSON.stringify(script)}))
import common
common.script = lambda name, work: None
calls = []
def run(*words, seconds, check=True, text=""):
    calls.append(" ".join(words))
    if words[:2] == ("systemctl", "show"):
        shown = given["units"].get(words[-1], {"LoadState": "not-found"})
        return common.Result(words, 0, "".join(f"{key}={value}\\n" for key, value in shown.items()), "")
    return common.Result(words, 0, "", "")
def docker(*words, seconds=60, check=True):
    if words[0] == "info":
        return common.Result(words, 0, given["driver"] + "\\n", "")
    if words[0] == "ps":
        return common.Result(words, 0, "".join(f"{each['Name']}\\n" for each in given["containers"]), "")
    return common.Result(words, 0, json.dumps(given["containers"]), "")
common.run, common.docker = run, docker
loader = importlib.machinery.SourceFileLoader("shares", ${JSON.stringify(script)})
module = importlib.util.module_from_spec(importlib.util.spec_from_loader("shares", loader))
loader.exec_module(module)
module.CGROUPS, module.PROC, module.UNITS, module.ORDER = (f"{root}/{each}" for each in ("cgroup", "proc", "units", "etc/order.json"))
sys.stdin = open(module.ORDER)
sys.argv = ["host-shares", verb]
try:
    module.main()
    code = 0
except common.Failed as failure:
    print(failure)
    code = 1
print(json.dumps({"code": code, "calls": calls}))`;
    const { status, stdout, stderr } = spawnSync(
      "python3",
      ["-B", "-c", program, root, verb, JSON.stringify({ version, driver, units, containers: shown })],
      { encoding: "utf8" },
    );
    if (status !== 0) throw new Error(stderr);
    const lines = stdout.trim().split("\n");
    const { code, calls } = JSON.parse(lines.pop() ?? "") as { code: number; calls: string[] };
    const written = (name: string): string => {
      try {
        return readFileSync(join(root, "units", `${name}.d`, "clawkeep-limits.conf"), "utf8");
      } catch {
        return "";
      }
    };
    return { code, calls, said: lines.join("\n"), docker: written("docker.service") };
  } finally {
    rmSync(root, { recursive: true });
  }
}

describe.each(["v1", "v2"] as const)("with control groups of %s", (version) => {
  const good = host(version);

  it("writes the limits, has systemd load them, and reads them back", () => {
    const { code, said, calls, docker } = run("apply", good);
    expect([code, said]).toEqual([0, ""]);
    expect(docker).toMatch(/\[Service\]\nMemoryMax=320M\nTasksMax=640\nCPUWeight=50\n$/);
    expect(calls).toContain("systemctl daemon-reload");
    // A reload alone leaves what runs as it is: seen on a host with version 1.
    expect(calls).toContain(
      "systemctl set-property --runtime docker.service MemoryMax=320M TasksMax=640 CPUWeight=50",
    );
    expect(calls.filter((call) => /restart|stop/.test(call))).toEqual([]);
  });

  it("says that all is in force", () => {
    expect(run("check", good)).toMatchObject({
      code: 0,
      said: expect.stringMatching(/^5 containers in 2 equal shares; docker\.service 320 MiB and 640 tasks/),
    });
  });

  const file = (change: Record<string, string>): Host => ({ ...good, files: { ...good.files, ...change } });
  const [memory, share] =
    version === "v2"
      ? ["cgroup/system.slice/docker.service/memory.max", "cpu.weight"]
      : ["cgroup/memory/system.slice/docker.service/memory.limit_in_bytes", "cpu.shares"];
  const slice = `cgroup${version === "v2" ? "" : "/cpu"}/openclaw.slice/openclaw-second.slice/${share}`;
  const elsewhere = version === "v2" ? "0::/system.slice/docker-13.scope\n" : "2:cpu,cpuacct:/docker/13\n";

  it.each<[what: string, host: Host, says: RegExp]>([
    [
      "the kernel has no limit",
      file({ [memory]: "max\n" }),
      /docker\.service: the kernel has memory\.\w+ max, not/,
    ],
    ["a gateway has more", file({ [slice]: "10000\n" }), /openclaw-second\.slice has cpu\.\w+ 10000, not/],
    [
      "a sandbox has a share of its own",
      file({ "proc/13/cgroup": elsewhere }),
      /^openclaw\.agent-1 is in .*13.*, not below openclaw-openclaw\.slice: pulumi up/,
    ],
    [
      "a gateway sits in another's",
      file({ "proc/21/cgroup": good.files["proc/11/cgroup"] ?? "" }),
      /^second is in .*, not below openclaw-second\.slice/,
    ],
    [
      "somebody's own file wins",
      {
        ...good,
        units: {
          ...good.units,
          "docker.service": { ...unit(320, 640, "docker.service"), MemoryMax: "infinity" },
        },
      },
      /docker\.service: systemd has MemoryMax infinity, not 335544320: systemctl cat docker\.service/,
    ],
    [
      "containerd is no unit",
      { ...good, units: { "docker.service": unit(320, 640, "docker.service") } },
      /containerd\.service is not-found/,
    ],
  ])("tells that %s", (_, broken, says) => {
    const { code, said } = run("check", broken);
    expect([code, said]).toEqual([1, expect.stringMatching(says)]);
  });

  it("leaves out what ended while it looked", () => {
    const { code, said } = run("check", {
      ...good,
      files: Object.fromEntries(Object.entries(good.files).filter(([path]) => path !== "proc/13/cgroup")),
    });
    expect([code, said]).toEqual([0, expect.stringMatching(/^4 containers/)]);
  });
});

it("refuses a host whose engine makes groups in another way, before anything is written, and says what to type", () => {
  const { code, said, calls, docker } = run("apply", { ...host("v1"), driver: "cgroupfs" });
  expect([code, docker, calls]).toEqual([1, "", []]);
  expect(said).toMatch(
    /made by cgroupfs here.*pulumi config set --path clawkeep:host\.cgroupDriver cgroupfs/,
  );
});
