/**
 * Measures what the filter adds to an exec round trip (create, attach, read to the end, inspect) against the engine's
 * own socket, in one run, turn by turn. Usage: npx tsx tests/config-files/socket-proxy/bench.ts [ROUNDS]
 */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { execBody, execStartBody } from "./support/legal";
import { FilterProcess } from "./support/filter-process";
import { http, send } from "./support/raw-http";
import { World } from "./support/world";

const rounds = Number(process.argv[2] ?? 300);
const warmUp = 20;

async function roundTrip(socket: string, id: string): Promise<number> {
  const started = process.hrtime.bigint();
  const [created] = await send(socket, [http("POST", `/v1.41/containers/${id}/exec`, execBody(":"))]);
  const exec = /"Id":"([0-9a-f]+)"/.exec(created?.body ?? "")?.[1] ?? "";
  await new Promise<void>((resolve, reject) => {
    const connection = connect({ path: socket, allowHalfOpen: true });
    const headers = { Connection: "Upgrade", Upgrade: "tcp" };
    connection.end(http("POST", `/v1.41/exec/${exec}/start`, execStartBody, { headers }));
    connection.on("end", resolve).on("error", reject).resume();
  });
  await send(socket, [http("GET", `/v1.41/exec/${exec}/json`)]);
  return Number(process.hrtime.bigint() - started) / 1e6;
}

function percentile(sorted: readonly number[], share: number): number {
  return (
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 100) / 100
  );
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
    const times = { engine: [] as number[], filter: [] as number[] };
    for (let round = -warmUp; round < rounds; round++) {
      const engine = await roundTrip(world.engine.socket, id);
      const filtered = await roundTrip(world.filterSocket, id);
      if (round < 0) continue;
      times.engine.push(engine);
      times.filter.push(filtered);
    }
    const report = (["engine", "filter"] as const).map((side) => {
      const sorted = times[side].sort((a, b) => a - b);
      return [
        side,
        { p50: percentile(sorted, 0.5), p90: percentile(sorted, 0.9), p99: percentile(sorted, 0.99) },
      ];
    });
    const [, kibibytes] =
      /^VmRSS:\s+([0-9]+)/m.exec(readFileSync(`/proc/${filter.pid}/status`, "utf8")) ?? [];
    console.log(
      JSON.stringify({
        rounds,
        milliseconds: Object.fromEntries(report) as object,
        rssMiB: Math.round(Number(kibibytes) / 1024),
      }),
    );
  } finally {
    await filter.end("SIGTERM");
    await world.stop();
  }
}

void main();
