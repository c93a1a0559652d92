/** host-failover, and what a boot says of a host that is fenced; Docker and systemd are made up. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasPython, scriptsAsModules } from "./backup-copies";

const bin = join(__dirname, "..", "..", "..", "config-files", "host", "bin");
// Processes on a busy machine.
jest.setTimeout(60_000);
let home: string;
beforeEach(() => void (home = mkdtempSync(join(tmpdir(), "clawkeep-failover-"))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** One gateway that serves, with a sandbox, beside a service that is down. */
const world = `${scriptsAsModules}import types
import active_record, common, gateway
failover, ends = load("host-failover"), load("sandboxes-end")
ends.SECONDS = 0 # no look at Docker
gateway.GATEWAYS, failover.LOCK, failover.SPARE_SECONDS = f"{home}/gateways", f"{home}/lock", 0
os.makedirs(f"{home}/gateways/gw/of-sandboxes")
open(f"{home}/gateways/gw/role", "w").write("active\\n"); open(f"{home}/gateways/gw/needs", "w").write("a\\nb\\n")
common.sync_directory = lambda path: None
calls, state = [], {"gw": True, "unit": "active", "boxes": 1, "stops": True, "litellm": False}
own = lambda name, policy: {"Id": name * 9, "Name": f"/{name}", "Image": "i", "State": {"Running": state[name]}, "HostConfig": {"RestartPolicy": {"Name": policy}}}
def run(*words, seconds, check=True, **more):
    calls.append(" ".join(words).replace(common.BIN, ""))
    code, out = 0, ""
    if words[0].endswith("sandboxes-end"):
        ends.close("gw") # the file's place is the script's own
        state["boxes"] = 0
    elif words[:2] == ("systemctl", "is-active"): out = state["unit"]
    elif words[:2] == ("systemctl", "stop") and state["stops"]: state["unit"] = "inactive"
    elif words[:2] == ("docker", "ps"):
        out = "x " * state["boxes"] if any("clawkeep.gateway=" in word for word in words) else "gw litellm"
        if any("instance-of" in word for word in words): out = "gwgwgwgwgwgwgwgwgw"
    elif words[:2] == ("docker", "inspect"): out = json.dumps([own("gw", "no"), own("litellm", "unless-stopped")])
    elif words[:2] == ("docker", "stop") and state["stops"]: state["gw"] = False
    return common.Result(words, code, out, "")
common.run = failover.run = gateway.run = run
failover.docker = lambda *words, seconds=60, check=True: run("docker", *words, seconds=seconds)
failover.inspect = failover.existing = lambda name: own("gw", "no")
gateway.docker, gateway.inspect = failover.docker, failover.inspect
def attempt(*words):
    sys.argv, text = ["it", *words], io.StringIO()
    with contextlib.redirect_stdout(text):
        try: failover.main(); code = 0
        except common.Failed as failure: print(failure); code = 1
    return [code, text.getvalue().strip()]
`;

