/** What the host makes of a proof's end: its container by the words that it is run with, its refusals and its tries. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const script = join(__dirname, "..", "..", "..", "config-files", "host", "bin", "gateway-prove-sandbox");
let directory = "";
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "clawkeep-proof-"))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs it with a docker whose `run` ends with each of these codes in turn, the last of them from then on. */
function prove(codes: number[], role = "active") {
  codes.forEach((code, index) => writeFileSync(join(directory, `code-${index + 1}`), `${code}`));
  const fake = `#!/bin/sh
cd ${directory}
echo "$*" >>calls
case $1 in
  ps) case "$*" in *name=gw.proof) echo ccc ;; *) echo aaa; echo bbb ;; esac ;;
  run)
    n=$(grep -c '^run ' calls); [ -e code-$n ] || n=${codes.length}
    echo 'a sandbox cannot be made: the words of the filter' >&2
    exit "$(cat code-$n)" ;;
esac
`;
  writeFileSync(join(directory, "docker"), fake, { mode: 0o755 });
  const { status, stdout, stderr } = spawnSync(
    script,
    ["gw", "image:1", "/etc/of-gw", "59007", "59107", role],
    {
      encoding: "utf8",
      env: { ...process.env, PATH: [directory, process.env["PATH"]].join(delimiter) },
    },
  );
  writeFileSync(join(directory, "calls"), "", { flag: "a" });
  const calls = readFileSync(join(directory, "calls"), "utf8").split("\n").filter(Boolean);
  return { status, stdout, stderr, calls, runs: calls.filter((call) => call.startsWith("run ")) };
}

test("its container has the gateway's user and image, the filter's socket, and nothing of the gateway's state", () => {
  const { status, stdout, runs } = prove([0]);
  expect([status, stdout]).toEqual([
    0,
    "a sandbox of gw was made through its filter, answered, and is removed\n",
  ]);
  expect(runs).toHaveLength(1);
  const words = (runs[0] ?? "").split(" ");
  expect(words.slice(-5)).toEqual([
    "node",
    "image:1",
    "/prove-sandbox.mjs",
    "/opt/openclaw/gateways/gw/of-gateway/workspaces",
    // Part of the sandbox's name, which the gateway cannot know before.
    expect.stringMatching(/^[0-9a-f]{16}$/),
  ]);
  const after = (option: string): string[] =>
    words.flatMap((word, at) => (word === option ? [words[at + 1] ?? ""] : []));
  expect(after("--user")).toEqual(["59007:59007"]);
  // The group of the filter's socket for this, which the gateway is not in.
  expect(after("--group-add")).toEqual(["59107"]);
  expect(after("--env")).toContain("DOCKER_HOST=unix:///run/openclaw/proof.sock");
  expect(after("--network")).toEqual(["none"]);
  expect(words).toEqual(expect.arrayContaining(["--read-only", "--cap-drop", "no-new-privileges"]));
  expect(after("--volume")).toEqual([
    "/opt/openclaw/gateways/gw/socket:/run/openclaw:ro",
    "/opt/openclaw/gateways/gw/of-gateway/workspaces:/opt/openclaw/gateways/gw/of-gateway/workspaces",
    "/etc/of-gw:/etc/openclaw:ro",
    `${join(script, "..", "prove-sandbox.mjs")}:/prove-sandbox.mjs:ro`,
  ]);
});

test("what the filter refuses ends it, with the filter's words and the way out", () => {
  const { status, stderr, runs } = prove([1]);
  expect(status).toBe(1);
  expect(runs).toHaveLength(1);
  expect(stderr).toMatch(
    /its container was not changed\.\na sandbox cannot be made: the words of the filter\n/,
  );
  expect(stderr).toMatch(/docker logs --tail 20 gw-docker-proxy\nTo mend it: .* then: pulumi up/s);
});

test("what a proof leaves, or one before that was cut off, is removed by root", () => {
  const { calls } = prove([0]);
  const removed = calls.flatMap((call, at) => (call === "rm --force ccc" ? [at] : []));
  const run = calls.findIndex((call) => call.startsWith("run "));
  expect(removed.map((at) => at < run)).toEqual([true, false]);
  expect(calls).toContain(
    "ps --all --quiet --no-trunc --filter label=clawkeep.gateway=gw --filter name=gw.proof",
  );
});

test("a gateway that is in the way loses its sandboxes, and it is tried again", () => {
  const again = prove([3, 0]);
  expect([again.status, again.runs.length]).toEqual([0, 2]);
  expect(again.calls.filter((call) => /^rm --force (aaa|bbb)$/.test(call))).toHaveLength(2);
});

test("a gateway that is in the way each time is changed after three tries, and it is said that nothing is proven", () => {
  const never = prove([3]);
  expect([never.status, never.runs.length]).toEqual([0, 3]);
  expect(never.stdout).toMatch(
    /^NOT PROVEN: whether the tools of gw will work\. .*\na sandbox cannot be made: the words of the filter\nLook at: docker logs gw; /,
  );
});

test.each([1, 124, 125])("code %i, which is of no gateway's making, still ends it", (code) => {
  const { status, runs } = prove([code]);
  expect([status, runs.length]).toEqual([1, 1]);
});

test("on a standby nobody is asked", () => {
  const { status, stdout, calls } = prove([1], "standby");
  expect([status, stdout]).toEqual([0, "not asked: the filter of gw is down on a standby\n"]);
  expect(calls).toEqual([]);
});
