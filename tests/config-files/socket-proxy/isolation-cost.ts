/**
 * Measures what further walls around a sandbox cost, on the engine of a stand-in that has them for every container: none,
 * user namespaces (`userns-remap`), gVisor (`runsc`). A sandbox is made as OpenClaw asks for it, by way of the filter: whether it
 * is made at all, whether it can write its workspace, its start, an exec round trip, its memory.
 *
 * Usage: npx tsx tests/config-files/socket-proxy/isolation-cost.ts [ROUNDS]. Prints one line of JSON for each. gVisor is measured
 * where CLAWKEEP_RUNSC is the path of a `runsc`; how it is built: docs/decisions.md.
 */
import { chmodSync, chownSync, copyFileSync } from "node:fs";
import { join } from "node:path";
import { percentile } from "../../../lab/load/percentile";
import { startedOutput } from "./support/exec-output";
import { FlavouredEngine } from "./support/flavoured-engine";
import { execBody } from "./support/legal";
import { http, send } from "./support/raw-http";
import { World } from "./support/world";

const rounds = Number(process.argv[2] ?? 60);
/** A new sandbox each. */
const starts = 10;

interface Wall {
  readonly name: string;
  /** Arguments of the daemon. @param directory of the world, which the engine sees by the same path */
  readonly flags: (directory: string) => readonly string[];
  /** Owner of the workspace on the disk, where it is not the sandbox's own number. */
  readonly owner?: number;
  /** The program that the engine needs. */
  readonly program?: string;
}

/** Where Debian begins with the numbers of its first user namespace; the sandbox's 1000 comes on top. */
const firstMapped = 100_000;
const runsc = process.env["CLAWKEEP_RUNSC"];
const walls: readonly Wall[] = [
  { name: "none", flags: () => [] },
  { name: "userns-remap", flags: () => ["--userns-remap=default"] },
  {
    name: "userns-remap, workspace of the mapped number",
    flags: () => ["--userns-remap=default"],
    owner: firstMapped + 1000,
  },
  ...(runsc === undefined
    ? []
    : [
        {
          name: "gVisor",
          flags: (directory: string) => [
            `--add-runtime=runsc=${join(directory, "runsc")}`,
            "--default-runtime=runsc",
          ],
          program: runsc,
        },
      ]),
];

/** @returns the answer's head and what the command has printed, with the bytes that frame it @throws Error where it is refused */
async function execute(socket: string, id: string, command: string): Promise<string> {
  const [created] = await send(socket, [http("POST", `/v1.44/containers/${id}/exec`, execBody(command))]);
  const exec = /"Id":"([0-9a-f]+)"/.exec(created?.body ?? "")?.[1];
  if (exec === undefined) throw new Error(`no exec: ${created?.status} ${created?.body}`);
  return startedOutput(socket, exec);
}

async function made(world: World): Promise<{ id: string; ms: number }> {
  const began = performance.now();
  const path = `/v1.44/containers/create?name=${world.freshName()}`;
  const [created] = await send(world.filterSocket, [http("POST", path, world.createBody())]);
  const id = /"Id":"([0-9a-f]+)"/.exec(created?.body ?? "")?.[1];
  if (id === undefined) throw new Error(`not created: ${created?.status} ${created?.body}`);
  const [started] = await send(world.filterSocket, [http("POST", `/v1.44/containers/${id}/start`)]);
  if (started?.status !== 204) throw new Error(`not started: ${started?.status} ${started?.body}`);
  return { id, ms: performance.now() - began };
}

async function measure({ name, flags, owner, program }: Wall): Promise<object> {
  const world = new World((directory) => new FlavouredEngine(directory, "debian", flags(directory)));
  // A mapped root has to pass on its way to the images.
  chmodSync(world.directory, 0o755);
  if (program !== undefined) {
    copyFileSync(program, join(world.directory, "runsc"));
    chmodSync(join(world.directory, "runsc"), 0o755);
  }
  try {
    await world.start();
    const workspace = join(world.mount.directory, world.workspace);
    if (owner !== undefined)
      for (const each of [world.mount.directory, workspace, join(workspace, "skills")])
        chownSync(each, owner, owner);
    const startTimes: number[] = [];
    let id = "";
    for (let turn = 0; turn < starts; turn++) {
      if (id !== "") await world.remove(id);
      const one = await made(world);
      id = one.id;
      startTimes.push(one.ms);
    }
    const said = await execute(
      world.filterSocket,
      id,
      "id; cat /proc/self/uid_map; (echo x >/workspace/written && echo writes) || echo cannot write; head -1 /proc/version",
    );
    const execTimes: number[] = [];
    for (let turn = 0; turn < rounds; turn++) {
      const began = performance.now();
      if (!(await execute(world.filterSocket, id, "echo done")).includes("done"))
        throw new Error("an exec has printed nothing");
      execTimes.push(performance.now() - began);
    }
    const memory = await world.engine.cli([
      "stats",
      "--no-stream",
      "--format",
      "{{.MemUsage}} {{.PIDs}}",
      id,
    ]);
    const security = await world.engine.cli([
      "info",
      "--format",
      "{{json .SecurityOptions}} {{.DefaultRuntime}}",
    ]);
    return {
      name,
      start: percentile(startTimes, 0.5),
      exec: { p50: percentile(execTimes, 0.5), p90: percentile(execTimes, 0.9) },
      ...{ memory, security, said: said.replaceAll(/[^\x20-\x7e\n]/g, "") },
      refusedByTheFilter: world.lines.filter(({ decision }) => decision === "deny").length,
    };
  } catch (error) {
    return { name, fails: error instanceof Error ? error.message.slice(0, 1000) : "an error" };
  } finally {
    await world.stop();
  }
}

async function main(): Promise<void> {
  for (const wall of walls) console.log(JSON.stringify(await measure(wall)));
  if (runsc === undefined) console.error("gVisor is not measured: CLAWKEEP_RUNSC names no runsc");
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
