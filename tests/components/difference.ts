/** What differs between two graphs, property by property, also inside JSON that a property holds as text. */
import { label, opened, type Graph, type RecordedResource } from "./graph";

export interface Difference {
  /** `Type name`. */
  readonly resource: string;
  /** Path of the property; `(resource)` for a resource that one graph does not have. */
  readonly path: string;
  readonly left: unknown;
  readonly right: unknown;
}

export function differences(left: Graph, right: Graph): Difference[] {
  const byLabel = (graph: Graph) => new Map(graph.resources.map((resource) => [label(resource), resource]));
  const [ours, theirs] = [byLabel(left), byLabel(right)];
  return [...new Set([...ours.keys(), ...theirs.keys()])].sort().flatMap((resource): Difference[] => {
    const [one, other] = [ours.get(resource), theirs.get(resource)];
    if (one === undefined || other === undefined) {
      return [{ resource, path: "(resource)", left: one !== undefined, right: other !== undefined }];
    }
    const [a, b] = [flat(one), flat(other)];
    return [...new Set([...a.keys(), ...b.keys()])]
      .filter((path) => a.get(path) !== b.get(path))
      .map((path) => ({ resource, path, left: a.get(path), right: b.get(path) }));
  });
}

function flat({ inputs, options, dependencies }: RecordedResource): Map<string, unknown> {
  const found = new Map<string, unknown>();
  const walk = (value: unknown, path: string): void => {
    const parsed = typeof value === "string" ? structure(value) : value;
    if (typeof parsed !== "object" || parsed === null) {
      found.set(path, parsed);
      return;
    }
    for (const [key, part] of Object.entries(parsed)) walk(part, path === "" ? key : `${path}.${key}`);
  };
  walk(opened(inputs), "");
  walk(options, "options");
  walk(dependencies, "dependencies");
  return found;
}

/** The structure that a text holds as JSON, or the text itself. */
function structure(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
