/** Copies of a state that is written to, through the real restic and its server, and back. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { restServerFlags } from "../../../config-files/backups/storage";
import { Copies } from "../../config-files/host/backup-copies";
import { BackupWorld, newestSnapshot } from "./world";

// Go builds two programs the first time.
jest.setTimeout(900_000);

const password = "a-password-of-32-characters-long";
const environment = { RESTIC_REST_USERNAME: "prod", RESTIC_REST_PASSWORD: password };
const rounds = 25;
let world: BackupWorld;
let copies: Copies;
let repository: string;
let storage: string;

beforeAll(async () => {
  world = await BackupWorld.begin();
  copies = new Copies();
  storage = world.folder("storage");
  const digest = createHash("sha1").update(password).digest("base64");
  writeFileSync(join(storage, ".htpasswd"), `prod:{SHA}${digest}\n`);
  const port = await world.serve("rest-server", (own) => [
    ...restServerFlags(storage),
    ...["--listen", `127.0.0.1:${own}`],
  ]);
  repository = `rest:http://127.0.0.1:${port}/prod/`;
  expect(world.run(repository, ["init"], environment)).toMatchObject({ status: 0 });
});
afterAll(() => {
  copies.end();
  world.end();
});

/** One snapshot of the copy as it is. @returns its id */
function snapshot(): string {
  const made = world.run(repository, ["backup", "--no-scan", "--tag", "stack=prod", copies.to], environment);
  expect([made.status, made.stderr]).toEqual([0, expect.anything()]);
  return newestSnapshot(world.run(repository, ["snapshots", "--json"], environment));
}

test(`${rounds} snapshots under a writer that never rests: each opens, with what was acknowledged before`, async () => {
  const writer = spawn(
    "python3",
    [
      "-c",
      `
import os, sqlite3
db = sqlite3.connect("w.sqlite", isolation_level=None)
db.execute("PRAGMA journal_mode=wal"); db.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, x)")
for n in range(10**9):
    open(f"file-{n % 50}", "w").write(str(n))
    db.execute("INSERT INTO t (x) VALUES (?)", (n,))
    open("n.new", "w").write(str(n)); os.rename("n.new", "acknowledged")`,
    ],
    { cwd: copies.from, stdio: "ignore" },
  );
  const made: { id: string; acknowledged: number }[] = [];
  try {
    for (let tries = 0; tries < 100 && !existsSync(join(copies.from, "acknowledged")); tries++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    for (let round = 0; round < rounds; round++) {
      const acknowledged = Number(readFileSync(join(copies.from, "acknowledged"), "utf8"));
      expect(copies.databases().stopped).toBeNull();
      expect(copies.collect().stopped).toBeNull();
      made.push({ id: snapshot(), acknowledged });
    }
  } finally {
    writer.kill("SIGKILL");
  }
  for (const { id, acknowledged } of made) {
    const target = join(world.home, `restored-${id}`);
    const words = ["restore", `${id}:${copies.to}`, "--target", target];
    expect(world.run(repository, words, environment)).toMatchObject({ status: 0 });
    const said = spawnSync("python3", ["-c", `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(db.execute("PRAGMA integrity_check").fetchone()[0], db.execute("SELECT max(x) FROM t").fetchone()[0])`, join(target, "w.sqlite")], { encoding: "utf8" }).stdout.trim(); // prettier-ignore
    const [integrity, last] = said.split(" ");
    expect(integrity).toBe("ok");
    expect(Number(last)).toBeGreaterThanOrEqual(acknowledged);
    // Files come after the databases.
    expect(Number(readFileSync(join(target, "acknowledged"), "utf8"))).toBeGreaterThanOrEqual(acknowledged);
  }
});

test("another password opens nothing, and restic says so by its code", () => {
  const other = join(world.home, "other-password");
  writeFileSync(other, "1".repeat(64));
  const words = ["--password-file", other, "snapshots", "--no-lock"];
  expect(world.run(repository, words, environment)).toMatchObject({ status: 12 });
});

test("a flipped bit is found, and so is an upload that was cut short; what lies elsewhere still restores", () => {
  const before = snapshot();
  writeFileSync(join(copies.to, "later"), Buffer.alloc(1 << 20, "x"));
  const packs = (): string[] =>
    readdirSync(join(storage, "prod", "data"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  const earlier = new Set(packs());
  snapshot();
  const [pack] = packs().filter((path) => !earlier.has(path));
  if (pack === undefined) throw new Error("the snapshot has added nothing");
  const whole = readFileSync(pack);
  const check = ["check", "--read-data", "--no-lock"];
  expect(world.run(repository, check, environment)).toMatchObject({ status: 0 });
  const flipped = Buffer.from(whole);
  flipped[100] = (flipped[100] ?? 0) ^ 1;
  spawnSync("chmod", ["u+w", pack]);
  writeFileSync(pack, flipped);
  expect(world.run(repository, check, environment).status).not.toBe(0);
  writeFileSync(pack, whole);
  truncateSync(pack, whole.length - 1);
  expect(world.run(repository, check, environment).status).not.toBe(0);
  const words = ["restore", `${before}:${copies.to}`, "--target", join(world.home, "restored-before")];
  expect(world.run(repository, words, environment)).toMatchObject({ status: 0 });
});
