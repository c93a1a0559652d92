/** Graphs of the program, recorded in a process of their own. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RawConfiguration } from "../../config/parse";
import { secretMark, type Graph, type RecordedResource, type Run, type Wire } from "./recorder/graph-types";

export type { Graph, RecordedResource, Wire } from "./recorder/graph-types";
export { unknownMark } from "./recorder/graph-types";

const root = join(__dirname, "..", "..");

/** A run of index.ts with this configuration. */
export const programRun = (raw: RawConfiguration, preview = false): Run => ({
  program: "index.ts",
  stack: raw.stack,
  values: raw.values,
  secretKeys: [...raw.secretKeys],
  preview,
});

/** Records the runs one after the other. A program that failed has `error` set. */
export function recordAll<K extends string>(runs: Readonly<Record<K, Run>>): Record<K, Graph> {
  const directory = mkdtempSync(join(tmpdir(), "clawkeep-graphs-"));
  const out = join(directory, "graphs.json");
  const names = Object.keys(runs) as K[];
  try {
    const result = spawnSync(
      process.execPath,
      ["--import", "tsx", join(__dirname, "recorder", "main.ts"), out],
      {
        cwd: root,
        input: JSON.stringify(names.map((name) => runs[name])),
        encoding: "utf8",
      },
    );
    if (result.status !== 0) throw new Error(`the recorder ended with ${result.status}:\n${result.stderr}`);
    const graphs = JSON.parse(readFileSync(out, "utf8")) as Graph[];
    const log = result.stdout + result.stderr;
    return Object.fromEntries(names.map((name, index) => [name, { ...graphs[index], log }])) as Record<
      K,
      Graph
    >;
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
