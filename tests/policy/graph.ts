/** Recorded graphs as the rules see them: secrets opened and their places noted, unknown values as the pack has them. */
import { unknown, type Inputs, type StackResource, type Value } from "../../policy/rule";
import { secretMark, unknownMark, type Graph, type Wire } from "../components/recorder/graph-types";

export function stackResources(graph: Graph): StackResource[] {
  const urnOf = (name: string): string[] =>
    graph.resources.filter((resource) => resource.name === name).map(({ type }) => `${type}::${name}`);
  return graph.resources.map(({ type, name, inputs, options, dependencies }) => {
    const secrets: string[] = [];
    return {
      type,
      name,
      urn: `${type}::${name}`,
      inputs: opened(inputs, "", secrets) as Inputs,
      protect: options.protect === true,
      secrets,
      dependencies: dependencies.flatMap(urnOf),
    };
  });
}

function opened(wire: Wire | Readonly<Record<string, Wire>>, path: string, secrets: string[]): Value {
  if (wire === unknownMark) return unknown;
  if (Array.isArray(wire))
    return (wire as readonly Wire[]).map((part, index) => opened(part, `${path}[${index}]`, secrets));
  if (typeof wire !== "object" || wire === null) return wire;
  const entries = wire as Readonly<Record<string, Wire>>;
  if (entries[secretMark] !== undefined) {
    secrets.push(path);
    return opened(entries[secretMark], path, secrets);
  }
  return Object.fromEntries(
    Object.entries(entries).map(([key, part]) => [
      key,
      opened(part, path === "" ? key : `${path}.${key}`, secrets),
    ]),
  );
}
