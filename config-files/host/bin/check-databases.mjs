// Looks whether each SQLite database of a gateway's state is whole, by the SQLite of the gateway's own image: an older one does
// not know every function that OpenClaw's indexes are made of, and would call them damaged.
// Usage: node check-databases.mjs STATE      prints {"databases": N, "damaged": [{"path", "why"}], "more": N}
// The state belongs to somebody who may want the look never to end: no link is followed, and each database is asked by a process
// that is ended in time.
import { spawnSync } from "node:child_process";
import { closeSync, openSync, opendirSync, readSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

const eachSeconds = 60;
const allSeconds = 480;
const deepest = 64;
const entries = 500_000;
const most = 500;

/** Text that a terminal shows as it is. */
const shown = (text) =>
  String(text)
    .slice(0, 500)
    .replace(/[^\x20-\x7e]/g, (each) =>
      each === "\n" ? "\\n" : `\\x${each.charCodeAt(0).toString(16).padStart(2, "0")}`,
    );

function isDatabase(path) {
  const file = openSync(path, "r");
  try {
    const head = Buffer.alloc(16);
    return readSync(file, head, 0, 16, 0) === 16 && head.toString("latin1") === "SQLite format 3\0";
  } finally {
    closeSync(file);
  }
}

function databases(state) {
  const found = [];
  const waiting = [[state, 0]];
  for (let seen = 0; waiting.length > 0;) {
    const [directory, depth] = waiting.pop();
    for (let each, open = opendirSync(directory); ;) {
      if ((each = open.readSync()) === null) {
        open.closeSync();
        break;
      }
      if (++seen > entries) throw new Error(`there are more than ${entries} files`);
      const path = `${directory}/${each.name}`;
      if (each.isDirectory() && depth < deepest && !(depth === 0 && each.name === "sandboxes")) {
        waiting.push([path, depth + 1]);
      } else if (each.isFile() && each.name.endsWith(".sqlite") && isDatabase(path)) {
        found.push(path);
      }
    }
  }
  if (found.length > most) throw new Error(`there are more than ${most} databases`);
  return found.sort();
}

/** @returns what is wrong with it; empty where nothing is */
function wrong(path, seconds) {
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", process.argv[1], "--one", path],
    { encoding: "utf8", timeout: Math.max(1, seconds * 1000), killSignal: "SIGKILL", maxBuffer: 1024 * 1024 },
  );
  if (error?.code === "ETIMEDOUT") return `it gave no answer within ${Math.round(seconds)} s`;
  if (status !== 0) return stderr.trim() || "it ended without an answer";
  return stdout === "ok" ? "" : stdout;
}

const [first, path] = process.argv.slice(2);
if (first === "--one") {
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    database.exec(
      "PRAGMA hard_heap_limit = 268435456; PRAGMA trusted_schema = OFF; PRAGMA busy_timeout = 5000",
    );
    process.stdout.write(String(database.prepare("PRAGMA integrity_check(1)").get()?.integrity_check));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
} else {
  const ends = Date.now() + allSeconds * 1000;
  const all = databases(first);
  const damaged = all.flatMap((each) => {
    const why = wrong(each, Math.min(eachSeconds, (ends - Date.now()) / 1000));
    return why === "" ? [] : [{ path: shown(each.slice(first.length + 1)), why: shown(why) }];
  });
  const told = damaged.slice(0, 20);
  console.log(JSON.stringify({ databases: all.length, damaged: told, more: damaged.length - told.length }));
}
