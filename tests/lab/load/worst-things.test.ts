/** The worst that a gateway can do to others: that each program is one, ends by itself, and takes what is bounded alone. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { usersOf } from "../../../config/services";
import { sandboxesDirectory } from "../../../config-files/gateway/paths";
import { rebuildCreateBody } from "../../../config-files/socket-proxy/create-body";
import { filterConfiguration } from "../../../config-files/socket-proxy/deployment";
import { rebuildExecBody } from "../../../config-files/socket-proxy/exec-body";
import { matchRoute } from "../../../config-files/socket-proxy/routes";
import { tiers } from "../../../config/tiers";
import { execBody } from "../../config-files/socket-proxy/support/legal";
import { programOf } from "../../rehearsal/load/attacker";
import { makeSandboxes, marker, sandboxBody } from "../../rehearsal/load/gateway-prelude";
import { stopsWhatIsStarted } from "../../rehearsal/load/in-gateway";
import { hostile } from "../../rehearsal/load/stack";
import { mostSeconds, worstThings } from "../../rehearsal/load/worst-things";

const all = [...worstThings, stopsWhatIsStarted];
const python = spawnSync("python3", ["--version"]).status === 0;

/** @throws Error with what the language has to say against it */
function read(language: "python" | "node", program: string): void {
  const [command, ...words] =
    language === "node"
      ? [process.execPath, "--input-type=module", "--check", "-"]
      : ["python3", "-c", "import ast, sys; ast.parse(sys.stdin.read())"];
  const { status, stderr } = spawnSync(command ?? "", words, { input: program, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

it("there are things of every kind, each by a name of its own", () => {
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  const said = all.map(({ name }) => name).join("\n");
  for (const kind of [
    ...[/CPU/, /forks/, /memory/, /fills/, /inodes/, /inotify/, /terminals/, /processes/, /writes|lines/],
    ...[/filter/, /never started/, /sandboxes made/, /LiteLLM/, /relay/, /names/],
  ])
    expect(said).toMatch(kind);
  // With four turns each of them, each gateway has its 60.
  expect(worstThings.length * 4).toBeGreaterThanOrEqual(60);
  expect(mostSeconds).toBeLessThanOrEqual(120);
});

it.each(all)("$from: $name: ends by itself, and takes no watches of inotify", ({ from, program }) => {
  expect(program).toMatch(from === "gateway" ? /going\(\)/ : /going\(\)|hold\(\)/);
  // Millions of them keep a kernel busy for minutes after their process is gone.
  expect(program).not.toMatch(/inotify_add_watch|epoll_ctl|fs\.watch/);
});

it.each(all)("$from: $name: is a program, and so is what starts it", (thing) => {
  read("node", programOf(hostile, thing));
  if (thing.from === "sandboxes" && python) read("python", thing.program);
});

it("what makes the sandboxes is a program, and asks for what the filter of that gateway lets through", () => {
  read("node", makeSandboxes(hostile));
  const image = "clawkeep/sandbox:0123456789ab";
  const configuration = JSON.parse(
    filterConfiguration({
      ...{ gateway: hostile.name, image, imageId: "sha256:00", sandbox: tiers.starter.sandbox },
      ...{ hostDirectory: sandboxesDirectory(hostile), sourceDirectory: "/workspaces" },
      ...{ user: usersOf(hostile.slot).sandbox, cgroupParent: "openclaw-fourth.slice" },
    }),
  ) as Parameters<typeof rebuildCreateBody>[1];
  const made = rebuildCreateBody(sandboxBody(hostile, image), configuration, () => []);
  expect(made).toMatchObject({ HostConfig: { CgroupParent: "openclaw-fourth.slice" } });
  const command = { ...execBody("true"), Cmd: ["/bin/sh", "-lc", ": x"] };
  expect(rebuildExecBody(command, configuration)).toMatchObject({ Cmd: command.Cmd });
  const id = "0".repeat(64);
  for (const [method, target] of [
    ["POST", "/v1.44/containers/create?name=fourth.worst-1"],
    ["POST", "/v1.44/containers/fourth.worst-1/start"],
    ["DELETE", "/v1.44/containers/fourth.worst-3?force=1"],
    ["POST", `/v1.44/containers/${id}/exec`],
    ["POST", `/exec/${id}/start`],
  ] as const)
    expect(matchRoute(method, target).name).toBeTruthy();
});

it("a program is refused that is none", () => {
  expect(() => read("node", "const = 1")).toThrow("SyntaxError");
});

it("a program for sandboxes gets the mark and the seconds, within what one command may have", () => {
  for (const { from, program } of all) {
    if (from !== "sandboxes") continue;
    expect(Buffer.byteLength(program)).toBeLessThan(16 * 1024);
    expect(program).toContain("float(sys.argv[2])");
  }
  expect(marker).toMatch(/^clawkeep-[a-z]+$/);
});

(python ? it : it.skip)(
  "in a sandbox, a program that holds what it has ends when its seconds are over",
  () => {
    const terminals = worstThings.find(({ name }) => name === "takes terminals");
    const own = (terminals?.program ?? "")
      .replace("/workspace/worst", "/tmp/clawkeep-worst-test")
      .replace("900", "2");
    const began = Date.now();
    rmSync("/tmp/clawkeep-worst-test", { recursive: true, force: true });
    const { status, stderr } = spawnSync("python3", ["-c", own, "clawkeep-tried", "1"], { timeout: 30_000 });
    expect([status, stderr.toString()]).toEqual([0, ""]);
    expect(Date.now() - began).toBeGreaterThan(900);
    rmSync("/tmp/clawkeep-worst-test", { recursive: true });
  },
);
