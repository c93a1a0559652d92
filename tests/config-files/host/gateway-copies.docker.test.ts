/** Copies of a state whose owner does not want it to be copied, or wants the copy to fill the disk; on a real engine. */
import { backups, home, name, SmallHost } from "./small-host";

jest.setTimeout(120_000);
const host = new SmallHost();
beforeAll(async () => {
  await host.start();
  host.run(`docker tag base:1 plain:1; docker create --name ${name} plain:1 sleep 600`);
});
afterAll(() => host.stop());
afterEach(() => {
  host.run(`docker rm --force ${name}-planting >/dev/null 2>&1 || true
    find ${home}/state -mindepth 1 -maxdepth 1 ! -name sandboxes -exec rm -rf {} +; chmod 0700 ${home}/state; rm -rf ${backups}/*`);
});

const sql = `sql() { node --disable-warning=ExperimentalWarning -e 'const [, file, text] = process.argv;
  new (require("node:sqlite").DatabaseSync)(file).exec(text)' "$@"; }`;
const inState = (options: string) =>
  `docker run ${options} --network none --user 1000:1000 --volume ${home}/state:/s --workdir /s --name ${name}-planting plain:1`;
/** Runs Bash text in the state, as the gateway, which always has the file `last` too. */
const plant = (text: string) =>
  host.run(`${inState("--rm -i")} bash -eu -s`, { input: `${sql}\necho kept >last\n${text}\n` });
/** Copies the state while the gateway runs; `look` is run in the copy. */
function snapshot(look = "true") {
  const { status, stdout, stderr } = host.try(`/opt/openclaw/bin/gateway-snapshot ${name}`);
  const copy = stdout.trim();
  return {
    status,
    said: stderr,
    saw: status === 0 ? host.run(`cd ${copy}; cat last; ${look}`) : host.run(`ls ${backups}`),
    leftOut: host.try(`cat ${copy}.left-out`).stdout,
  };
}
/** Copies the state of the gateway that is down; `look` is run in the copy. */
function save(look = "true") {
  const copy = host.run(`/opt/openclaw/bin/gateway-state save ${name} plain:1`).trim();
  return host.run(`cd ${copy}; cat last; ${look}`);
}
const holes = `truncate -s 60M hole; printf x | dd of=hole bs=1 seek=50M conv=notrunc 2>/dev/null`;

test("a copy in which nothing is odd says nothing", () => {
  plant(`mkdir d workspace; echo x >d/y; : >d/y.lock; : >d/z.lock; sql d/a.sqlite "CREATE TABLE t (a)"
    touch workspace/Gemfile workspace/Gemfile.lock`);
  // Of one that runs, a lock is left out: what lies in a workspace, or beside nothing that it locks, is none.
  const saw = "kept\nd:\na.sqlite\ny\nz.lock\n\nworkspace:\nGemfile\nGemfile.lock\n";
  expect(snapshot("ls d workspace")).toEqual({ status: 0, said: "", saw, leftOut: "" });
  expect(save("ls d")).toBe("kept\na.sqlite\ny\ny.lock\nz.lock\n");
});

test("holes stay holes: 4 TiB of nothing fill no disk", () => {
  plant(`truncate -s 4T huge; ${holes}`);
  const look = `ls; du -k hole; stat -c %s hole; cmp hole ${home}/state/hole`;
  const { status, said, saw, leftOut } = snapshot(look);
  expect([status, saw]).toEqual([0, "kept\nhole\nlast\n4\thole\n62914560\n"]);
  expect(said).toMatch(
    /^copy-state: "huge" is left out: it claims 4398046511104 bytes, more than its file system/,
  );
  expect(leftOut).toBe(said);
  expect(save(`du -k huge; ${look}`)).toBe("kept\n0\thuge\nhole\nhuge\nlast\n4\thole\n62914560\n");
});

test("hard links stay links, of databases too", () => {
  plant(`head -c 20M /dev/urandom >a; sql d.sqlite "CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(10000000))"
    for i in {1..50}; do ln a a$i; ln d.sqlite d$i.sqlite; done`);
  const look = `stat -c %h a d.sqlite; cmp a50 ${home}/state/a`;
  expect(snapshot(look)).toEqual({ status: 0, said: "", saw: "kept\n51\n51\n", leftOut: "" });
  // More than `find` hands to one command.
  plant(`node -e 'for (let i = 1; i < 10000; i++) require("fs").linkSync("a", String(i).padStart(200, 0))'`);
  expect(save("stat -c %h a; du -sm .")).toBe("kept\n10050\n30\t.\n");
});

