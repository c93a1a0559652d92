/** `make bench`: how long things take, and where the time goes. Ratios are of one run; nothing here is a test. */
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { runAmong } from "../backups/many-snapshots";
import { currentCommit } from "../lib/commit";
import { run } from "../lib/exec";
import { labDir, repoDir } from "../lib/paths";
import { fromBare, partsOfAnUp, writeBenchPage, type BenchResult } from "./bench-page";
import { backupUnderLoad } from "./bench-backups";
import { enterLabEnvironment } from "./environment";
import { gateLatency } from "./gate-cost";
import { chatTurn } from "./public";
import { nextServers, pulumi, pulumiUp } from "./pulumi";
import { filterLatency, filterMemory, sandboxTurns, type Measure } from "./sandbox-cost";
import { proxyThroughput } from "./throughput";

/** 30 days without a prune are 21,600, which takes hours to make: CLAWKEEP_BENCH_SNAPSHOTS=21600. */
const snapshots = Number(process.env["CLAWKEEP_BENCH_SNAPSHOTS"] ?? 600);

async function main(): Promise<void> {
  const measures: Measure[] = [];
  const keep = (measure: Measure): void => {
    measures.push(measure);
    console.log(`${measure.name.padEnd(40)} ${measure.value.toFixed(1).padStart(7)} ${measure.unit}`);
  };
  const measure = async (name: string, work: () => Promise<string>): Promise<string> => {
    const begin = Date.now();
    const text = await work();
    keep({ name, value: (Date.now() - begin) / 1000, unit: "s" });
    return text;
  };
  const tsx = join(repoDir, "node_modules", ".bin", "tsx");
  const rehearse = () => run(tsx, ["lab/rehearsal/rehearse.ts"], { cwd: repoDir });
  await run(tsx, ["lab/rehearsal/clean.ts"], { cwd: repoDir });
  await run("make", ["setup"], { cwd: repoDir });
  await measure("rehearse, built but from nothing", rehearse);
  await enterLabEnvironment();
  await measure("rehearse again, nothing changed", rehearse);
  await measure("preview, nothing changed", () => pulumi("preview", ["--stack", "prod"]));
  await measure("up, nothing changed", () => pulumiUp("prod"));
  await measure("refresh", () => pulumi("refresh", ["--stack", "prod", "--yes", "--skip-preview"]));
  for (const { name, seconds } of await proxyThroughput("prod")) keep({ name, value: seconds, unit: "s" });
  for (const found of await sandboxTurns("prod")) keep(found);
  for (const found of await filterMemory("prod")) keep(found);
  for (const found of await filterLatency()) keep(found);
  for (const found of await gateLatency()) keep(found);
  for (const found of await backupUnderLoad()) keep(found);
  for (const found of await runAmong(snapshots)) keep(found);
  await pulumi("destroy", ["--stack", "prod", "--yes", "--skip-preview", "--exclude-protected"]);
  await nextServers("bare");
  const log = await measure(fromBare, async () => {
    const said = await pulumiUp("prod");
    await chatTurn("Say: here");
    return said;
  });
  await nextServers("warm");
  const created = [...log.matchAll(/(\S+) created \((\d+)s\)/g)].map((match) => ({
    name: match[1] ?? "",
    seconds: Number(match[2]),
  }));
  for (const { name, of, value } of partsOfAnUp(created))
    keep({ name: `of that: ${name} (${of})`, value, unit: "s" });
  const slowest = created.sort((a, b) => b.seconds - a.seconds).slice(0, 10);
  console.log("\nwhere the time of that up went (parts overlap):");
  for (const part of slowest) console.log(`  ${part.name.padEnd(44)} ${part.seconds} s`);
  const result: BenchResult = {
    time: new Date().toISOString(),
    commit: await currentCommit(),
    cores: cpus().length,
    load: loadavg(),
    measures,
    slowest,
  };
  writeFileSync(join(labDir(), "bench.json"), `${JSON.stringify(result, null, 2)}\n`);
  await writeBenchPage(result);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
