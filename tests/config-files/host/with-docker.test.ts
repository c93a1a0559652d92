/** Scripts that talk to Docker, run for real against a client that says what it is told to. */
import { onAHost, possible, type FakeDocker } from "./on-a-host";

const bin = "/opt/openclaw/bin";
const inspected = (changes: { state?: object; config?: object } = {}) => ({
  Id: "openclaw",
  Name: "/openclaw",
  Image: "sha256:0",
  Config: { Image: "clawkeep/openclaw:0123456789ab", User: "1000:1000" },
  HostConfig: { ReadonlyRootfs: true, CapDrop: ["ALL"], CapAdd: null, PidsLimit: null, ...changes.config },
  State: {
    Running: true,
    Status: "running",
    Health: { Status: "healthy", Log: [{ Output: "refused" }] },
    ...changes.state,
  },
});
const docker = (container: unknown, more: Partial<FakeDocker> = {}): FakeDocker => ({
  containers: { openclaw: container },
  images: {},
  ...more,
});
const order = (changes: Record<string, unknown> = {}): string =>
  JSON.stringify({
    pidsLimit: 512,
    started: true,
    mustNotRun: false,
    timeoutSeconds: 1,
    expect: {
      "HostConfig.ReadonlyRootfs": true,
      "HostConfig.CapDrop": ["ALL"],
      "HostConfig.CapAdd": null,
      "Config.User": "1000:1000",
    },
    ...changes,
  });
const settle = (container: unknown, changes: Record<string, unknown> = {}, more: Partial<FakeDocker> = {}) =>
  onAHost(`${bin}/settle-container openclaw; exit $?`, {
    input: order(changes),
    docker: docker(container, more),
  });

(possible ? describe : describe.skip)("settle-container", () => {
  it("sets the pids limit and is content when the daemon holds all that was asked for", () => {
    const outcome = settle(inspected());
    expect(outcome).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(outcome.docker[0]).toBe("update --pids-limit 512 openclaw");
  });

  it("says what the daemon has in place of what was asked for", () => {
    const { status, stderr } = settle(
      inspected({ config: { ReadonlyRootfs: false, CapDrop: null, CapAdd: ["CAP_SYS_ADMIN"] } }),
    );
    expect(status).toBe(1);
    expect(stderr.split("\n").slice(1, 4)).toEqual([
      "  HostConfig.ReadonlyRootfs is false, not true",
      '  HostConfig.CapDrop is null, not ["ALL"]',
      '  HostConfig.CapAdd is ["CAP_SYS_ADMIN"], not null',
    ]);
  });

  it("reads the pids limit back", () => {
    const { status, stderr } = settle(inspected(), {}, { deaf: true });
    expect(status).toBe(1);
    expect(stderr).toContain("HostConfig.PidsLimit is null, not 512");
  });

  it("shows the last log lines of a container that does not become healthy, and the probe's own words", () => {
    const { status, stderr } = settle(
      inspected({ state: { Health: { Status: "unhealthy", Log: [{ Output: "refused" }] } } }),
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/openclaw is not healthy after 1 s: it is running, its probe says: refused\n/);
    expect(stderr.match(/^log line \d+$/gm)).toHaveLength(50);
  });

  it("does not wait for one that is only to be there", () => {
    const down = inspected({ state: { Running: false, Status: "created", Health: undefined } });
    expect(settle(down, { started: false }).status).toBe(0);
  });

  it("starts one that is down and has to run: the provider does not where a stack becomes the active one", () => {
    const down = inspected({ state: { Running: false, Status: "created" } });
    const { docker: calls } = settle(down, { started: true });
    expect(calls).toContain("start openclaw");
    expect(settle(inspected()).docker).not.toContain("start openclaw");
  });

  it("stops one that runs on a standby", () => {
    const { status, docker: calls } = settle(inspected(), { started: false, mustNotRun: true });
    expect([status, calls.includes("stop -t 30 openclaw")]).toEqual([0, true]);
  });

  it("finds fault with one that runs on a standby and does not stop", () => {
    const { status, stderr } = settle(inspected(), { started: false, mustNotRun: true }, { stubborn: true });
    expect(status).toBe(1);
    expect(stderr).toContain("this stack is a standby: docker stop openclaw");
  });

  it("says so when there is no such container", () => {
    const outcome = onAHost(`${bin}/settle-container gone; exit $?`, {
      input: order(),
      docker: docker(inspected()),
    });
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toContain("gone");
  });
});

