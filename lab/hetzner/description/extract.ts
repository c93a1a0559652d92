/**
 * `npx tsx lab/hetzner/description/extract.ts hcloud-openapi.json`: writes extract.json beside this file, which the tests
 * hold the emulator's answers against: of Hetzner's OpenAPI description the requests and answers of what the emulator
 * serves, and the schemas that they need, without their prose and examples.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const extractFile = join(__dirname, "extract.json");

export type Json = { readonly [key: string]: unknown };

export interface Operation {
  readonly requestBody?: Json;
  readonly responses: Json;
}

export interface Description {
  readonly info: Json;
  /** By path template, by method in lower case. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

const actionsOf = (resource: string, names: string): string[] =>
  names.split(" ").map((name) => `post /${resource}/{id}/actions/${name}`);
const kept = (resource: string): string[] => [
  ...["get", "post"].map((method) => `${method} /${resource}`),
  ...["get", "put", "delete"].map((method) => `${method} /${resource}/{id}`),
];
const readOnly = (resource: string): string[] => [`get /${resource}`, `get /${resource}/{id}`];

/** What the emulator has routes for. */
export const served: readonly string[] = [
  ...["ssh_keys", "firewalls", "primary_ips", "volumes", "servers"].flatMap(kept),
  ...["actions", "images", "locations", "server_types"].flatMap(readOnly),
  ...actionsOf("firewalls", "set_rules apply_to_resources remove_from_resources"),
  ...actionsOf("primary_ips", "change_protection"),
  ...actionsOf("volumes", "attach detach resize change_protection"),
  ...actionsOf("servers", "poweron poweroff shutdown reboot reset rebuild change_type change_protection"),
  ...actionsOf("servers", "enable_backup disable_backup"),
];

const proseKeys = ["description", "example", "examples", "title", "x-codeSamples"];

/** Without what says nothing of the shape. A property may well be called `description`. */
function shape(node: unknown, properties = false): unknown {
  if (Array.isArray(node)) return node.map((item) => shape(item));
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key]) => properties || !proseKeys.includes(key))
      .map(([key, value]) => [key, shape(value, !properties && key === "properties")]),
  );
}

const referred = (node: unknown): string[] =>
  [...JSON.stringify(node).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name ?? "");

export function extract({ info, paths, components }: Description): Description {
  const part: Record<string, Record<string, Operation>> = {};
  for (const operation of served) {
    const [method = "", path = ""] = operation.split(" ");
    const described = paths[path]?.[method];
    if (described === undefined) throw new Error(`the description has no ${operation}`);
    (part[path] ??= {})[method] = {
      ...(described.requestBody === undefined ? {} : { requestBody: shape(described.requestBody) as Json }),
      responses: shape(described.responses) as Json,
    };
  }
  const schemas: Record<string, Json> = {};
  const wanted = referred(part);
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    if (name in schemas) continue;
    const schema = components.schemas[name];
    if (schema === undefined) throw new Error(`the description has no schema ${name}`);
    schemas[name] = shape(schema) as Json;
    wanted.push(...referred(schemas[name]));
  }
  const inOrder = Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1));
  return { info, paths: part, components: { schemas: Object.fromEntries(inOrder) } };
}

export const readDescription = (file: string): Description =>
  JSON.parse(readFileSync(file, "utf8")) as Description;

if (require.main === module) {
  const [source] = process.argv.slice(2);
  if (source === undefined) throw new Error("name the description's file");
  writeFileSync(extractFile, `${JSON.stringify(extract(readDescription(source)), null, 1)}\n`);
}
