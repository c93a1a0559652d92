/**
 * The pages for operators: README stays short, examples are configuration that the parser takes, commands name their stack,
 * every page is linked, and every link leads to a file and a heading.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { parseConfiguration } from "../../config/parse";
import { prod, rawConfiguration } from "../fixtures/stack-configuration";

const root = join(__dirname, "..", "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const text = read("README.md");
/** Where operators read on. */
const changing = read("docs/changing.md");
const operating = read("docs/operating.md");
/** Pages that a command writes, once it has run. */
const writtenByCommands = ["docs/test-long.md", "docs/evidence/bench.md"];

/** Indented blocks that begin with a key of the stack's configuration. */
const examples = changing
  .split(/\n(?! {4}|\n)/)
  .flatMap((part) => part.match(/(?:^|\n\n) {4}clawkeep:\w+:[\s\S]*/g) ?? [])
  .map((block) => parse(block.replace(/^\n*/, "").replace(/^ {4}/gm, "")) as Record<string, unknown>);

/** What is left to do after the example was put into a stack that has every other secret. */
function left(example: Record<string, unknown>): string[] {
  const configured = {
    ...prod.settings,
    "clawkeep:models": undefined,
    "clawkeep:gateways": undefined,
    ...example,
  };
  const secrets = Object.entries(prod.secrets).filter(([key]) => !/ApiKey$|telegramBotToken/.test(key));
  const parsed = parseConfiguration(
    rawConfiguration({ ...prod, settings: configured, secrets: Object.fromEntries(secrets) }),
  );
  return "problems" in parsed ? parsed.problems.map(({ key, message }) => `${key} ${message}`) : [];
}

test("README is at most 200 lines of at most 120 characters", () => {
  const lines = text.trimEnd().split("\n");
  // What does not fit belongs into docs/operating.md or docs/changing.md.
  expect(lines.length).toBeLessThanOrEqual(200);
  expect(lines.filter((line) => [...line].length > 120)).toEqual([]);
});

test("README dates what make bench has measured as its page does", () => {
  const [, date] = /^`make bench` writes this page: of ([\d-]+),/m.exec(read("docs/evidence/bench.md")) ?? [];
  expect(text.replace(/\s+/g, " ")).toContain(`and \`make bench\` (on ${date ?? "?"})`);
});

test("the examples are found", () => {
  expect(examples.map((example) => Object.keys(example).join())).toEqual([
    "clawkeep:host",
    "clawkeep:gateways",
    "clawkeep:models,clawkeep:gateways",
    "clawkeep:models",
    "clawkeep:registryLogins",
  ]);
});

test.each<[string, number, string[]]>([
  [
    "an existing host",
    0,
    [
      "clawkeep:host.hostKey is missing: the host would be taken on trust",
      "clawkeep:anthropicApiKey is missing",
    ],
  ],
  ["Telegram", 1, ["clawkeep:anthropicApiKey is missing", "clawkeep:telegramBotToken-openclaw is missing"]],
  ["memory", 2, ["clawkeep:anthropicApiKey is missing", "clawkeep:voyageApiKey is missing"]],
  ["another provider", 3, ["clawkeep:exampleApiKey is missing"]],
  [
    "a login at a registry",
    4,
    ["clawkeep:anthropicApiKey is missing", "clawkeep:registryPassword-docker.io is missing"],
  ],
])("after the example for %s, what docs/changing.md says is left to set", (_, index, wanted) => {
  const own = examples[index] ?? {};
  expect(left(own).filter((problem) => !problem.startsWith("hcloud:token is a key"))).toEqual(wanted);
});

test("without its price the other provider's model is refused", () => {
  const [model] = examples[3]?.["clawkeep:models"] as Record<string, unknown>[];
  const cheap = { ...model, inputUsdPerMillionTokens: undefined };
  expect(left({ "clawkeep:models": [cheap] }).join()).toMatch(
    /models\[0\]\.inputUsdPerMillionTokens is needed/,
  );
});

/** What a page links to in this repository, relative to its root: `PATH` or `PATH#HEADING`. */
const linksOf = (page: string): string[] =>
  [...read(page).matchAll(/\]\(([^)\s:]+)\)/g)].map(([, link = ""]) =>
    link.startsWith("#") ? `${page}${link}` : join(dirname(page), link),
  );

/** Names by which GitHub knows a page's headings. */
const anchorsOf = (page: string): string[] =>
  [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

const markdown = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
const pages = [...markdown("docs"), ...markdown("docs/evidence")];

test("every page of docs/ is linked from README", () => {
  const links = linksOf("README.md").map((link) => link.split("#")[0]);
  expect([...pages, ...writtenByCommands].filter((page) => !links.includes(page))).toEqual([]);
});

test.each([...markdown("."), ...pages])(
  "every link of %s leads to a file, and to a heading of it",
  (page) => {
    const dead = linksOf(page).filter((link) => {
      const [path = "", heading] = link.split("#");
      if (!existsSync(join(root, path))) return !writtenByCommands.includes(path);
      return heading !== undefined && !anchorsOf(path).includes(heading);
    });
    expect(dead).toEqual([]);
  },
);

test("what README says to have is what the program asks for", () => {
  const { engines, dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    engines: { node: string };
    dependencies: Record<string, string>;
  };
  const [, go] = /^go (\S+)$/m.exec(readFileSync(join(root, "lab/toolchain/pulumi/go.mod"), "utf8")) ?? [];
  expect(text).toContain(`Go ${go ?? "?"} only for the rehearsal`);
  expect(text).toContain(`Node ${engines.node.replace(">=", "")} or newer with npm`);
  expect(text).toContain(`3.${dependencies["@pulumi/pulumi"]?.split(".")[1] ?? "?"} or newer`);
});

test("no command that reads or sets something leaves open at which of the two stacks", () => {
  const commands =
    [text, changing, operating]
      .join("\n")
      .match(/pulumi (config set|stack (init|output)|state \w+) [^`\n]*/g) ?? [];
  expect(commands.length).toBeGreaterThan(10);
  expect(commands.filter((command) => !/--stack (prod|standby)|-s prod|--no-select/.test(command))).toEqual(
    [],
  );
});