(possible ? describe : describe.skip)("build-image", () => {
  const tag = "clawkeep/sandbox:0123456789ab";
  const build = (images: Record<string, string>) =>
    onAHost(`${bin}/build-image ${tag} none BASE=docker.io/library/debian:bookworm; exit $?`, {
      input: Buffer.from("context").toString("base64"),
      docker: { containers: {}, images },
    });

  it("builds what is not there, without a network, and prints the image's id and nothing else", () => {
    const { status, stdout, docker: calls } = build({});
    expect({ status, stdout }).toEqual({ status: 0, stdout: "sha256:7\n" });
    expect(calls).toContain(
      `build --network none --tag ${tag} --build-arg BASE=docker.io/library/debian:bookworm -`,
    );
  });

  it("builds nothing that is there", () => {
    const { status, stdout, docker: calls } = build({ [tag]: "sha256:old" });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "sha256:old\n" });
    expect(calls.filter((call) => call.startsWith("build"))).toEqual([]);
  });
});

(possible ? describe : describe.skip)("gateway-activate and gateway-gate", () => {
  const home = "mkdir -p /opt/openclaw/gateways/openclaw";
  const unit = "openclaw-gateway@openclaw.service";
  const activate = (role: string, state: object) =>
    onAHost(
      `${home}; ${bin}/gateway-activate openclaw openclaw ${role} 1 openclaw-litellm openclaw-egress && cd /opt/openclaw/gateways/openclaw && cat role needs`,
      {
        docker: docker(inspected({ state })),
      },
    );

  it("an active gateway that is ready is enabled, and not disturbed", () => {
    const { status, stdout, systemctl } = activate("active", {});
    expect(status).toBe(0);
    expect(stdout).toBe("gateway openclaw is ready\nactive\nopenclaw-litellm\nopenclaw-egress\n");
    expect(systemctl).toEqual([`enable --quiet ${unit}`, `is-active ${unit}`]);
  });

  it("one that does not get ready is a fault, with its last log lines", () => {
    const { status, stderr, systemctl } = activate("active", { Running: false });
    expect(status).toBe(1);
    expect(systemctl).toContain(`restart --no-block ${unit}`);
    expect(stderr).toContain("gateway-swap: openclaw does not serve: it is not ready after 1 s");
    expect(stderr.match(/^log line \d+$/gm)).toHaveLength(50);
  });

  it("a standby's is disabled and stopped", () => {
    const { status, stdout, systemctl, docker: calls } = activate("standby", {});
    expect(status).toBe(0);
    expect(stdout).toContain("gateway openclaw is down: this stack is standby\nstandby\n");
    expect(systemctl).toEqual([`disable --quiet --now ${unit}`, `stop ${unit}`]);
    expect(calls).toContain("stop -t 340 openclaw");
  });

  it("one that waits for a restore is down, and does not become active before that is done", () => {
    const waits = activate("awaits-restore", {});
    expect([waits.status, waits.stdout]).toEqual([
      0,
      expect.stringContaining("gateway openclaw is down: it waits for a restore\nawaits-restore\n"),
    ]);
    expect(waits.systemctl).toEqual([`disable --quiet --now ${unit}`, `stop ${unit}`]);
    const early = onAHost(
      `${home}; cd /opt/openclaw/gateways/openclaw; echo awaits-restore >role; ${bin}/gateway-activate openclaw openclaw active 1 || cat role`,
      { docker: docker(inspected({ state: {} })) },
    );
    expect([early.stdout, early.stderr, early.systemctl]).toEqual([
      "awaits-restore\n",
      expect.stringMatching(/does not start: .*make restore STACK=NAME COLD=1.*--give-up/),
      [],
    ]);
  });

  it.each([
    ["active", 0],
    ["standby", 1],
    ["awaits-restore", 1],
    ["", 1],
    ["activex", 1],
  ])("at boot, the role %j ends with %d", (role, status) => {
    expect(
      onAHost(
        `${home}; echo '${role}' >/opt/openclaw/gateways/openclaw/role; ${bin}/gateway-gate role openclaw; exit $?`,
      ).status,
    ).toBe(status);
  });

  it("at boot, a host without a role starts nothing", () => {
    // On standard error: the unit gives the other to nobody.
    const { status, stderr } = onAHost(`${home}; ${bin}/gateway-gate role openclaw; exit $?`);
    expect(status).toBe(1);
    expect(stderr).toContain("the role of this host is 'unknown'");
  });

  it.each([
    [
      "is under way",
      "wait",
      "echo {} >/opt/openclaw/gateways/openclaw/restore.json",
      /^gateway-gate: openclaw does not start: a restore of it .*/,
    ],
    // By its role, so that systemd tries nothing again.
    [
      "is left",
      "role",
      "echo active >/opt/openclaw/gateways/openclaw/role",
      /^gateway openclaw stays down: a restore of it .* --give-up; then pulumi up\n$/,
    ],
  ])("at boot, half a state starts nothing: a restore %s", (_, question, note, said) => {
    const mark = "mkdir -p /opt/openclaw/volume/gateways/openclaw; touch $_/half-a-state";
    const { status, stderr } = onAHost(
      `${home}; ${mark}; ${note}; ${bin}/gateway-gate ${question} openclaw; exit $?`,
      {
        docker: docker(inspected({ config: { PidsLimit: 512 } })),
      },
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(said);
  });

  it.each([
    ["settled, with what it needs healthy", { PidsLimit: 512 }, "healthy", 0],
    ["without a pids limit", { PidsLimit: null }, "healthy", 1],
    ["beside something that is not healthy", { PidsLimit: 512 }, "starting", 1],
  ])("at boot, a gateway %s", (_, config, health, status) => {
    const wait = `sed -i 's/^LIMIT_SECONDS = .*/LIMIT_SECONDS = 1/' ${bin}/gateway-gate; echo openclaw-litellm >/opt/openclaw/gateways/openclaw/needs`;
    const containers = {
      openclaw: inspected({ config }),
      "openclaw-litellm": inspected({ state: { Health: { Status: health } } }),
    };
    const outcome = onAHost(`${home}; ${wait}; ${bin}/gateway-gate wait openclaw; exit $?`, {
      docker: { containers, images: {} },
    });
    expect(outcome.status).toBe(status);
    if (status !== 0)
      expect(outcome.stderr).toMatch(
        /^gateway-gate: openclaw waits for:.*(not settled|openclaw-litellm \(starting\))/,
      );
  });
});

(possible ? describe : describe.skip)("gateway-list", () => {
  const at = (address: string) => ({
    ...inspected(),
    NetworkSettings: { Networks: { "openclaw-net": { IPAMConfig: { IPv4Address: address } } } },
  });
  const list = (words: string) =>
    onAHost(`mkdir -p /opt/openclaw/gateways/{a,b}; ${bin}/gateway-list ${words}; exit $?`, {
      docker: { containers: { a: at("10.0.0.100"), b: at("10.0.0.101") }, images: {} },
    });

  it("leaves alone what stays where it is, and what moves to where nobody is", () => {
    expect(list("a=10.0.0.100 b=10.0.0.107 c=10.0.0.102")).toMatchObject({
      status: 0,
      stderr: "",
      systemctl: [],
    });
  });

  it("stops one whose address is another's from now on", () => {
    const { status, stderr, systemctl, docker: calls } = list("b=10.0.0.100 a=10.0.0.107");
    expect({ status, systemctl }).toEqual({ status: 0, systemctl: ["stop openclaw-gateway@a.service"] });
    expect(calls.filter((call) => call.startsWith("stop"))).toEqual(["stop -t 340 a"]);
    expect(stderr).toContain("a is stopped until it has moved: its address 10.0.0.100 is that of b now");
  });
});
