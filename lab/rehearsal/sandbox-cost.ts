/** What a command of the model costs: the filter of the Docker API on its way, and the sandbox it runs in. */
import { join } from "node:path";
import { nodeBinary } from "../images/asset-list";
import { assetDir } from "../images/assets";
import { versions } from "../images/versions";
import { run } from "../lib/exec";
import { repoDir } from "../lib/paths";
import { chatTurn } from "./public";
import { onVps } from "./vps";
import { script } from "./world";

export interface Measure {
  readonly name: string;
  readonly value: number;
  readonly unit: "s" | "ms" | "MiB" | "requests";
}

interface FilterReport {
  readonly milliseconds: Readonly<
    Record<"engine" | "filter", { readonly p50: number; readonly p99: number }>
  >;
  readonly addedMilliseconds: { readonly p50: number };
  readonly cpuMillisecondsAnExec: number;
}

/**
 * An exec from its creation to its exit code, by the filter and by the engine's own socket, turn by turn in one run: the
 * deployed program on the deployed Node, but as a process of this machine and not in its container.
 */
export async function filterLatency(rounds = 300): Promise<Measure[]> {
  const tsx = join(repoDir, "node_modules", ".bin", "tsx");
  const printed = await run(tsx, ["tests/config-files/socket-proxy/bench.ts", String(rounds)], {
    cwd: repoDir,
    env: { CLAWKEEP_FILTER_NODE: join(await assetDir(nodeBinary(versions.node)), "node") },
  });
  const { milliseconds, addedMilliseconds, cpuMillisecondsAnExec } = JSON.parse(printed) as FilterReport;
  const { engine, filter } = milliseconds;
  // No difference of the p99: a few slow rounds of a busy machine make it, of either sign.
  return [
    { name: "exec round trip p50, engine", value: engine.p50, unit: "ms" },
    { name: "exec round trip p50, filter", value: filter.p50, unit: "ms" },
    { name: "exec round trip, added p50", value: addedMilliseconds.p50, unit: "ms" },
    { name: "CPU time of the filter, an exec", value: cpuMillisecondsAnExec, unit: "ms" },
    { name: "exec round trip p99, engine", value: engine.p99, unit: "ms" },
    { name: "exec round trip p99, filter", value: filter.p99, unit: "ms" },
  ];
}

/** Resident memory of the deployed filter's processes, and what its cgroup is charged with. */
export async function filterMemory(stack: string, container = "openclaw-docker-proxy"): Promise<Measure[]> {
  const listed = await onVps(stack, `docker top ${container} -eo pid,rss,args`);
  const kibibytes = listed
    .trim()
    .split("\n")
    .slice(1)
    // A health probe that runs just then is another Node, gone in a moment.
    .filter((line) => !line.includes(" --health "))
    .map((line) => Number(line.trim().split(/\s+/)[1]));
  const resident = kibibytes.reduce((sum, each) => sum + each, 0) / 1024;
  const charged = await onVps(stack, `docker stats --no-stream --format '{{.MemUsage}}' ${container}`);
  const [, mebibytes] = /^([\d.]+)MiB /.exec(charged.trim()) ?? [];
  if (!(resident > 0) || mebibytes === undefined)
    throw new Error(`the memory of ${container} cannot be read: ${listed} ${charged}`);
  return [
    { name: "filter, resident memory", value: resident, unit: "MiB" },
    { name: "filter, memory of its cgroup", value: Number(mebibytes), unit: "MiB" },
  ];
}

/** Ids of the deployed gateway's sandboxes. */
const sandboxes = async (stack: string): Promise<string[]> =>
  (await onVps(stack, "docker ps --all --quiet --no-trunc --filter label=clawkeep.gateway=openclaw"))
    .split("\n")
    .filter(Boolean);

/** Their workspaces are directories of the host and stay. */
async function removeSandboxes(stack: string): Promise<void> {
  const ids = await sandboxes(stack);
  if (ids.length > 0) await onVps(stack, `docker rm --force ${ids.join(" ")}`);
}

/** A turn by way of the public name, in which the scripted model runs one command. @returns seconds */
async function turnWithCommand(): Promise<number> {
  const mark = `bench-${Date.now()}`;
  const command = `echo ${mark} | tr a-z A-Z`;
  await script("anthropic", [{ match: mark, tools: [{ name: "exec", arguments: { command } }] }]);
  const begin = Date.now();
  const answer = await chatTurn(`please ${mark}`);
  const seconds = (Date.now() - begin) / 1000;
  // The model repeats what the command printed: without it, it is the time of something else.
  if (!answer.includes(mark.toUpperCase()))
    throw new Error(`the command did not run: ${answer.slice(0, 500)}`);
  return seconds;
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Turns without a sandbox to begin with, and turns that find one. The median of some each. */
export async function sandboxTurns(stack: string, cold = 3, warm = 5): Promise<Measure[]> {
  const times = { cold: [] as number[], warm: [] as number[] };
  try {
    for (let turn = 0; turn < cold; turn++) {
      await removeSandboxes(stack);
      times.cold.push(await turnWithCommand());
    }
    const found = await sandboxes(stack);
    for (let turn = 0; turn < warm; turn++) times.warm.push(await turnWithCommand());
    // Otherwise one of the two was the other.
    if (found.length !== 1 || String(await sandboxes(stack)) !== String(found))
      throw new Error(`the turns did not all use one sandbox: ${String(found)}`);
  } finally {
    await script("anthropic", []);
  }
  return [
    { name: "turn with a command, no sandbox yet", value: median(times.cold), unit: "s" },
    { name: "turn with a command, sandbox there", value: median(times.warm), unit: "s" },
  ];
}