/** Runs Python in that world. @returns what its `result` is */
function inWorld(code: string): unknown {
  const words = ["-B", "-c", `${world}\n${code}\nprint(json.dumps(result))`, bin, home];
  const { status, stdout, stderr } = spawnSync("python3", words, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

(hasPython ? describe : describe.skip)("host-failover", () => {
  it("fence: one that waits for a restore waits for it afterwards too", () => {
    const [done, role] = inWorld(`
open(f"{home}/gateways/gw/role", "w").write("awaits-restore\\n")
result = [attempt("fence", "7")[0], open(f"{home}/gateways/gw/role").read()]`) as [number, string];
    expect([done, role]).toEqual([0, "awaits-restore\n"]);
  });

  it("fence: the filter closes first, the unit is off at the next boot too, work has its time, the role says so", () => {
    const [before, done, twice, role, order] = inWorld(`
before = attempt("fenced")
done = attempt("fence", "7")
result = [before, done, attempt("fence", "7"), open(f"{home}/gateways/gw/role").read(), calls]`) as [
      ...[[number, string], [number, string], [number, string], string, string[]],
    ];
    expect(before).toEqual([
      1,
      expect.stringMatching(
        /^gw: its role is 'active', its unit is active, its container .* runs, its filter starts.*1 of its sandboxes/,
      ),
    ]);
    expect([done, twice, role]).toEqual([
      ...Array<unknown>(2).fill([0, "down, and stays down: gw"]),
      "standby\n",
    ]);
    const at = (words: string): number => order.findIndex((call) => call.startsWith(words));
    expect(at("/sandboxes-end close gw")).toBeLessThan(at("systemctl disable"));
    expect(at("docker stop -t 7 ")).toBeGreaterThan(at("systemctl stop --no-block"));
  });

  it("fence, with all the time that work has: its unit stops it, which lets it finish, and nobody else does", () => {
    const order = inWorld(`
own_run = common.run
def run(*words, **more):
    if words[:2] == ("systemctl", "stop"): state["gw"] = False
    return own_run(*words, **more)
failover.run = run
result = [attempt("fence", "340"), [call for call in calls if "stop" in call]]`);
    const stop = "systemctl stop openclaw-gateway@gw.service";
    expect(order).toEqual([
      [0, "down, and stays down: gw"],
      [stop, stop],
    ]);
  });

  it("fence: sandboxes that cannot be ended keep no gateway from ending, and are said in the end", () => {
    expect(
      inWorld(`
def fails(*words, **more):
    if words[0].endswith("sandboxes-end"): raise common.Failed("sandboxes-end: one is left")
    return run(*words, **more)
gateway.run = fails
result = [attempt("fence", "7"), state["gw"], state["unit"]]`),
    ).toEqual([[1, "sandboxes-end: one is left"], false, "inactive"]);
  });

  it("a gateway that does not stop is no fence", () => {
    expect(inWorld(`state["stops"] = False\nresult = attempt("fence", "7")`)).toEqual([
      1,
      expect.stringMatching(/its unit is active, its container .* runs/),
    ]);
  });

  it("of two who fence at once the second waits for the first, and touches nothing where that takes too long", () => {
    const [refused, order, done] = inWorld(`
held = common.lock(failover.LOCK, 0)
refused, before = attempt("fence", "1"), list(calls)
os.close(held)
result = [refused, before, attempt("fence", "1")[0]]`) as [[number, string], string[], number];
    expect(refused).toEqual([1, expect.stringMatching(/^somebody else fences this host/)]);
    expect([order, done]).toEqual([[], 0]);
  });

  it("services: what Docker starts at a boot and nothing else is started", () => {
    expect(
      inWorld(
        `state["gw"] = False\nresult = [attempt("services"), [call for call in calls if "start" in call]]`,
      ),
    ).toEqual([[0, "started: litellm"], ["docker start litellm"]]);
  });

  it("serve: by the container that is there and the needs of before, and only where the record says so", () => {
    const result = inWorld(`
active_record.stays_down = lambda patience: "prod is recorded as the active stack"
refused = [attempt("serve", "90"), list(calls)]
active_record.stays_down = lambda patience: None
result = [refused, attempt("serve", "90"), calls]`);
    expect(result).toEqual([
      [[1, "prod is recorded as the active stack"], []],
      [0, "gw is ready"],
      [`/gateway-activate gw ${"gw".repeat(9)} active 90 a b`],
    ]);
  });
});

(hasPython ? describe : describe.skip)("host-boot, on a host whose stack was replaced", () => {
  // What is looked at beside the gateways is all well; the script ends itself at its end, so only its functions are taken.
  const boot = (record: string, order = "{'stack': 'prod'}", containers = "[]", more = ""): unknown =>
    inWorld(`
text = open(f"{sys.argv[1]}/host-boot").read().rpartition("main()")[0]
module = types.ModuleType("boot"); exec(compile(text, "host-boot", "exec"), module.__dict__)
module.LOG, module.PATIENCE_SECONDS, module.time = f"{home}/boots.log", 0, types.SimpleNamespace(monotonic=lambda: 0, sleep=lambda s: None)
module.wanted_units = lambda: ["clawkeep-firewall.service", "openclaw-gateway@gw.service"]
def run(*words, seconds=60):
    if words[0] == "docker": return common.Result(words, 0, json.dumps(${containers}) if words[1] == "inspect" else "an-id", "")
    out = "active" if words[-1] == "clawkeep-firewall.service" else "inactive" if words[0] == "systemctl" else ""
    return common.Result(words, 0, out, "")
module.run = run
${more}def ask(order):
    found = ${record}
    if isinstance(found, Exception): raise found
    return found
active_record.order, active_record.ask = lambda: ${order}, ask
text = io.StringIO()
with contextlib.redirect_stdout(text):
    try: module.prove(); module.check()
    except SystemExit as ended: print(ended)
result = text.getvalue()`);

  it("a gateway that stays down because another stack is recorded is fenced, and so it is said", () => {
    expect(boot(`active_record.Record(4, "standby")`)).toMatch(
      /all is back after 0 s, and the gateways are fenced: standby is recorded as the active stack \(epoch 4\)\nall came back.*gateways were fenced: standby/,
    );
  });

  it.each([
    ["another stack is the active one: it is missed by nobody", "standby", /^host-boot: all is back/],
    ["its own is: it is missed", "prod", /not all came back.*container openclaw-relay is created/],
  ])("what Docker has never started, or was told to stop, where %s", (_, recorded, said) => {
    const down = `[{"Name": "/openclaw-relay", "HostConfig": {"RestartPolicy": {"Name": "unless-stopped"}}, "State": {"Running": False, "Status": "created"}}]`;
    expect(boot(`active_record.Record(4, "${recorded}")`, undefined, down)).toMatch(said);
  });

  const prod = `active_record.Record(4, "prod")`;
  const container = (name: string, state: string, more = ""): string =>
    `{"Name": "/${name}", "HostConfig": {"RestartPolicy": {"Name": "unless-stopped"}}, "State": {${state}}${more}}`;
  const [exited, sick] = [
    '"Running": False, "Status": "exited"',
    '"Running": True, "Status": "running", "Health": {"Status": "unhealthy"}',
  ];

  it("other people's containers are not waited for, and are named", () => {
    const gateways = `module.wanted_units = lambda: []\n`;
    const said = boot(prod, undefined, `[${container("db", exited)}, ${container("web", sick)}]`, gateways);
    expect(said).toMatch(
      /^host-boot: not of this stack, and not waited for: container db is exited; container web is unhealthy\nhost-boot: all is back/,
    );
  });

  it("one of another program that has a label like ours is not", () => {
    const labelled = container("clawkeep-lab-edge", exited, ', "Config": {"Labels": {"clawkeep.lab": "1"}}');
    expect(boot(prod, undefined, `[${labelled}]`, `module.wanted_units = lambda: []\n`)).toMatch(
      /not waited for: container clawkeep-lab-edge is exited\nhost-boot: all is back/,
    );
  });

  it.each([
    ["its name", container("openclaw-caddy", exited)],
    ["a label", container("second", exited, ', "Config": {"Labels": {"clawkeep.instance-of": "second"}}')],
    ["a sandbox's label", container("box", exited, ', "Config": {"Labels": {"clawkeep.gateway": "second"}}')],
    ["what it mounts", container("x", exited, ', "Mounts": [{"Source": "/opt/openclaw/config/x/0123"}]')],
  ])("one of ours is known by %s, and missed", (_, down) => {
    const gateways = `module.wanted_units = lambda: []\n`;
    expect(boot(prod, undefined, `[${down}]`, gateways)).toMatch(
      /not all came back.*container \S+ is exited/,
    );
  });

  it.each([
    ["active", /^host-boot: not all came back within 0 s: the state of gateway gw is half of one$/m],
    ["awaits-restore", /^host-boot: all is back/],
  ])("half a state is named where the role of its gateway is %s", (role, said) => {
    const half = `module.wanted_units = lambda: []
open(f"{home}/gateways/gw/role", "w").write("${role}\\n"); gateway.IMAGES = home; os.makedirs(f"{home}/gw"); open(f"{home}/gw/half-a-state", "w")
`;
    expect(boot(prod, undefined, undefined, half)).toMatch(said);
  });

  it.each([
    ["its own stack is recorded", `active_record.Record(4, "prod")`],
    ["nobody is", "None"],
    ["nobody can be asked", `active_record.Unreadable("away")`],
  ])("is a fault where %s", (_, record) => {
    expect(boot(record)).toMatch(/not all came back within 0 s: openclaw-gateway@gw.service is inactive/);
  });

  it("is a fault where the stack has no other", () => {
    expect(boot("None", "None")).toMatch(/not all came back/);
  });
});
