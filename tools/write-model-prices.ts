/** Writes config/litellm-prices.json from a LiteLLM image: `npx tsx tools/write-model-prices.ts [IMAGE]`, the pinned one unless said. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { imagePins } from "../config/images";

const target = join(__dirname, "..", "config", "litellm-prices.json");

/** The table as the image has it. @throws when the image cannot be run */
export function pricesIn(image: string): Record<string, Record<string, number[]>> {
  const command = ["run", "--rm", "-i", "--network", "none", "--entrypoint", "python3", image, "-"];
  const input = readFileSync(join(__dirname, "model-prices.py"), "utf8");
  const result = spawnSync("docker", command, { encoding: "utf8", input });
  if (result.status !== 0) throw new Error(`prices of ${image} cannot be read: ${result.stderr}`);
  return JSON.parse(result.stdout) as Record<string, Record<string, number[]>>;
}

if (require.main === module) {
  const providers = Object.entries(pricesIn(process.argv[2] ?? imagePins.litellm)).map(([name, models]) => {
    const rows = Object.entries(models).map(
      ([model, row]) => `    ${JSON.stringify(model)}: [${row.join(", ")}]`,
    );
    return `  ${JSON.stringify(name)}: {\n${rows.join(",\n")}\n  }`;
  });
  writeFileSync(target, `{\n${providers.join(",\n")}\n}\n`);
}
