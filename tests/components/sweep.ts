/** Looks for secrets where none may be: everywhere in a graph but behind a secret mark. */
import { secretMark } from "./recorder/graph-types";
import { label, type Graph } from "./graph";

/** What to look for: the value in every form in which something may have written it down. */
export interface Needle {
  readonly name: string;
  readonly forms: readonly string[];
}

export interface Finding {
  /** Name of the secret. */
  readonly secret: string;
  /** Where it was found: a resource and the path of a property. */
  readonly place: string;
}

/** A secret and its plain, base64, URL- and JSON-escaped forms; of one with several lines, also each long line. */
export function needle(name: string, value: string): Needle {
  const lines = value.split("\n").filter((line) => line.length >= 30 && !line.startsWith("-----"));
  const values = [...new Set([value.trim(), ...lines])];
  const forms = values.flatMap((text) => [
    text,
    encodeURIComponent(text),
    JSON.stringify(text).slice(1, -1),
    JSON.stringify(JSON.stringify(text)).slice(3, -3),
    ...base64Cores(text),
  ]);
  return { name, forms: [...new Set(forms)] };
}

/** What of a text's base64 is the same whatever stands before and after it, at each of the three alignments. */
function base64Cores(text: string): string[] {
  return [0, 1, 2].map((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
    const whole = bytes.subarray(0, bytes.length - (bytes.length % 3)).toString("base64");
    return whole.slice(offset === 0 ? 0 : 4);
  });
}

/** Every place in the graph where a needle is readable. */
export function sweep(graph: Graph, needles: readonly Needle[]): Finding[] {
  const findings: Finding[] = [];
  const look = (text: string, place: string): void => {
    for (const { name, forms } of needles) {
      if (forms.some((form) => text.includes(form))) findings.push({ secret: name, place });
    }
  };
  const walk = (value: unknown, place: string): void => {
    if (typeof value === "string") look(value, place);
    if (typeof value !== "object" || value === null || secretMark in value) return;
    for (const [key, part] of Object.entries(value)) {
      look(key, `${place} (key)`);
      walk(part, Array.isArray(value) ? `${place}[${key}]` : `${place}.${key}`);
    }
  };
  for (const resource of graph.resources) walk(resource, label(resource));
  walk(graph.stackOutputs, "stack outputs");
  look(graph.log, "log");
  return findings;
}
