/** Copies of databases while somebody writes to them, also by somebody who wants there to be none. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Copies, hasPython } from "./backup-copies";

let copies: Copies;
beforeEach(() => void (copies = new Copies()));
afterEach(() => copies.end());
const copy = (name: string): string => join(copies.to, name);

const makeTable = `
import sqlite3
def make(name, rows=10, mode="wal"):
    db = sqlite3.connect(name, isolation_level=None)
    db.execute("PRAGMA synchronous = OFF")
    db.execute(f"PRAGMA journal_mode={mode}")
    db.execute("CREATE TABLE t (x)")
    db.execute("BEGIN")
    db.executemany("INSERT INTO t VALUES (?)", [(n,) for n in range(rows)])
    db.execute("COMMIT")
    return db
`;
/** What a copy says of itself, opened as a restored one is. */
const look = (name: string): string =>
  copies
    .python(
      `import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(db.execute("PRAGMA integrity_check").fetchone()[0], db.execute("SELECT count(*) FROM t").fetchone()[0])`,
      copy(name),
    )
    .trim();

(hasPython ? describe : describe.skip)("backup-database", () => {
  it("copies each, in either journal mode, with what is in the log alone", () => {
    mkdirSync(join(copies.from, "agents"));
    copies.python(`${makeTable}
make("agents/a.sqlite", 100); make("b.sqlite", 50, "delete")
import os; os._exit(0)`);
    // Its writer has ended without a checkpoint.
    expect(statSync(join(copies.from, "agents/a.sqlite-wal")).size).toBeGreaterThan(0);
    expect(copies.databases()).toMatchObject({ copied: 2, leftOut: [], stopped: null });
    expect([look("agents/a.sqlite"), look("b.sqlite")]).toEqual(["ok 100", "ok 50"]);
  });

  it("copies one only when it has changed, or when all is asked for", () => {
    copies.python(`${makeTable}make("a.sqlite"); make("b.sqlite")`);
    copies.databases();
    const before = statSync(copy("a.sqlite")).ino;
    copies.python(`import sqlite3; db = sqlite3.connect("b.sqlite"); db.execute("INSERT INTO t VALUES (1)"); db.commit()`); // prettier-ignore
    expect(copies.databases()).toMatchObject({ copied: 1, unchanged: 1 });
    expect([statSync(copy("a.sqlite")).ino, look("b.sqlite")]).toEqual([before, "ok 11"]);
    expect(copies.databases({ whole: true })).toMatchObject({ copied: 2 });
  });

  it("what was acknowledged before it began is in each copy, under a writer that never rests", async () => {
    const writer = spawn("python3", ["-c", `${makeTable}
import os, time
db = make("w.sqlite", 0)

for n in range(10**9):
    db.execute("INSERT INTO t VALUES (zeroblob(2000))")
    if n % 50 == 0:
        time.sleep(0.01)
        open("n.new", "w").write(str(n)); os.rename("n.new", "acknowledged")
`], { cwd: copies.from, stdio: "ignore" }); // prettier-ignore
    try {
      for (let tries = 0; tries < 100 && !existsSync(join(copies.from, "acknowledged")); tries++)
        await new Promise((resolve) => setTimeout(resolve, 100));
      for (let round = 0; round < 3; round++) {
        const acknowledged = Number(readFileSync(join(copies.from, "acknowledged"), "utf8"));
        expect(copies.databases()).toMatchObject({ copied: 1, leftOut: [] });
        const [integrity, rows] = look("w.sqlite").split(" ");
        expect(integrity).toBe("ok");
        expect(Number(rows)).toBeGreaterThan(acknowledged);
      }
    } finally {
      writer.kill("SIGKILL");
    }
  }, 60_000);

  it("a schema of many views costs as much as its pages", () => {
    copies.python(`${makeTable}
db = make("v.sqlite")
db.execute("BEGIN")
for n in range(5000): db.execute(f"CREATE VIEW v{n} AS SELECT 1")
db.execute("COMMIT")`);
    expect(copies.databases({ each: { seconds: 3, memoryMiB: 128 } })).toMatchObject({
      copied: 1,
      leftOut: [],
    });
    expect(look("v.sqlite")).toBe("ok 10");
  }, 60_000);

  it("one that somebody keeps locked is given up, copied as a file and named, and the others are copied", () => {
    copies.python(`${makeTable}make("a.sqlite", 10, "delete"); make("b.sqlite")`);
    const told = copies.python(
      `
import sqlite3, subprocess, sys
db = sqlite3.connect("a.sqlite", isolation_level=None)
db.execute("BEGIN EXCLUSIVE")
print(subprocess.run(sys.argv[1:], input='{"seconds": 60, "files": 100, "bytes": 10000000, "without": [], "each": {"seconds": 1, "memoryMiB": 256}}', text=True, capture_output=True).stdout)`,
      "python3",
      "-B",
      join(__dirname, "../../../config-files/host/bin/backup-database"),
      copies.from,
      copies.to,
      join(copies.home, "notes"),
    );
    expect(JSON.parse(told)).toMatchObject({
      copied: 1,
      asFiles: 1,
      leftOut: [{ path: "a.sqlite", why: expect.stringMatching(/^is copied as the files that it is, and may not open: (it took longer|another process keeps it locked)/) }], // prettier-ignore
    });
    expect([look("b.sqlite"), look("a.sqlite")]).toEqual(["ok 10", "ok 10"]);
  }, 30_000);

  it("a pipe beside a database, and one that is damaged, are named", () => {
    copies.python(`${makeTable}
import os
make("p.sqlite", 10, "delete"); os.mkfifo("p.sqlite-wal")
make("ok.sqlite")
open("d.sqlite", "wb").write(b"SQLite format 3\\0" + b"\\xff" * 5000)`);
    const { leftOut } = copies.databases();
    expect(leftOut.map(({ path, why }) => `${path} ${why}`).join("\n")).toMatch(
      /d\.sqlite is copied as the files that it is, .*\np\.sqlite .*what is called -wal is no file/,
    );
    expect(readFileSync(copy("d.sqlite")).equals(readFileSync(join(copies.from, "d.sqlite")))).toBe(true);
    // While nothing changes their copies are what they were, and named again; until one can be made.
    expect(copies.databases()).toMatchObject({ asFiles: 2, unchanged: 3, leftOut });
    copies.python(`import os; os.unlink("p.sqlite-wal")`);
    expect(copies.databases({ whole: true })).toMatchObject({ asFiles: 1, copied: 2 });
    expect(look("ok.sqlite")).toBe("ok 10");
  });

  it("a link in place of a database leads nowhere, and a file by that name is none", () => {
    const outside = join(copies.home, "outside.sqlite");
    copies.python(`${makeTable}make("${outside}", 10, "delete")
import os
os.symlink("${outside}", "l.sqlite"); open("f.sqlite", "w").write("x")`);
    expect(copies.databases()).toMatchObject({ leftOut: [], bytes: 0 });
    expect(readdirSync(copies.to)).toEqual([]);
  });

  it("what lay beside a copy that was made of files is gone with the next that SQLite makes", () => {
    copies.python(`${makeTable}make("a.sqlite")`);
    writeFileSync(copy("a.sqlite-wal"), "of another time");
    expect(copies.databases()).toMatchObject({ copied: 1 });
    expect([readdirSync(copies.to), look("a.sqlite")]).toEqual([["a.sqlite"], "ok 10"]);
  });

  it.each<[string, object, RegExp]>([
    ["bytes", { bytes: 100 }, /more than 0 MiB/],
    ["files", { files: 1 }, /more than 1 files/],
    ["seconds", { seconds: 0 }, /longer than 0 seconds/],
  ])("stops at its limit of %s", (_, limit, said) => {
    copies.python(`${makeTable}make("a.sqlite"); make("b.sqlite")`);
    expect(copies.databases(limit).stopped).toMatch(said);
  });
});
