/** Of a host, a toolchain, a history and a configuration the report takes what it names, and nothing beside it. */
import { spawnSync } from "node:child_process";
import { parseConfiguration } from "../../../config/parse";
import type { Settings } from "../../../config/schema";
import { facts, hostScript, readFacts } from "../../../tools/first-deployment/host-facts";
import { report, without, written, type Parts } from "../../../tools/first-deployment/report";
import { forbiddenOf, stackKind, withoutNames } from "../../../tools/first-deployment/stack";
import { readUpdates } from "../../../tools/first-deployment/updates";
import { readVersions } from "../../../tools/first-deployment/versions";
import {
  everything,
  existing,
  prod,
  rawConfiguration,
  twoGateways,
} from "../../fixtures/stack-configuration";
import type { StackFixture } from "../../fixtures/stack-configuration";

function settingsOf(fixture: StackFixture): Settings {
  const parsed = parseConfiguration(rawConfiguration(fixture));
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.settings;
}
const configOf = (fixture: StackFixture) => {
  const { values, secretKeys } = rawConfiguration(fixture);
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, { value, secret: secretKeys.has(key) }]),
  );
};

describe("facts of the host", () => {
  const said = [
    "os\tdebian 13 trixie ",
    "kernel\t6.12.43+deb13-cloud-amd64 ",
    "dockerVersions\t29.1.3 1.52 1.44 29.1.3 ",
    "dockerSecurity\tname=apparmor name=seccomp,profile=builtin name=cgroupns ",
    "openFiles\t65536:65536 1024:524288 ",
    "packages\tdocker.io=26.1.5+dfsg1-9+b9 openssh-server=1:10.0p1-7 my-own-tool=1.0 docker.io=198.51.100.7/x ",
    "aptSources\tdeb.debian.org/trixie security.debian.org/trixie-security apt.our-company.example/trixie ",
    "failedUnits\tcloud-final.service $(reboot) ",
    "mounts\text4=3 tmpfs=9 overlay=7 ",
    "secretThing\twhat nobody asked for",
    "and lines of any other kind",
  ].join("\n");
  const read = readFacts(said);

  test("a word of the right form is taken", () => {
    expect(read.os).toEqual({ words: ["debian", "13", "trixie"] });
    expect(read.kernel.words).toEqual(["6.12.43+deb13-cloud-amd64"]);
    expect(read.dockerVersions.words).toEqual(["29.1.3", "1.52", "1.44", "29.1.3"]);
    expect(read.dockerSecurity.words).toHaveLength(3);
    expect(read.openFiles.words).toEqual(["65536:65536", "1024:524288"]);
    expect(read.mounts.words).toEqual(["ext4=3", "tmpfs=9", "overlay=7"]);
  });

  test("one of another form stays on the host, and is counted", () => {
    expect(read.packages).toEqual({
      words: ["docker.io=26.1.5+dfsg1-9+b9", "openssh-server=1:10.0p1-7"],
      leftOut: 2,
    });
    expect(read.aptSources).toEqual({
      words: ["deb.debian.org/trixie", "security.debian.org/trixie-security"],
      leftOut: 1,
    });
    expect(read.failedUnits).toEqual({ words: ["cloud-final.service"], leftOut: 1 });
  });

  test("what nobody asked for is not there, what had no answer is empty", () => {
    expect(Object.keys(read)).toEqual(Object.keys(facts));
    expect(JSON.stringify(read)).not.toMatch(/secretThing|nobody|company/);
    expect(read.apparmor).toEqual({ words: [] });
  });

  test("the script is good shell, says a line for each fact also where a program is missing, and this machine's kernel", () => {
    const { status, stdout, stderr } = spawnSync("bash", ["-c", hostScript], { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.split("\t")[0]),
    ).toEqual(Object.keys(facts));
    expect(readFacts(stdout).kernel.words).toHaveLength(1);
    expect(readFacts(stdout).mounts.words.length).toBeGreaterThan(0);
  });
});