test("both stop before the disk is full, and leave nothing behind", () => {
  plant("head -c 40M /dev/urandom >a");
  host.run(`mount -t tmpfs -o size=280m none ${backups}`);
  try {
    const { status, said, saw } = snapshot();
    expect([status, saw]).toEqual([1, ""]);
    expect(said).toContain(
      "less than 256 MiB would be left free where the copy goes; nothing of the gateway was touched",
    );
    const saved = host.try(`/opt/openclaw/bin/gateway-state save ${name} plain:1`);
    expect(saved.status).toBe(1);
    expect(saved.stderr).toMatch(/backups has 280 MiB free, a change of gateway gw needs 296 MiB/);
    expect(host.run(`ls ${backups}`)).toBe("");
  } finally {
    host.run(`umount ${backups}`);
  }
});

test("what the gateway cannot read itself is left out and named while it runs, and copied once it is down", () => {
  plant(
    `mkdir shut; echo deep >shut/a; echo >b; chmod 000 shut b; : >$'e\\033[2Jvil'; chmod 0 e*; chmod 0500 .`,
  );
  const { status, said, saw, leftOut } = snapshot("ls");
  expect([status, saw]).toEqual([0, "kept\nlast\nshut\n"]);
  expect(said.trim().split("\n").sort()).toEqual([
    'copy-state: "b" is left out: EACCES',
    'copy-state: "e\\u001b[2Jvil" is left out: EACCES',
    'copy-state: "shut" is left out: EACCES',
  ]);
  expect(leftOut).toBe(said);
  // It has not been changed.
  expect(host.run(`stat -c %a ${home}/state/shut ${home}/state/b ${home}/state`)).toBe("0\n0\n500\n");
  expect(save("cat shut/a; stat -c %a shut b")).toBe("kept\ndeep\n700\n400\n");
});

test.each([
  ["garbage", "head -c 10k /dev/urandom >x.sqlite; echo wal >x.sqlite-wal", "not a database"],
  [
    "cut off",
    `sql x.sqlite "CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(100000))"; truncate -s 9k x.sqlite; echo wal >x.sqlite-wal`,
    "malformed|disk image",
  ],
  [
    "beside a pipe that nobody writes to",
    `sql x.sqlite "CREATE TABLE t (a)"; mkfifo x.sqlite-wal`,
    "-wal is no file",
  ],
])("a database that does not open is copied as it lies there: %s", (_, text, reason) => {
  plant(text);
  const was = `${home}/state/x.sqlite`;
  const { status, said } = snapshot(`cmp x.sqlite ${was}; [ -p ${was}-wal ] || cmp x.sqlite-wal ${was}-wal`);
  expect(status).toBe(0);
  expect(said).toMatch(new RegExp(`^copy-state: "x.sqlite" is copied as it lies there, .*(${reason})`));
});

test("a database that is locked is waited for, but not for ever", () => {
  const lock = (seconds: number) => {
    host.run(
      `${inState("--rm --detach")} node -e '
      const d = new (require("node:sqlite").DatabaseSync)("l.sqlite"); require("fs").writeFileSync("last", "kept\\n");
      d.exec("CREATE TABLE IF NOT EXISTS t (a); BEGIN EXCLUSIVE"); require("fs").writeFileSync("locked", "");
      setTimeout(() => {}, ${seconds} * 1000)'; until [ -e ${home}/state/locked ]; do sleep 0.1; done`,
    );
  };
  lock(6);
  expect(snapshot("ls")).toEqual({ status: 0, said: "", saw: "kept\nl.sqlite\nlast\nlocked\n", leftOut: "" });
  host.run(`docker rm --force ${name}-planting >/dev/null 2>&1 || true; rm ${home}/state/locked`);
  lock(60);
  const { status, said } = snapshot();
  expect(status).toBe(0);
  expect(said).toMatch(/"l.sqlite" is copied as it lies there.*database is locked/);
});

test("a thousand things that cannot be copied keep nothing from being copied, and twenty are named", () => {
  plant(`for i in {1..300}; do mkfifo p$i; : >f$i; chmod 0 f$i; done
    for i in {1..20}; do n=$(printf %0250d $i); mkdir $n; cd $n; done; echo deep >x`);
  const { status, said, saw } = snapshot("ls");
  expect([status, saw.startsWith("kept\n")]).toEqual([0, true]);
  expect(said.match(/is left out/g)).toHaveLength(20);
  expect(said).toContain("copy-state: and 28");
});

test("a gateway that plants all of that cannot refuse its own upgrade, and a canary changes nothing of it", () => {
  plant(`mkdir shut; echo >b; chmod 000 shut b; head -c 10k /dev/urandom >x.sqlite; truncate -s 4T huge
    ln -s /nowhere workspace; chmod 0500 .`);
  const listed = `cd ${home}/state && find . -printf '%p %m %y %T@ %C@ %l\\n' | sort`;
  const was = host.run(listed);
  const first = host.canary({ version: 1 }, {});
  expect({ status: first.status, stderr: first.stderr }).toMatchObject({ status: 0 });
  expect(host.run(listed)).toBe(was);
  plant("chmod 0700 .; rm workspace; mkdir -p workspace/SOUL.md");
  const second = host.canary({ version: 1 }, {});
  expect({ status: second.status, stderr: second.stderr }).toMatchObject({ status: 0 });
  expect(second.stderr).toContain("renamed workspace/SOUL.md, which is no file");
});

