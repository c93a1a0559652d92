/** Writes config/stack.schema.json, the JSON schema editors check stack files with. `--check` compares instead. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stackSchema } from "../config/stack-schema";
import { complain } from "./terminal";

const path = join(__dirname, "..", "config", "stack.schema.json");
const text = `${JSON.stringify(stackSchema(), null, 2)}\n`;
if (process.argv.includes("--check")) {
  if (readFileSync(path, "utf8") !== text) {
    complain("config/stack.schema.json is out of date: npx tsx tools/write-stack-schema.ts");
    process.exitCode = 1;
  }
} else {
  writeFileSync(path, text);
}