test("of what Pulumi says about itself, versions; no path, no user, no address", () => {
  const about = {
    cliAbout: { version: "v3.230.0", goVersion: "go1.26", extra: "x" },
    host: { os: "debian", version: "13.1", arch: "x86_64" },
    backend: { name: "someone", url: "file:///home/someone/state", user: "someone" },
    currentStack: { name: "someone/prod", resources: [{ urn: "urn:x" }] },
    runtime: { executable: "/home/someone/node" },
  };
  const plugins = [
    { name: "hcloud", kind: "resource", version: "1.32.1", path: "/home/someone/.pulumi", size: 7 },
    { name: "/odd name", kind: "resource", version: "1" },
    null,
    { name: "docker", kind: "resource", version: "5.2.0" },
  ];
  expect(readVersions(JSON.stringify(about), JSON.stringify(plugins))).toEqual({
    pulumi: "v3.230.0",
    system: ["debian", "13.1", "x86_64"],
    backend: "file",
    plugins: ["docker 5.2.0 (resource)", "hcloud 1.32.1 (resource)"],
  });
});

test.each(["", "no JSON", "[]", '{"cliAbout": 7, "host": null}'])("where it says %p, nothing", (said) => {
  expect(readVersions(said, said)).toMatchObject({ pulumi: undefined, system: [], plugins: [] });
});

test("of the history: kind, result, day, seconds and counts, the newest first", () => {
  const entry = (day: string, extra: object) => ({
    kind: "update",
    startTime: `${day}T10:00:00.000Z`,
    endTime: `${day}T10:20:03.400Z`,
    result: "succeeded",
    message: "by somebody at home",
    environment: { "git.author.email": "me@example.com" },
    config: { "clawkeep:hostname": { value: "assistant.example.org" } },
    ...extra,
  });
  const history = [
    entry("2026-12-01", { resourceChanges: { create: 82 } }),
    entry("2026-12-02", { resourceChanges: { same: 82 }, version: 2 }),
    entry("2026-12-03", { result: "exploded" }),
    entry("2026-12-03", { resourceChanges: { "our-own": 1 } }),
    "no entry",
  ];
  expect(readUpdates(JSON.stringify(history))).toEqual([
    { kind: "update", result: "succeeded", day: "2026-12-02", seconds: 1203, changes: { same: 82 } },
    { kind: "update", result: "succeeded", day: "2026-12-01", seconds: 1203, changes: { create: 82 } },
  ]);
  expect([readUpdates(""), readUpdates("{}"), readUpdates("null")]).toEqual([[], [], []]);
});

describe("the stack", () => {
  test.each([prod, existing, everything, twoGateways])(
    "its kind is said in the program's own words",
    (fixture) => {
      const said = JSON.stringify(stackKind(settingsOf(fixture)));
      expect(said).toContain('"role":"active"');
      expect(said).not.toMatch(/example|203\.0|2001:|ssh-ed|0123456789abcdef|second|llama/);
    },
  );

  test("every secret, its names and its addresses are what the report is held against", () => {
    const outputs = { ipv4: "203.0.113.20", ipv6: "", gatewayTokens: { openclaw: "token-of-the-output" } };
    const forbidden = forbiddenOf(settingsOf(everything), configOf(everything), outputs);
    for (const value of Object.values(everything.secrets)) expect(forbidden.secrets).toContain(value);
    expect(forbidden.secrets).toContain("token-of-the-output");
    expect(forbidden.names).toEqual(
      expect.arrayContaining([
        ...["assistant.example.org", "example.org", "models.example.com", "hooks.example.net"],
      ]),
    );
    expect(forbidden.names).not.toContain("api.anthropic.com");
    const machines = ["marias-server", "debian", "", "localhost", "vps.example.net"];
    expect(forbiddenOf(settingsOf(everything), configOf(everything), outputs, machines).names).toEqual([
      ...forbidden.names,
      ...["marias-server", "vps.example.net"],
    ]);
    expect(forbidden.addresses).toEqual(["203.0.113.20"]);
    const own = forbiddenOf(settingsOf(existing), configOf(existing), {});
    expect(own.addresses).toEqual(["203.0.113.20", "2001:db8::20"]);
  });

  test("gateways are numbered, but for the one that everybody has", () => {
    const settings = settingsOf(twoGateways);
    expect(withoutNames("limits of second-docker-proxy and seconds, openclaw@second", settings)).toBe(
      "limits of gateway-2-docker-proxy and seconds, openclaw@gateway-2",
    );
  });
});

