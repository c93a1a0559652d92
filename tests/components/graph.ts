/** Graphs of the program, recorded in a process of their own. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RawConfiguration } from "../../config/parse";
import { contentKey, folderParts } from "../../lab/images/content-key";
import { ed25519Line } from "../fixtures/stack-configuration";
import { keepToday, keptToday } from "../kept-today";
import { runsTypeScript } from "../typescript";
import { secretMark, type Graph, type RecordedResource, type Run, type Wire } from "./recorder/graph-types";

export type { Graph, RecordedResource, Wire } from "./recorder/graph-types";
export { unknownMark } from "./recorder/graph-types";

const root = join(__dirname, "..", "..");

/** A run of index.ts with this configuration, and these keys in the operator's ssh-agent: that of the fixtures' servers. */
export const programRun = (
  raw: RawConfiguration,
  preview = false,
  agent: readonly string[] = [ed25519Line("admin")],
): Run => ({
  program: "index.ts",
  stack: raw.stack,
  values: raw.values,
  secretKeys: [...raw.secretKeys],
  preview,
  agent,
});

/** As long as a process of tests lasts, its sources do not change. */
let sources: string | undefined;

/** Everything that a run's graph is made from: the program, the recorder, what they load, and the configuration. */
function madeFrom(run: Run): string {
  sources ??= contentKey([
    ...["index.ts", "package-lock.json", "tsconfig.json", "tests/compile.js"].map((name) =>
      readFileSync(join(root, name)),
    ),
    ...["components", "config", "config-files", "tests/components/recorder"].flatMap((name) =>
      folderParts(join(root, name)),
    ),
    process.version,
  ]);
  return sources + JSON.stringify(run);
}

/** The runs' graphs; those that nobody has recorded today, one after the other. A program that failed has `error` set. */
export function recordAll<K extends string>(runs: Readonly<Record<K, Run>>): Record<K, Graph> {
  const graphs = new Map<string, Graph>();
  const missing: [string, Run][] = [];
  for (const [name, run] of Object.entries<Run>(runs)) {
    const kept = keptToday<Graph>("graph", madeFrom(run));
    if (kept === undefined) missing.push([name, run]);
    else graphs.set(name, kept);
  }
  const recorded = missing.length === 0 ? [] : recordApart(missing.map(([, run]) => run));
  for (const [index, [name, run]] of missing.entries())
    graphs.set(name, keepToday("graph", madeFrom(run), recorded[index]) as Graph);
  return Object.fromEntries(graphs) as Record<K, Graph>;
}

/** Records in a process of its own. */
function recordApart(runs: readonly Run[]): Graph[] {
  const directory = mkdtempSync(join(tmpdir(), "clawkeep-graphs-"));
  const out = join(directory, "graphs.json");
  try {
    const result = spawnSync(
      process.execPath,
      [...runsTypeScript, join(__dirname, "recorder", "main.ts"), out],
      { cwd: root, input: JSON.stringify(runs), encoding: "utf8" },
    );
    if (result.status !== 0) throw new Error(`the recorder ended with ${result.status}:\n${result.stderr}`);
    const log = result.stdout + result.stderr;
    return (JSON.parse(readFileSync(out, "utf8")) as Graph[]).map((graph) => ({ ...graph, log }));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** As recordAll, for programs that have to succeed. @throws with the program's error */
export function recordGraphs<K extends string>(runs: Readonly<Record<K, Run>>): Record<K, Graph> {
  const graphs = recordAll(runs);
  for (const [name, graph] of Object.entries<Graph>(graphs)) {
    if (graph.error !== undefined) throw new Error(`${name}: ${graph.error}`);
  }
  return graphs;
}

export const ofType = (graph: Graph, type: string): RecordedResource[] =>
  graph.resources.filter((resource) => resource.type === type);

export const containers = (graph: Graph): RecordedResource[] =>
  ofType(graph, "docker:index/container:Container");
export const commands = (graph: Graph): RecordedResource[] => ofType(graph, "command:remote:Command");

/** Name of a container, network or image on the host; a gateway's container gets its host name as its name later. */
export const nameOnHost = (resource: RecordedResource): string =>
  (resource.inputs["name"] ?? resource.inputs["hostname"]) as string;

/** `Type name`, unique in a graph. */
export const label = ({ type, name }: RecordedResource): string => `${type.split(":").at(-1)} ${name}`;

/** The value without any secret mark in it, for tests that look behind them. */
export function opened(value: Wire | undefined): unknown {
  if (Array.isArray(value)) return value.map(opened);
  if (typeof value !== "object" || value === null) return value;
  const entries = value as Readonly<Record<string, Wire>>;
  if (secretMark in entries) return opened(entries[secretMark]);
  return Object.fromEntries(Object.entries(entries).map(([key, part]) => [key, opened(part)]));
}

/** True when any part of the value is marked secret. */
export const holdsSecret = (value: Wire | undefined): boolean =>
  JSON.stringify(value ?? null).includes(`"${secretMark}":`);
