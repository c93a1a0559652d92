/** What becomes of a host's own daemon.json: merged, or refused with all that stands in the way. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { dockerSettings } from "../../../config-files/host/docker-settings";

const networks = { openclaw: "172.30.1.0/24", proxy: "172.30.2.0/24", egress: "172.30.3.0/24" };
const order = dockerSettings(networks);
const wanted = order.settings;
const script = join(__dirname, "../../../config-files/host/bin/docker-settings");

/** Runs Python with the script as `module`, the input as `given`, and reads what it prints. */
function inScript(text: string, given: unknown): unknown {
  const program = `
import importlib.machinery, importlib.util, json, os, sys
sys.path.insert(0, os.path.dirname(sys.argv[1]))
loader = importlib.machinery.SourceFileLoader("settings", sys.argv[1])
module = importlib.util.module_from_spec(importlib.util.spec_from_loader("settings", loader))
loader.exec_module(module)
given = json.load(sys.stdin)
${text}`;
  const { status, stdout, stderr } = spawnSync("python3", ["-B", "-c", program, script], {
    input: JSON.stringify(given),
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** The script's own merge, of one daemon.json. */
const merge = (theirs: object) =>
  inScript(
    `theirs, order = given
taken = module.networks_of([module.HETZNER_GATEWAY] + order["networks"])
merged, problems = module.merge(theirs, order["settings"], taken)
print(json.dumps({"merged": merged, "problems": problems}))`,
    [theirs, order],
  ) as { merged: Record<string, unknown>; problems: string[] };

/** What stands in the way on a host with these routes. */
const overlaps = (...routes: string[]) =>
  inScript(
    `routes, networks, pools = given
print(json.dumps(module.overlaps(routes, module.networks_of(networks), module.networks_of(pools))))`,
    [routes, order.networks, wanted["default-address-pools"].map(({ base }) => base)],
  ) as string[];

it("has the guide's values, and pools that keep clear of this stack's networks and of Hetzner's gateway", () => {
  expect(wanted).toEqual({
    "log-driver": "json-file",
    "log-opts": { "max-size": "10m", "max-file": "3" },
    "live-restore": true,
    "default-ulimits": { nofile: { Name: "nofile", Soft: 65536, Hard: 65536 } },
    "default-address-pools": [{ base: "172.20.0.0/16", size: 24 }],
  });
  const elsewhere = dockerSettings({ ...networks, proxy: "172.20.7.0/24", egress: "172.24.0.0/13" });
  expect(elsewhere.settings["default-address-pools"]).toEqual([{ base: "192.168.0.0/16", size: 24 }]);
});

describe("docker-settings", () => {
  it("gives a host without settings all of them", () => {
    expect(merge({})).toEqual({ merged: wanted, problems: [] });
  });

  it("changes nothing the second time", () => {
    expect(merge(wanted)).toEqual({ merged: wanted, problems: [] });
  });

  it("keeps what a host has, where it goes with ours", () => {
    const theirs = {
      "log-driver": "local",
      "log-opts": { "max-size": "50m" },
      "default-ulimits": { nofile: { Name: "nofile", Soft: 4096, Hard: 8192 } },
      "default-address-pools": [{ base: "10.99.0.0/16", size: 24 }],
      "data-root": "/srv/docker",
      "registry-mirrors": ["https://mirror.example"],
    };
    expect(merge(theirs)).toEqual({ merged: { ...theirs, "live-restore": true }, problems: [] });
  });

  it("adds the limit to logs that have none", () => {
    const limits = ({ merged, problems }: ReturnType<typeof merge>) => [merged["log-opts"], problems];
    expect(limits(merge({ "log-driver": "json-file" }))).toEqual([
      { "max-size": "10m", "max-file": "3" },
      [],
    ]);
    expect(limits(merge({ "log-opts": { "max-size": "50m" } }))).toEqual([
      { "max-size": "50m", "max-file": "3" },
      [],
    ]);
  });

  it("leaves the options of another driver alone: no container of ours has it", () => {
    const theirs = { "log-driver": "local", "log-opts": { compress: "false" } };
    expect(merge(theirs)).toMatchObject({ merged: theirs, problems: [] });
  });

  it.each<[object, RegExp]>([
    [{ "live-restore": false }, /^live-restore is false: take it out; with it containers would end/],
    [{ iptables: false }, /^iptables is false: take it out/],
    [{ "userns-remap": "default" }, /^userns-remap is "default": take it out/],
    [{ "seccomp-profile": "unconfined" }, /^seccomp-profile is "unconfined"/],
    [{ "default-runtime": "nvidia" }, /^default-runtime is "nvidia": take it out; with it another program/],
    [{ "default-cgroupns-mode": "host" }, /^default-cgroupns-mode is "host": take it out/],
    [{ "ip-masq": false }, /^ip-masq is false: take it out/],
    [{ ip: "127.0.0.1" }, /^ip is "127\.0\.0\.1": take it out; with it the assistant would be published/],
    [{ "log-opts": "x" }, /^log-opts is "x", not an object$/],
    [{ "log-opts": { "max-size": -1 } }, /^log-opts\.max-size is -1, not a text$/],
    [
      { "default-ulimits": { nofile: { Soft: "many" } } },
      /^default-ulimits\.nofile is .*, not an object with/,
    ],
    [{ bip: "10.0.0.1/33" }, /^bip is "10\.0\.0\.1\/33", not a network/],
    [{ "default-address-pools": [5.5] }, /^a base of default-address-pools is 5\.5, not a network/],
    [{ "default-address-pools": [{ size: 24 }] }, /^a base of default-address-pools is null, not a network/],
    [{ bridge: "none" }, /^bridge is "none": take it out/],
    [{ bip: "172.31.0.1/16" }, /^bip 172\.31\.0\.1\/16 shares addresses with 172\.31\.1\.1\/32/],
    [
      { "default-address-pools": [{ base: "172.16.0.0/12", size: 24 }] },
      /^the address pool 172\.16\.0\.0\/12 shares addresses with 172\.31\.1\.1\/32/,
    ],
    [{ "log-driver": "gelf" }, /^log-driver gelf cannot be read back/],
    [{ "log-opts": { "max-size": "-1" } }, /^log-opts\.max-size sets no limit/],
    [
      { "log-driver": "json-file", "log-opts": { "max-size": "10m", labels: "x", compress: "true" } },
      /^log-opts has compress, labels: take it out; every `pulumi up` would want to replace every container/,
    ],
    [{ "log-opts": { tag: "a" } }, /^log-opts has tag: take it out/],
    [
      { "default-ulimits": { nofile: { Name: "nofile", Soft: 1024, Hard: 2147483584 } } },
      /^default-ulimits\.nofile is .* Soft and Hard have to be 1024 to 1048576/,
    ],
    [
      { "default-ulimits": { nproc: { Name: "nproc", Soft: 1, Hard: 1 } } },
      /^default-ulimits has nproc: take it out/,
    ],
  ])("refuses %j", (theirs, sentence) => {
    const { problems } = merge(theirs);
    expect(problems).toEqual([expect.stringMatching(sentence)]);
  });

  it("takes null for absent, as the daemon does, and no pools at all too", () => {
    const theirs = {
      "log-opts": null,
      "default-address-pools": null,
      "log-driver": null,
      ip: null,
      debug: true,
    };
    expect(merge(theirs)).toEqual({ merged: { ...wanted, debug: true }, problems: [] });
    expect(merge({ "default-address-pools": [] })).toEqual({ merged: wanted, problems: [] });
  });

  it("says all at once", () => {
    expect(merge({ "live-restore": false, iptables: false, "log-driver": "none" }).problems).toHaveLength(3);
  });

  describe("before anything is written", () => {
    const debian = "/usr/sbin/dockerd -H fd:// $DOCKER_OPTS";
    /** What `apply` ends with on such a host, or `written`. */
    const applied = (file: string, execStart = debian, validate = 0): string =>
      inScript(
        `file, exec_start, validate, order = given
def run(*words, **more):
    said = {"systemctl show": "ExecStart={ path=/usr/sbin/dockerd ; argv[]=" + exec_start + " ; ignore_errors=no ; pid=0 }"}
    code = validate if words[0] == "dockerd" else 0
    return module.common.Result(words, code, said.get(" ".join(words[:2]), ""), "the daemon's own words")
class Written(Exception): pass
def write(path, text, *more):
    if path == module.FILE: raise Written
module.common.run, module.common.write, module.common.remove = run, write, lambda *paths: None
module.os.makedirs = lambda *words, **more: None
module.read_file, module.host_routes = lambda path: file, lambda: []
try:
    module.apply(order)
except SystemExit as problem: print(json.dumps(str(problem)))
except Written: print(json.dumps("written"))`,
        [file, execStart, validate, order],
      ) as string;

    it("takes what goes", () => {
      expect(applied('{"debug": true}')).toBe("written");
      expect(applied("")).toBe("written");
    });

    it.each([
      "[]",
      '"x"',
      "{",
      '{"bip": "10.0.0.1/33"}',
      '{"log-opts": {"max-size": -1}}',
      '{"hosts": "fd://"}',
    ])("says what is wrong with a file in one sentence, before it asks anybody: %s", (file) => {
      expect(applied(file, debian, 1)).toMatch(
        /^docker-settings: \/etc\/docker\/daemon\.json (is not [^,]*|cannot be used as it is), nothing was changed/,
      );
    });

    it("says what the daemon itself refuses", () => {
      expect(applied('{"no-such": true}', debian, 1)).toBe(
        "docker-settings: the daemon refuses what /etc/docker/daemon.json says, nothing was changed: the daemon's own words",
      );
    });

    it("refuses a daemon that does not take its sockets from systemd", () => {
      const remote = "/usr/bin/dockerd -H tcp://127.0.0.1:2375 -H unix:///run/docker.sock";
      expect(applied("{}", remote)).toMatch(
        /nothing was changed:\n {2}docker\.service starts `\/usr\/bin\/dockerd -H tcp.*`, so the daemon .* add -H fd:\/\/ there/,
      );
      for (const [file, execStart] of [
        ["{}", `${remote} -H fd://`],
        ['{"hosts": ["fd://", "tcp://127.0.0.1:2375"]}', "/usr/bin/dockerd"],
        // Somebody's own variable: the daemon is asked afterwards.
        ["{}", "/usr/bin/dockerd $DOCKER_OPTS"],
      ] as const)
        expect([execStart, applied(file, execStart)]).toEqual([execStart, "written"]);
    });
  });

  it("refuses networks of ours, and the pool that Docker gets, where the host has such addresses itself", () => {
    expect(overlaps("10.0.0.0/16", "192.168.1.0/24", "172.31.1.1/32")).toEqual([]);
    expect(overlaps("172.30.0.0/16")).toEqual([
      expect.stringMatching(
        /host itself reaches 172\.30\.0\.0\/16, and 172\.30\.1\.0\/24 of clawkeep:networks/,
      ),
    ]);
    // A VPN's: Docker would take it out of the pool, and with the one pool gone it makes no bridge at the next boot.
    expect(overlaps("172.20.0.0/16")).toEqual([
      expect.stringMatching(
        /reaches 172\.20\.0\.0\/16, and Docker's address pool 172\.20\.0\.0\/16 .*daemon\.json, like "default-address-pools"/,
      ),
    ]);
  });
});