describe("the report", () => {
  const again = "make report-first-deployment STACK=prod";
  const settings = settingsOf(prod);
  const outputs = { ipv4: "203.0.113.10", gatewayUrl: "https://assistant.example.org/" };
  const forbidden = forbiddenOf(settings, configOf(prod), outputs);
  const token = prod.secrets["clawkeep:gatewayToken-openclaw"] ?? "";
  const parts: Parts = {
    program: { version: "0.1.0", commit: "0a1b2c3d4e", changed: false },
    node: "v20.19.2",
    versions: { system: [], plugins: ["docker 5.2.0 (resource)"] },
    stack: stackKind(settings),
    host: readFacts("failedUnits\tbackup-assistant.example.org.service cloud-final.service"),
    verify: [
      { group: "host", name: "disk", ok: true, detail: `7 % of ${token}` },
      {
        group: "access",
        name: "the token",
        ok: false,
        detail: `curl https://assistant.example.org ${token}\nat 198.51.100.7`,
      },
    ],
    updates: [],
  };
  const made = (changes: Partial<Parts> = {}) =>
    report({ ...parts, ...changes }, forbidden, (text) => text, new Date("2026-12-01T10:00:00Z"));

  test("has a failed row's words redacted, and none of one that holds", () => {
    const text = written(made(), forbidden, again);
    expect(JSON.parse(text)).toMatchObject({
      day: "2026-12-01",
      verify: {
        hold: 1,
        of: 2,
        rows: [
          { group: "host", name: "disk", ok: true },
          {
            name: "the token",
            ok: false,
            detail: expect.stringMatching(/^curl .*\[a secret of the stack\]\nat \[an IPv4/),
          },
        ],
      },
    });
    expect(text).not.toMatch(new RegExp(`${token}|example\\.org|198\\.51|7 %`));
    expect(text).toContain("cloud-final.service");
  });

  test("says why a host did not answer, and not where it is", () => {
    const problem = "ssh -p 22 root@203.0.113.10 failed (255): Connection timed out";
    const text = written(made({ host: { problem }, verify: { problem } }), forbidden, again);
    expect(text).toContain("failed (255): Connection timed out");
    expect(text).not.toContain("203.0.113.10");
  });

  test("is refused where a field holds what it may not, by the field's name and with what to type", () => {
    const versions = { system: [], plugins: [`mine ${token}`] };
    expect(() => written(made({ versions }), forbidden, again)).toThrow(
      /versions\.plugins\.0 holds a secret of the stack\n.*make report-first-deployment STACK=prod WITHOUT=versions\.plugins /,
    );
    let said = "";
    try {
      written(made({ versions }), forbidden, again);
    } catch (error) {
      said = String(error);
    }
    expect(said).not.toContain(token);
    expect(written(without(made({ versions }), ["versions.plugins"]), forbidden, again)).not.toContain(token);
  });

  test("leaves out what it has, and says so of what it does not have", () => {
    const left = without(made(), ["verify", "host.failedUnits"]);
    expect([Object.hasOwn(left, "verify"), Object.hasOwn(left["host"] as object, "failedUnits")]).toEqual([
      false,
      false,
    ]);
    expect(() => without(made(), ["host.nothing"])).toThrow("the report has no field host.nothing");
    expect(() => without(made(), ["host..x"])).toThrow("no field");
  });
});
