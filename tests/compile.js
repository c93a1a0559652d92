/**
 * Compiles the TypeScript that is loaded, and nothing else: `node --require` this. tsx looks at every module of every package
 * besides, which takes a process as long as all that it does then.
 */
const { readFileSync } = require("node:fs");
const { transformSync } = require("@swc/core");

const settings = {
  configFile: false,
  swcrc: false,
  module: { type: "commonjs" },
  jsc: { target: "es2022", parser: { syntax: "typescript" } },
};
require.extensions[".ts"] = (module, filename) =>
  module._compile(transformSync(readFileSync(filename, "utf8"), { ...settings, filename }).code, filename);
