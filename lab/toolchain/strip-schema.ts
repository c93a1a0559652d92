/**
 * Takes the descriptions out of a Pulumi package schema: they are the wrapped provider's prose, and nothing reads them.
 *
 * Usage: `npx tsx lab/toolchain/strip-schema.ts IN OUT`
 */
import * as fs from "node:fs";

/** Keys whose value is a table of names: there, "description" is the name of a property. */
const tables = new Set(["properties", "inputProperties", "variables", "types", "resources", "functions"]);

/** Drops `description`, and what only a documentation site or another language reads. */
function strip(value: unknown, isTable: boolean): unknown {
  if (Array.isArray(value)) return value.map((element) => strip(element, false));
  if (typeof value !== "object" || value === null) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(value)) {
    if (!isTable && (key === "description" || key === "language" || key === "attribution")) continue;
    kept[key] = strip(child, !isTable && tables.has(key));
  }
  return kept;
}

const [input, output] = process.argv.slice(2);
if (!input || !output) throw new Error("usage: strip-schema.ts IN OUT");
fs.writeFileSync(output, `${JSON.stringify(strip(JSON.parse(fs.readFileSync(input, "utf8")), false))}\n`);
