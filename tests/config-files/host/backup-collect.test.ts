/** The kept copy of a gateway's files: what is in it, what a change costs, and what a hostile gateway gets out of it. */
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Copies, hasPython } from "./backup-copies";

let copies: Copies;
beforeEach(() => void (copies = new Copies()));
afterEach(() => copies.end());
const source = (name: string): string => join(copies.from, name);
const copy = (name: string): string => join(copies.to, name);
const write = (name: string, content: string): void => {
  mkdirSync(join(source(name), ".."), { recursive: true });
  writeFileSync(source(name), content);
};
/** So that all that is there has been touched before the next run by more than a tick of the clock. */
const later = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2100);

(hasPython ? describe : describe.skip)("backup-collect", () => {
  it("copies what is there, with modes but without set-uid, and leaves out what is said", () => {
    write("a", "one");
    write("d/e/f", "two");
    write("sandboxes/x", "not mine");
    write("d/sandboxes", "mine");
    chmodSync(source("a"), 0o4755);
    expect(copies.collect()).toMatchObject({ stopped: null, leftOut: [], copied: 3 });
    expect(readFileSync(copy("d/e/f"), "utf8")).toBe("two");
    expect(readdirSync(copies.to).sort()).toEqual(["a", "d"]);
    expect(readdirSync(copy("d")).sort()).toEqual(["e", "sandboxes"]);
    expect(statSync(copy("a")).mode & 0o7777).toBe(0o755);
    expect(statSync(copy("a")).mtimeMs).toBe(statSync(source("a")).mtimeMs);
  });

  it("copies only what has changed, removes what is gone, and all anew where that is asked", () => {
    for (const name of ["a", "b", "c"]) write(name, name);
    copies.collect();
    later();
    // One run more sees that what it took was touched long before.
    copies.collect();
    const kept = lstatSync(copy("a")).ino;
    write("b", "changed");
    rmSync(source("c"));
    expect(copies.collect()).toMatchObject({ copied: 1, unchanged: 1, removed: 1 });
    expect([readFileSync(copy("b"), "utf8"), existsSync(copy("c"))]).toEqual(["changed", false]);
    expect(lstatSync(copy("a")).ino).toBe(kept);
    expect(copies.collect({ whole: true })).toMatchObject({ copied: 2 });
    expect(lstatSync(copy("a")).ino).not.toBe(kept);
  });

  it("sees a change behind which size and time have been put back", () => {
    write("a", "before");
    later();
    copies.collect();
    later();
    copies.collect();
    // To the nanosecond, which Node cannot.
    copies.python(`import os
before = os.stat("a")
with open("a", "w") as file: file.write("behind")
os.utime("a", ns=(before.st_atime_ns, before.st_mtime_ns))`);
    copies.collect();
    expect(readFileSync(copy("a"), "utf8")).toBe("behind");
  });

  it("takes no link, pipe or device, names them, and nothing outside changes", () => {
    const outside = join(copies.home, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "f"), "untouched");
    write("kept", "x");
    symlinkSync(outside, source("dir"));
    symlinkSync("/etc/passwd", source("file"));
    copies.python("import os, socket; os.mkfifo('pipe'); socket.socket(socket.AF_UNIX).bind('socket')");
    const { leftOut } = copies.collect();
    expect(leftOut.map(({ path, why }) => `${path} ${why}`).sort()).toEqual([
      "dir is a link",
      "file is a link",
      "pipe is neither a file nor a directory",
      "socket is neither a file nor a directory",
    ]);
    expect(readdirSync(copies.to)).toEqual(["kept"]);
    // What was a link before is a directory now, and the other way round.
    rmSync(source("dir"));
    write("dir/f", "own");
    rmSync(source("kept"));
    symlinkSync(outside, source("kept"));
    copies.collect();
    expect(readFileSync(copy("dir/f"), "utf8")).toBe("own");
    rmSync(source("dir"), { recursive: true });
    write("dir", "a file");
    copies.collect();
    expect(readFileSync(copy("dir"), "utf8")).toBe("a file");
    expect(readFileSync(join(outside, "f"), "utf8")).toBe("untouched");
  });

  it("copies names of any bytes, and shows none that a terminal would obey", () => {
    const odd = "b'new\\nline', b'esc\\x1b[31m', b'no utf-8 \\xff', b'-rf', b' ', '\\u202eright'.encode()";
    copies.python(`
import os
for name in [${odd}]:
    open(name, "w").write("x")
    os.mkfifo(b"p" + name)
`);
    const { leftOut, copied } = copies.collect();
    expect(copied).toBe(6);
    expect(copies.python(`import os, sys; print(all(os.path.exists(os.path.join(os.fsencode(sys.argv[1]), n)) for n in [${odd}]))`, copies.to)).toBe("True\n"); // prettier-ignore
    const names = leftOut.map(({ path }) => path);
    expect(names).toContain("pno utf-8 \\xff");
    expect(names).toContain("pesc\\x1b[31m");
    expect(names.filter((name) => /[\u0000-\u001f\u007f-\u009f\u202e]/.test(name))).toEqual([]);
  });

  it("is not made endless by a directory of depth 2,000", () => {
    write("kept", "x");
    copies.python(`
import os
for _ in range(2000):
    os.mkdir("d" * 100); os.chdir("d" * 100)
`);
    const { leftOut, stopped } = copies.collect();
    expect(stopped).toBeNull();
    expect(leftOut).toEqual([{ path: expect.any(String), why: expect.stringMatching(/longer than 3000/) }]);
    expect(readFileSync(copy("kept"), "utf8")).toBe("x");
  });

  it("goes no deeper than 64", () => {
    write(`${"d/".repeat(64)}f`, "x");
    write(`${"d/".repeat(65)}g`, "x");
    const { leftOut } = copies.collect();
    expect(leftOut.map(({ why }) => why)).toEqual(["is deeper than 64 directories"]);
    expect(existsSync(copy(`${"d/".repeat(64)}f`))).toBe(true);
  });

  it("keeps holes, and leaves out what claims more than there is", () => {
    write("sparse", "x");
    truncateSync(source("sparse"), 2 << 20);
    write("huge", "x");
    truncateSync(source("huge"), 2 ** 42);
    for (const name of ["s1", "s2", "s3"]) {
      write(name, "x");
      truncateSync(source(name), 30 << 20);
    }
    const { leftOut, bytes } = copies.collect();
    expect(statSync(copy("sparse"))).toMatchObject({ size: 2 << 20 });
    expect(statSync(copy("sparse")).blocks * 512).toBeLessThan(1 << 20);
    expect(bytes).toBeLessThan(1 << 20);
    const said = leftOut.map(({ path, why }) => `${path} ${why}`).sort();
    expect(said).toHaveLength(2);
    expect(said.join()).toMatch(/huge claims 4398046511104 bytes.*sparse files claim more than 64 MiB/);
  });

  it.each<[string, object, RegExp]>([
    ["files", { files: 50 }, /more than 50 files/],
    ["bytes", { bytes: 1 << 20 }, /more than 1 MiB/],
    ["seconds", { seconds: 0 }, /longer than 0 seconds/],
  ])("stops at its limit of %s, says so, and keeps what it has", (_, limit, said) => {
    write("gone", "x");
    copies.collect();
    rmSync(source("gone"));
    copies.python(`
for number in range(200):
    open(f"f{number}", "wb").write(bytes([1]) * 10240)
`);
    expect(copies.collect(limit).stopped).toMatch(said);
    expect(readdirSync(copies.to).length).toBeLessThan(200);
    // Nobody knows what the rest is, so nothing is removed.
    expect(existsSync(copy("gone"))).toBe(true);
    const rest = copies.collect();
    expect([rest.stopped, readdirSync(copies.to).length, existsSync(copy("gone"))]).toEqual([
      null,
      200,
      false,
    ]);
  });

  it("keeps hard links links, so that a thousand names of a file cost as much as one", () => {
    write("first", "x".repeat(1 << 20));
    for (let number = 0; number < 200; number++) linkSync(source("first"), source(`l${number}`));
    const { bytes, linked, stopped } = copies.collect();
    expect([bytes, linked, stopped]).toEqual([1 << 20, 200, null]);
    expect(statSync(copy("l7")).ino).toBe(statSync(copy("first")).ino);
    writeFileSync(source("l7"), "changed");
    copies.collect();
    expect(readFileSync(copy("first"), "utf8")).toBe("changed");
  });

  it("leaves databases and what lies beside them alone, and names one of which there is no copy", () => {
    copies.python(`
import sqlite3
sqlite3.connect("a.sqlite").execute("create table t (x)")
open("b.sqlite", "w").write("not a database")
open("a.sqlite-wal", "w").write("x")
`);
    expect(copies.collect().leftOut).toEqual([
      { path: "a.sqlite", why: "is a database of which there is no copy yet" },
    ]);
    expect(readdirSync(copies.to)).toEqual(["b.sqlite"]);
    for (const name of ["a.sqlite", "a.sqlite-wal"]) writeFileSync(copy(name), "the copy");
    expect(copies.collect().leftOut).toEqual([]);
    expect(readdirSync(copies.to).sort()).toEqual(["a.sqlite", "a.sqlite-wal", "b.sqlite"]);
    renameSync(source("a.sqlite"), source("sandboxes"));
    copies.collect();
    expect(readdirSync(copies.to)).toEqual(["b.sqlite"]);
  });

  it("goes on with what the last run has not come to, and does not copy again what that has", () => {
    copies.python(`for n in range(40): open(f"f{n:02}", "w").write("x" * n)`);
    later();
    const first = copies.collect({ files: 15 });
    expect(first).toMatchObject({ copied: 15, stopped: expect.stringMatching(/more than 15 files/) });
    later();
    // One that has changed meanwhile is copied again, however little it looks like it.
    const changed = readdirSync(copies.to)[3] ?? "";
    copies.python(
      `import os, sys
before = os.stat(sys.argv[1]); open(sys.argv[1], "r+").write("y"); os.utime(sys.argv[1], ns=(before.st_atime_ns, before.st_mtime_ns))`,
      changed,
    );
    expect(copies.collect()).toMatchObject({ copied: 26, unchanged: 14, stopped: null });
    expect(readFileSync(copy(changed), "utf8")).toMatch(/^y/);
    later();
    expect(copies.collect()).toMatchObject({ copied: 1, unchanged: 39 });
    // One that copies all anew takes nothing of before for its own.
    expect(copies.collect({ whole: true })).toMatchObject({ copied: 40 });
  });

  it("leaves out OpenClaw's own locks where they lie, and no other file whose name ends so", () => {
    copies.python(`
import os
for name in ["sessions.json", "sessions.json.lock", "Cargo.lock", ".lock", "workspace/Gemfile", "workspace/Gemfile.lock"]:
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True); open(name, "w").write("x")
`);
    const kept = (): string[] => readdirSync(copies.to, { recursive: true, encoding: "utf8" }).sort();
    copies.collect({ locks: true });
    const all = [
      ".lock",
      "Cargo.lock",
      "sessions.json",
      "workspace",
      "workspace/Gemfile",
      "workspace/Gemfile.lock",
    ];
    expect(kept()).toEqual(all);
    // Where none of OpenClaw's lie, as in the sandboxes' workspaces.
    copies.collect();
    expect(kept()).toEqual([...all, "sessions.json.lock"].sort());
  });

  it("keeps the earlier copy of what cannot be read now, and names it", () => {
    if (process.getuid?.() === 0) return;
    write("d/f", "earlier");
    copies.collect();
    chmodSync(source("d"), 0);
    const { leftOut } = copies.collect();
    chmodSync(source("d"), 0o700);
    expect(leftOut).toEqual([{ path: "d", why: "Permission denied" }]);
    expect(readFileSync(copy("d/f"), "utf8")).toBe("earlier");
  });
});
