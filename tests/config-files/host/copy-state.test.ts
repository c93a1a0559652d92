/** copy-state.mjs on directories of its own: what it copies, what it leaves out and names, and that it ends. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const bin = join(__dirname, "..", "..", "..", "config-files", "host", "bin");
const isRoot = process.getuid?.() === 0;
let [root, from, to] = ["", "", ""];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "clawkeep-copy-"));
  [from, to] = [join(root, "from"), join(root, "to")];
  for (const place of [from, to]) mkdirSync(place);
  writeFileSync(join(from, "last"), "kept");
});
afterEach(() => spawnSync("rm", ["-rf", root]));

/** @param change limits of the script that are others, as `name: value` */
function copy(kind: string, places = [from, to], change: Readonly<Record<string, number>> = {}) {
  const program = join(root, "bin");
  cpSync(bin, program, { recursive: true });
  const script = join(program, "copy-state.mjs");
  let text = readFileSync(script, "utf8");
  for (const [name, value] of Object.entries({ reserve: 0, ...change })) {
    const was = text;
    text = text.replace(new RegExp(`^  ${name}: .*,$`, "m"), `  ${name}: ${value},`);
    expect([name, text !== was]).toEqual([name, true]);
  }
  writeFileSync(script, text);
  const { status, stderr } = spawnSync(process.execPath, [script, kind, ...places], {
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status, lines: stderr.trim().split("\n").filter(Boolean) };
}
const clean = { status: 0, lines: [] };
const shell = (text: string): void => {
  const { status, stderr } = spawnSync("bash", ["-euc", text], { cwd: from, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
};

it("copies a state that is down as it is: links, hard links, times; neither set-uid bits nor what is of one run", () => {
  mkdirSync(join(from, "d", "e"), { recursive: true });
  writeFileSync(join(from, "d", "e", "a"), "text");
  linkSync(join(from, "d", "e", "a"), join(from, "again"));
  symlinkSync("/etc/shadow", join(from, "link"));
  chmodSync(join(from, "last"), 0o6755);
  utimesSync(join(from, "last"), 1_000_000, 1_000_000);
  for (const name of ["tmp", "sandboxes", "lost+found"])
    mkdirSync(join(from, name, "x"), { recursive: true });
  shell(
    "mkfifo pipe; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"s\")' 2>/dev/null || true",
  );
  expect(copy("still")).toEqual(clean);
  expect(readdirSync(to).sort()).toEqual(["again", "d", "last", "link"]);
  expect(readFileSync(join(to, "d", "e", "a"), "utf8")).toBe("text");
  expect(lstatSync(join(to, "again")).ino).toBe(lstatSync(join(to, "d", "e", "a")).ino);
  expect(readlinkSync(join(to, "link"))).toBe("/etc/shadow");
  const { mode, mtimeMs } = lstatSync(join(to, "last"));
  expect([mode & 0o7777, mtimeMs]).toEqual([0o755, 1_000_000_000]);
});

it("copies names that are no UTF-8", () => {
  shell(`mkdir $'d\\xff'; echo odd >$'d\\xff/\\xfe'`);
  for (const kind of ["still", "live"]) {
    rmSync(to, { recursive: true });
    mkdirSync(to);
    expect(copy(kind)).toEqual(clean);
    const [directory] = readdirSync(Buffer.from(to), { encoding: "buffer" }).filter((name) =>
      name.includes(0xff),
    );
    expect(directory).toEqual(Buffer.from([0x64, 0xff]));
  }
});

it("holes stay holes, and are not read; a file that claims more than there is is left out of a live copy", () => {
  writeFileSync(join(from, "hole"), "");
  truncateSync(join(from, "hole"), 2 ** 40);
  expect(copy("still")).toEqual(clean);
  expect([lstatSync(join(to, "hole")).size, lstatSync(join(to, "hole")).blocks]).toEqual([2 ** 40, 0]);
  rmSync(join(from, "hole"));
  writeFileSync(join(from, "most"), "begin");
  shell("truncate -s 40T most 2>/dev/null || truncate -s 8T most");
  rmSync(to, { recursive: true });
  mkdirSync(to);
  const { status, lines } = copy("live");
  expect([status, lines]).toEqual([
    0,
    [expect.stringMatching(/"most" is left out: it claims \d+ bytes, more than/)],
  ]);
});

it("names what lies too deep, and goes on", () => {
  shell("for i in {1..30}; do mkdir d; cd d; done; echo deep >x");
  const { status, lines } = copy("still", undefined, { depth: 10 });
  expect([status, lines]).toEqual([
    0,
    [`copy-state: "${Array.from({ length: 11 }, () => "d").join("/")}" is left out: it lies too deep`],
  ]);
  expect(existsSync(join(to, "last"))).toBe(true);
  rmSync(to, { recursive: true });
  mkdirSync(to);
  // Longer than the kernel opens.
  shell("for i in {1..20}; do n=$(printf %0250d $i); mkdir $n; cd $n; done; echo deep >x");
  expect(copy("still").lines).toEqual([expect.stringMatching(/ is left out: it lies too deep$/)]);
});

(isRoot ? it : it.skip)("names what is not the gateway's (skipped without root)", () => {
  mkdirSync(join(from, "x1"));
  chownSync(join(from, "x1"), 1, 1);
  const { status, lines } = copy("still");
  expect([status, lines]).toEqual([
    0,
    ['copy-state: "x1" is left out: it is not the gateway\'s, but of uid 1'],
  ]);
  expect(readdirSync(to)).toEqual(["last"]);
});

it.each([
  [
    "names without end",
    { entries: 10 },
    /all that comes after these \d+ files is left out: there are more than 10 names/,
  ],
  [
    "no time left",
    { seconds: 0 },
    /all that comes after these \d+ files is left out: it was not through after 0 s/,
  ],
])("%s: what has been copied is there, and the rest is said", (_, limits, said) => {
  for (let index = 0; index < 50; index++) writeFileSync(join(from, `f${index}`), "x");
  const { status, lines } = copy("still", undefined, limits);
  expect([status, lines]).toEqual([0, [expect.stringMatching(said)]]);
});

it("never waits for the other end of a pipe, and copies a database that does not open as a file", () => {
  shell(
    "mkfifo p.sqlite; echo garbage >g.sqlite; echo wal >g.sqlite-wal; cp g.sqlite q.sqlite; mkfifo q.sqlite-wal",
  );
  const { status, lines } = copy("live");
  expect(status).toBe(0);
  expect(lines.sort()).toEqual([
    expect.stringMatching(
      /^copy-state: "g.sqlite" is copied as it lies there, it does not open as a database: /,
    ),
    expect.stringMatching(
      /^copy-state: "q.sqlite" is copied as it lies there, .*: what is called -wal is no file$/,
    ),
  ]);
  expect(readdirSync(to).sort()).toEqual(["g.sqlite", "g.sqlite-wal", "last", "q.sqlite"]);
});

it("a database that takes too long is copied as a file, and all of them together have a limit", () => {
  for (const name of ["a", "b"]) writeFileSync(join(from, `${name}.sqlite`), "text");
  // No process starts within that.
  const { status, lines } = copy("live", undefined, { databaseSeconds: 0.001, databasesSeconds: 0.002 });
  expect(status).toBe(0);
  expect(lines).toHaveLength(2);
  for (const line of lines)
    expect(line).toMatch(
      /is copied as it lies there, .*: (it was not copied within 0 s|all databases together have had)/,
    );
  expect(readdirSync(to).sort()).toEqual(["a.sqlite", "b.sqlite", "last"]);
});

it("says what a name is in plain ASCII, and names twenty", () => {
  if (isRoot) {
    for (let index = 0; index < 25; index++) {
      mkdirSync(join(from, `\u001b[2J\u202e${index}`));
      chownSync(join(from, `\u001b[2J\u202e${index}`), 1, 1);
    }
    const { lines } = copy("live");
    expect(lines).toHaveLength(21);
    expect(lines[0]).toMatch(/^copy-state: "\\u001b\[2J\\u202e\d+" is left out/);
    expect(lines[20]).toBe("copy-state: and 5 more like these");
  }
});

it("empties a state, whatever is shut or deep in it, and puts a copy back", () => {
  mkdirSync(join(from, "sandboxes"));
  expect(copy("still")).toEqual(clean);
  shell("mkdir -p shut/x; chmod 0 shut; for i in {1..20}; do n=$(printf %0250d $i); mkdir $n; cd $n; done");
  writeFileSync(join(from, "last"), "newer");
  const { status, stderr } = spawnSync(process.execPath, [join(bin, "clear-state.mjs"), from], {
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
  expect(readdirSync(from)).toEqual(["sandboxes"]);
  expect(copy("back", [to, from])).toEqual(clean);
  expect(readFileSync(join(from, "last"), "utf8")).toBe("kept");
});

it("a copy that cannot be put back whole is an error", () => {
  writeFileSync(join(to, "last"), "in the way");
  const { status, lines } = copy("back");
  expect([status, lines]).toEqual([1, [expect.stringMatching(/^copy-state: "last": EEXIST/)]]);
});

it("a copy that would fill the disk is none", () => {
  const { status, lines } = copy("still", undefined, { reserve: 2 ** 60 });
  expect([status, lines]).toEqual([
    1,
    [
      expect.stringMatching(
        /MiB would be left free where the copy goes; nothing of the gateway was touched$/,
      ),
    ],
  ]);
});
