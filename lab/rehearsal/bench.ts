/** `make bench`: how long things take, and where the time goes. Ratios are of one run; nothing here is a test. */
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { run } from "../lib/exec";
import { labDir, repoDir } from "../lib/paths";
import { enterLabEnvironment } from "./environment";
import { pulumi, pulumiUp } from "./pulumi";
import { proxyThroughput } from "./throughput";

interface Measure {
  readonly name: string;
  readonly seconds: number;
}

async function main(): Promise<void> {
  const measures: Measure[] = [];
  const measure = async (name: string, work: () => Promise<string>): Promise<string> => {
    const begin = Date.now();
    const text = await work();
    measures.push({ name, seconds: (Date.now() - begin) / 1000 });
    console.log(`${name.padEnd(36)} ${((Date.now() - begin) / 1000).toFixed(1).padStart(7)} s`);
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
  for (const part of await proxyThroughput("prod")) {
    measures.push(part);
    console.log(`${part.name.padEnd(36)} ${part.seconds.toFixed(1).padStart(7)} s`);
  }
  await pulumi("destroy", ["--stack", "prod", "--yes", "--skip-preview", "--exclude-protected"]);
  const log = await measure("up, from destroyed to ready", () => pulumiUp("prod"));
  const slowest = [...log.matchAll(/(\S+) created \((\d+)s\)/g)]
    .map((match) => ({ name: match[1] ?? "", seconds: Number(match[2]) }))
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, 10);
  console.log("\nwhere the time of that up went (parts overlap):");
  for (const part of slowest) console.log(`  ${part.name.padEnd(44)} ${part.seconds} s`);
  const result = { time: new Date().toISOString(), cores: cpus().length, load: loadavg(), measures, slowest };
  writeFileSync(join(labDir(), "bench.json"), `${JSON.stringify(result, null, 2)}\n`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
