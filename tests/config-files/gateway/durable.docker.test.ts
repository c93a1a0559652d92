/** Databases of the gateway's image are synced at each commit, whatever its software asks for. */
import { docker, labLabel } from "../../../lab/lib/docker";
import { attempt } from "../../../lab/lib/exec";
import { derivedImage } from "./support/real-gateway";

jest.setTimeout(300_000);
let image: string;
beforeAll(async () => {
  image = await derivedImage("2026.9");
});

const inImage = (...command: string[]): Promise<string> =>
  docker([
    "run",
    "--rm",
    "--label",
    labLabel,
    "--network",
    "none",
    "--entrypoint",
    "node",
    image,
    ...command,
  ]);
/** What a connection has in the end: 1 is NORMAL, 2 is FULL, 3 is EXTRA. */
const found = `d.prepare("PRAGMA synchronous").get().synchronous`;

test.each([
  ["NORMAL", 2],
  ["OFF", 2],
  ["1", 2],
  ["FULL", 2],
  ["EXTRA", 3],
])("synchronous = %s ends as %i", async (asked, wanted) => {
  const program = `const { DatabaseSync } = require("node:sqlite"); const d = new DatabaseSync(":memory:");
    d.exec("PRAGMA journal_mode = WAL; pragma  synchronous=${asked};"); console.log(${found})`;
  expect(await inImage("-e", program)).toBe(`${wanted}\n`);
});

test("in workers, processes and modules of its own kind as well", async () => {
  const asked = `const d = new DatabaseSync(":memory:"); d.exec("PRAGMA synchronous = NORMAL;"); console.log(${found});`;
  const program = `const { Worker } = require("node:worker_threads"); const { spawnSync } = require("node:child_process");
    const own = ${JSON.stringify(`import { DatabaseSync } from "node:sqlite"; ${asked}`)};
    process.stdout.write(spawnSync(process.execPath, ["--input-type=module", "-e", own]).stdout);
    new Worker(${JSON.stringify(`const { DatabaseSync } = require("node:sqlite"); ${asked}`)}, { eval: true });`;
  expect(await inImage("-e", program)).toBe("2\n2\n");
});

test("OpenClaw asks in the way that is answered: nothing else in it sets how much is synced", async () => {
  const asks = `grep -rhoE "PRAGMA synchronous *= *[^;]+;" /app/dist --include=*.js | sort -u; grep -rhoE "synchronous: \\"[A-Z]+\\"" /app/dist --include=*.js | sort -u`;
  const { stdout } = await attempt("docker", [
    ...["run", "--rm", "--label", labLabel, "--network", "none", "--entrypoint", "sh", image, "-c", asks],
  ]);

  expect(stdout.trim().split("\n")).toEqual([
    "PRAGMA synchronous = ${synchronous};",
    "PRAGMA synchronous = FULL;",
    'synchronous: "NORMAL"',
  ]);
});

test("a process that uses no database says nothing of one", async () => {
  const { stderr } = await attempt("docker", [
    ...["run", "--rm", "--label", labLabel, "--network", "none", "--entrypoint", "node", image, "-e", "0"],
  ]);
  expect(stderr).toBe("");
});
