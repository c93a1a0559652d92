/**
 * Measures what the filter adds to an exec round trip (create, attach, read to the end, inspect) against the engine's
 * own socket, in one run, turn by turn. The filter is a process of the host: no container's CPU limit is on it. The CLI
 * also pings and inspects the container, which is not counted. The container is addressed by its id, which the filter
 * knows after the first time; a name would cost an inspection each.
 *
 * Usage: npx tsx tests/config-files/socket-proxy/bench.ts [ROUNDS], with the path of the image's Node in
 * CLAWKEEP_FILTER_NODE where it is not the one that runs this.
 */
import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { startedOutput } from "./support/exec-output";
import { execBody } from "./support/legal";
import { FilterProcess } from "./support/filter-process";
import { http, send } from "./support/raw-http";
import { World } from "./support/world";

const rounds = Number(process.argv[2] ?? 300);
/** A filter runs for months: what it is after Node has compiled what it does often is what counts. */
const warmUp = 120;

/** @returns milliseconds */
async function roundTrip(socket: string, id: string): Promise<number> {
  const started = process.hrtime.bigint();
  const [created] = await send(socket, [http("POST", `/v1.41/containers/${id}/exec`, execBody("echo done"))]);
  const exec = /"Id":"([0-9a-f]+)"/.exec(created?.body ?? "")?.[1] ?? "";
  const output = await startedOutput(socket, exec);
  const [inspected] = await send(socket, [http("GET", `/v1.41/exec/${exec}/json`)]);
  const time = Number(process.hrtime.bigint() - started) / 1e6;
  // A refusal would be fast.
  if (!output.includes("done\n") || !/"ExitCode":0\b/.test(inspected?.body ?? ""))
    throw new Error(`no exec by ${socket}: ${created?.body} ${output} ${inspected?.body}`);
  return time;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN);
}

const round = (value: number): number => Math.round(value * 100) / 100;

/** CPU time that a process has used, in milliseconds: unlike the time that passes, hardly one of the machine's load. */
function cpuMilliseconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const ticksASecond = 100;
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksASecond;
}

async function main(): Promise<void> {
  const world = new World();
  await world.start();
  await world.stopFilter();
  const filter = FilterProcess.create(world.directory, {
    ...world.configuration(),
    upstream: world.engine.socket,
  });
  await filter.start();
  try {
    const { id } = await world.container("sandbox");
    const sockets = { engine: world.engine.socket, filter: world.filterSocket };
    const times = { engine: [] as number[], filter: [] as number[] };
    let cpuBefore = 0;
    for (let turn = -warmUp; turn < rounds; turn++) {
      if (turn === 0) cpuBefore = cpuMilliseconds(filter.pid);
      // Either goes first as often: what one leaves behind for the next is on both.
      const order = turn % 2 === 0 ? (["engine", "filter"] as const) : (["filter", "engine"] as const);
      for (const side of order) {
        const time = await roundTrip(sockets[side], id);
        if (turn >= 0) times[side].push(time);
      }
    }
    const cpu = cpuMilliseconds(filter.pid) - cpuBefore;
    const [, kibibytes] =
      /^VmRSS:\s+([0-9]+)/m.exec(readFileSync(`/proc/${filter.pid}/status`, "utf8")) ?? [];
    const shares = (values: readonly number[]): object => ({
      p50: percentile(values, 0.5),
      p90: percentile(values, 0.9),
      p99: percentile(values, 0.99),
    });
    const added = times.filter.map((time, index) => time - (times.engine[index] ?? NaN));
    console.log(
      JSON.stringify({
        rounds,
        milliseconds: { engine: shares(times.engine), filter: shares(times.filter) },
        // Of the differences turn by turn: a load that comes and goes is in both times of a turn.
        addedMilliseconds: { p50: percentile(added, 0.5) },
        cpuMillisecondsAnExec: round(cpu / rounds),
        rssMiB: Math.round(Number(kibibytes) / 1024),
        runtime: FilterProcess.runtime(),
        load: round(loadavg()[0] ?? NaN),
      }),
    );
  } finally {
    await filter.end("SIGTERM");
    await world.stop();
  }
}

void main();
