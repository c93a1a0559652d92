/** Records the runs on standard input (JSON) into the file that is named. A process of its own, since a program runs once in one. */
import { readFileSync, writeFileSync } from "node:fs";
import type { Graph, Run } from "./graph-types";
import { record } from "./recording";

// The SDK takes a stack trace for every promise, and to map them is most of the time of a run.
process.setSourceMapsEnabled(false);
Error.stackTraceLimit = 0;

async function main(): Promise<void> {
  const runs = JSON.parse(readFileSync(0, "utf8")) as Run[];
  const graphs: Graph[] = [];
  for (const run of runs) graphs.push(await record(run));
  writeFileSync(process.argv[2] ?? "", JSON.stringify(graphs));
}

void main();
