/** The command as people type it: what it prints, writes and ends with. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { imagePins, parseReference, pinProblem, type ImageName } from "../../../config/images";
import { rewritePins } from "../../../tools/pins/rewrite";
import { runsTypeScript } from "../../typescript";
import { RegistryServer } from "./registry-server";

const root = join(__dirname, "..", "..", "..");
/** The table, as it was before anybody asked. */
const undigested = readFileSync(join(root, "config", "images.ts"), "utf8")
  .replace(/@sha256:[0-9a-f]{64}/g, "")
  .replace(/:\n\s+"/g, ': "');
const references = Object.entries<string>(imagePins).map(
  ([name, pin]) => [name as ImageName, pin.replace(/@.*$/, "")] as const,
);
const directory = mkdtempSync(join(tmpdir(), "clawkeep-pins-"));
const file = join(directory, "images.ts");
let registry: RegistryServer;

jest.setTimeout(60_000);
beforeAll(async () => {
  registry = await RegistryServer.start();
});
beforeEach(() => {
  writeFileSync(file, undigested);
  for (const [, reference] of references) {
    const { repository, tag } = parseReference(reference) ?? { repository: "", tag: "" };
    registry.index(repository, tag);
  }
});
afterAll(async () => {
  await registry.stop();
  rmSync(directory, { recursive: true });
});

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

async function pins(...args: string[]): Promise<Ended> {
  const mirrors = ["docker.io", "ghcr.io"].flatMap((host) => ["--registry", `${host}=${registry.origin}`]);
  const all = [
    ...runsTypeScript,
    "tools/pins.ts",
    ...mirrors,
    "--ca",
    registry.caFile,
    "--file",
    file,
    ...args,
  ];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, all, { cwd: root });
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
    child.on("close", (code) => resolve({ code, text }));
  });
}

it("asks, prints, and writes nothing unless told to", async () => {
  const { code, text } = await pins();
  expect(code).toBe(0);
  for (const [name, reference] of references)
    expect(text).toMatch(new RegExp(`^${name}: ${reference} -> ${reference}@sha256:[0-9a-f]{64}$`, "m"));
  expect(readFileSync(file, "utf8")).toBe(undigested);
});

it("writes digests that the configuration takes, in the house's format", async () => {
  const { code, text } = await pins("--write");
  expect([code, text]).toEqual([0, expect.stringContaining("written: ")]);
  const written = readFileSync(file, "utf8");
  for (const [name, reference] of references) {
    const [, pin = ""] = new RegExp(`\\b${name}:\\s*"([^"]+)"`).exec(written) ?? [];
    expect(pin).toMatch(new RegExp(`^${reference}@sha256:[0-9a-f]{64}$`));
    expect(pinProblem(name, pin)).toBeUndefined();
  }
  // Nothing but the pins has changed.
  expect(written.replace(/@sha256:[0-9a-f]{64}/g, "").replace(/:\n\s+"/g, ': "')).toBe(undigested);
  const prettier = ["--check", "--log-level=warn", "--config", ".prettierrc.json", file];
  execFileSync("node_modules/.bin/prettier", prettier, { cwd: root });
});

it("one row refused: nothing is written, exit code 1, the others are still told", async () => {
  registry.index("library/caddy", "2.11.4", ["linux/arm64"]);
  const { code, text } = await pins("--write");
  expect(code).toBe(1);
  expect(text).toMatch(/^caddy: REFUSED: .*only for linux\/arm64$/m);
  expect(text).toMatch(/^redis: .* -> /m);
  expect(text).toContain(`1 of ${references.length} refused: nothing was written`);
  expect(readFileSync(file, "utf8")).toBe(undigested);
});

it("what it does not understand is refused", async () => {
  const wrong: [string[], RegExp][] = [
    [["--only", "nginx"], /nginx is no row of config\/images\.ts: one of openclaw, /],
    [["--registry", "quay.io=http://mirror.example.org"], /write it like --registry docker\.io=https:/],
    [["--force"], /Unknown option '--force'/],
  ];
  const ended = await Promise.all(wrong.map(([args]) => pins(...args)));
  expect(ended).toEqual(
    wrong.map(([, problem]) => ({ code: 1, text: expect.stringMatching(problem) as string })),
  );
});

it("a second time nothing changes; and when a tag has moved since, it is told by name", async () => {
  await pins("--write");
  const written = readFileSync(file, "utf8");
  const again = await pins("--write");
  expect([again.code, again.text.match(/ is as pinned$/gm)?.length]).toEqual([0, references.length]);
  expect(readFileSync(file, "utf8")).toBe(written);
  registry.index("library/caddy", "2.11.4", ["linux/amd64"]);
  const moved = await pins("--write");
  expect([moved.code, moved.text]).toEqual([1, expect.stringContaining("caddy: REFUSED: THE TAG HAS MOVED")]);
  expect(readFileSync(file, "utf8")).toBe(written);
  const accepted = await pins("--write", "--accept-moved", "caddy");
  expect([accepted.code, readFileSync(file, "utf8") === written]).toEqual([0, false]);
});

it("a row that is not where it should be is left to a person", () => {
  const outcome = { name: "redis", before: "a", after: "b" } as const;
  expect(rewritePins('redis: "a",\n', [outcome])).toBe('redis: "b",\n');
  expect(() => rewritePins("nothing here", [outcome])).toThrow(/has 0 rows redis: .*mend it by hand/);
  expect(() => rewritePins('redis: "a",\nredis: "a",\n', [outcome])).toThrow(/has 2 rows/);
});
