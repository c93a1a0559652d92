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
  ps) echo aaa; echo bbb ;;
  run)
    n=$(grep -c '^run ' calls); [ -e code-$n ] || n=${codes.length}
    echo 'a sandbox cannot be made: the words of the filter' >&2
    exit "$(cat code-$n)" ;;
esac
`;
  writeFileSync(join(directory, "docker"), fake, { mode: 0o755 });
  const { status, stdout, stderr } = spawnSync(script, ["gw", "image:1", "/etc/of-gw", "59007", role], {
    encoding: "utf8",
    env: { ...process.env, PATH: [directory, process.env["PATH"]].join(delimiter) },
  });
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
  expect(words.slice(-4)).toEqual([
    "node",
    "image:1",
    "/prove-sandbox.mjs",
    "/opt/openclaw/gateways/gw/of-gateway/workspaces",
  ]);
  const after = (option: string): string[] =>
    words.flatMap((word, at) => (word === option ? [words[at + 1] ?? ""] : []));
  expect(after("--user")).toEqual(["59007:59007"]);
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

test("a gateway that has all its sandboxes loses them, and it is tried again", () => {
  const again = prove([3, 0]);
  expect([again.status, again.runs.length]).toEqual([0, 2]);
  expect(again.calls.filter((call) => /^rm --force (aaa|bbb)$/.test(call))).toHaveLength(2);
});

test("a gateway that makes new ones each time is let through after three tries, and it is said", () => {
  const never = prove([3]);
  expect([never.status, never.runs.length]).toEqual([0, 3]);
  expect(never.stdout).toBe(
    "not proven: gw makes as many sandboxes as it may, again and again. Look at: docker logs gw\n",
  );
});

test("on a standby nobody is asked", () => {
  const { status, stdout, calls } = prove([1], "standby");
  expect([status, stdout]).toEqual([0, "not asked: the filter of gw is down on a standby\n"]);
  expect(calls).toEqual([]);
});
