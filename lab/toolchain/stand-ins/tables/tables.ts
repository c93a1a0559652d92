/**
 * Makes the property tables of the stand-in providers from the types of the npm packages.
 *
 * `npx tsx lab/toolchain/stand-ins/tables/tables.ts` writes them. A test compares them with what is committed.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { type Properties, TypeReader } from "./read-types";

/** What a stand-in serves: type token to the .d.ts file and the class in it. */
export const standIns: Record<string, Record<string, readonly [file: string, name: string]>> = {
  command: {
    "command:remote:Command": ["remote/command.d.ts", "Command"],
    "command:remote:CopyToRemote": ["remote/copyToRemote.d.ts", "CopyToRemote"],
    "command:local:Command": ["local/command.d.ts", "Command"],
  },
  cloudflare: {
    "cloudflare:index/dnsRecord:DnsRecord": ["dnsRecord.d.ts", "DnsRecord"],
  },
};

interface Table {
  package: string;
  version: string;
  provider: Properties;
  resources: Record<string, { inputs: Properties; outputs: string[] }>;
  types: Record<string, Properties>;
}

/** The text of every table by its path. */
export function tables(): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [name, resources] of Object.entries(standIns)) {
    const file = path.join(__dirname, "..", "internal", name, "table.json");
    texts.set(file, `${JSON.stringify(table(name, resources), undefined, 2)}\n`);
  }
  return texts;
}

function table(name: string, resources: (typeof standIns)[string]): Table {
  const folder = path.dirname(require.resolve(`@pulumi/${name}/package.json`));
  const manifest = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8")) as {
    pulumi: { version: string };
  };
  const reader = new TypeReader(folder);
  const result: Table = {
    package: name,
    version: manifest.pulumi.version,
    provider: reader.inputs("provider.d.ts", "ProviderArgs"),
    resources: {},
    types: reader.types,
  };
  for (const [token, [file, type]] of Object.entries(resources)) {
    const inputs = reader.inputs(file, `${type}Args`);
    const outputs = reader.outputs(file, type).filter((output) => !(output in inputs));
    result.resources[token] = { inputs, outputs };
  }
  return result;
}

if (require.main === module) {
  for (const [file, text] of tables()) fs.writeFileSync(file, text);
}