test("with the gateway down, what is not its own or lies too deep is left out and named; no half of a copy stays", () => {
  plant(`for i in {1..20}; do n=$(printf %0250d $i); mkdir $n; cd $n; done; echo deep >x`);
  // As lost+found is once its owner, the state's, has given it another name.
  host.run(`mkdir -m 0700 ${home}/state/x1`);
  const { status, stdout, stderr } = host.try(`/opt/openclaw/bin/gateway-state save ${name} plain:1`);
  host.run(`rmdir ${home}/state/x1`);
  expect(status).toBe(0);
  expect(stderr).toContain('copy-state: "x1" is left out: it is not the gateway\'s, but of uid 0');
  expect(stderr).toMatch(/^copy-state: "0+1\/.*\.? ?is left out: it lies too deep$/m);
  expect(host.run(`cat ${stdout.trim()}/last; cat ${stdout.trim()}.left-out`)).toBe(`kept\n${stderr}`);
  expect(host.run(`ls ${backups}`)).not.toContain(".new");
});

test("names that are no UTF-8 are copied, set-uid bits are not", () => {
  plant(
    `echo odd >$'a\\xff'; : >s; chmod 6755 s; sql $'b.sqlite' "CREATE TABLE t (a)"; mv b.sqlite $'b\\xff.sqlite'`,
  );
  const { status, said, saw } = snapshot(
    `cat $'a\\xff'; stat -c %a s; cmp $'b\\xff.sqlite' ${home}/state/$'b\\xff.sqlite'`,
  );
  expect([status, saw]).toEqual([0, "kept\nodd\n755\n"]);
  expect(said).toMatch(
    /^copy-state: "b\\u00ff.sqlite" is copied as it lies there, .*: its name is no UTF-8\n$/,
  );
  expect(save(`stat -c %a s`)).toBe("kept\n755\n");
});

test("a database made to take for ever is copied as a file, after its time", () => {
  host.run("sed -i 's/databaseSeconds: 30/databaseSeconds: 1/' /opt/openclaw/bin/copy-state.mjs");
  try {
    // One by one, as statements, they would take minutes to make.
    plant(`node --disable-warning=ExperimentalWarning - <<'SCRIPT'
const d = new (require("node:sqlite").DatabaseSync)("v.sqlite", { defensive: false });
d.exec(\`PRAGMA writable_schema = ON; INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql)
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
  SELECT 'view', 'v' || i, 'v' || i, 0, 'CREATE VIEW v' || i || ' AS SELECT 1' FROM n\`);
SCRIPT`);
    const { status, said } = snapshot(`cmp v.sqlite ${home}/state/v.sqlite`);
    expect(status).toBe(0);
    expect(said).toMatch(
      /"v.sqlite" is copied as it lies there.*(not copied within 1 s|takes more memory|out of memory)/,
    );
  } finally {
    host.restoreTools();
  }
});

test("one that a killed caller has left is gone before the next begins", () => {
  plant("true");
  host.run(`for each in state snapshot; do docker run --detach --name ${name}-$each plain:1 sleep 600; done`);
  expect(save()).toBe("kept\n");
  expect(snapshot().status).toBe(0);
  expect(host.run("docker ps --quiet")).toBe("");
});

test("of a state that was brought each database is asked by the gateway's own SQLite; what is damaged is named, and it ends", () => {
  plant(`sql good.sqlite "CREATE TABLE t (a TEXT); CREATE INDEX i ON t (octet_length(a)); INSERT INTO t VALUES ('x')"
    { printf 'SQLite format 3\\0'; head -c 5000 /dev/urandom; } >"$(printf 'bad\\n\\033.sqlite')"
    ln -s /etc/passwd link.sqlite; mkfifo pipe.sqlite; ln -s / root; truncate -s 4T hole.sqlite
    d=.; for i in {1..100}; do d=$d/d; mkdir $d; done; cp good.sqlite $d/`);
  const check = `from gateway import Gateway
print(Gateway("${name}").within("verified-copy", "plain:1", "check-databases.mjs", ["/state"], {"${home}/state": "/state"}, 60).stdout)`;
  const said = host.run(`cd /opt/openclaw/bin && python3 -B -`, { input: check });
  expect(JSON.parse(said)).toEqual({
    databases: 2,
    damaged: [
      { path: "bad\\n\\x1b.sqlite", why: expect.stringMatching(/not a database|malformed/) as unknown },
    ],
    more: 0,
  });
});
