/** A further release line: the compiler asks for every answer it owes, and for no other. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { releaseProfiles } from "../../config/release-lines";

const root = join(__dirname, "..", "..");
const lines = "config/release-lines.ts";
const policy = "config-files/gateway/policy/";

/** What differs from the file of that path. */
type Change = (path: string, text: string) => string;

const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => readFileSync(path, "utf8"));
const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [lines] }, ts.sys, root);
/** Of TypeScript and of packages, which nothing here changes. */
const libraries = new Map<string, ts.SourceFile>();

/** What the compiler says of a file and all that it imports, `FILE: TEXT`. */
function faults(file: string, change: Change): string[] {
  const host = ts.createCompilerHost(options);
  const parse = (path: string, text: string) => ts.createSourceFile(path, text, ts.ScriptTarget.ES2022);
  host.getSourceFile = (path) => {
    const text = libraries.get(path)?.text ?? host.readFile(path) ?? "";
    if (!path.includes("node_modules")) return parse(path, change(path.slice(root.length + 1), text));
    const library = libraries.get(path) ?? parse(path, text);
    libraries.set(path, library);
    return library;
  };
  const program = ts.createProgram([join(root, file)], options, host);
  return program
    .getSourceFiles()
    .filter(({ fileName }) => !fileName.includes("node_modules"))
    .flatMap((source) => program.getSemanticDiagnostics(source))
    .map(({ file: at, messageText }) => {
      const text = ts.flattenDiagnosticMessageText(messageText, " ");
      return `${at?.fileName.slice(root.length + 1)}: ${text}`;
    });
}

const profile: Readonly<Record<string, unknown>> = { ...releaseProfiles["2026.9"], noTelegram: "made up" };
const without = (question: string): object =>
  Object.fromEntries(Object.entries(profile).filter(([key]) => key !== question));
/** The lines with these more, each with its profile. */
const withLines =
  (made: Readonly<Record<string, object>>): Change =>
  (path, text) =>
    path !== lines
      ? text
      : text
          .replace('["2026.9", ', `["${[...Object.keys(made), "2026.9"].join('", "')}", `)
          .replace("ReleaseProfile>> = {", (head) => `${head} ${JSON.stringify(made).slice(1, -1)},`);
/** The line with a way of its own to write its configuration. */
const complete: Change = (path, text) =>
  withLines({ "2027.1": { ...profile, policyColumn: "2027.1" } })(path, text).replace(
    'policyColumns = ["2026.9", ',
    'policyColumns = ["2027.1", "2026.9", ',
  );
const gatewayConfiguration = "config-files/gateway/hardening-policy.ts";

it("compiles when every question is answered", () => {
  const columns: Change = (path, text) =>
    path.startsWith(policy)
      ? text
          .replaceAll("lines: {", 'lines: { "2027.1": { builtIn: "made up" },')
          .replace('({ "2026.9": column', '({ "2027.1": column, "2026.9": column')
      : complete(path, text);
  expect(faults(gatewayConfiguration, columns)).toEqual([]);
});

it("compiles without a column where it writes another line's", () => {
  expect(faults(gatewayConfiguration, withLines({ "2027.1": profile }))).toEqual([]);
});

it("compiles not without a column of its own in each row of the policy", () => {
  const rows = readdirSync(join(root, policy))
    .map((name) => readFileSync(join(root, policy, name), "utf8").split("lines: {").length - 1)
    .reduce((sum, count) => sum + count, 0);
  const found = faults(gatewayConfiguration, complete);
  expect(rows).toBeGreaterThan(10);
  // `inBoth` is one more.
  expect(found).toHaveLength(rows + 1);
  for (const fault of found)
    expect(fault).toMatch(/^config-files\/gateway\/policy\/.*'"?2027\.1"?' is missing/);
});

it("compiles not without a profile, nor with one that leaves a question open", () => {
  const questions = Object.keys(profile);
  expect(questions.length).toBeGreaterThan(5);
  const open = Object.fromEntries(questions.map((name, index) => [`2027.${index}`, without(name)]));
  expect(faults(lines, withLines(open))).toEqual(
    questions.map((name) => expect.stringContaining(`'${name}' is missing`)),
  );
  const named: Change = (path, text) =>
    path === lines ? text.replace('["2026.9", ', '["2027.1", "2026.9", ') : text;
  expect(faults(lines, named)).toEqual([expect.stringContaining("'2027.1' is missing")]);
});
