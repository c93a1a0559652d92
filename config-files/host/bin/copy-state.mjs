// Copies a gateway's state with the gateway's uid, in a container of its own, never as root.
// Usage: node copy-state.mjs live FROM TO     while the gateway runs, so that the copy opens: each database by copy-database.mjs
//        node copy-state.mjs still FROM TO    of one that is down, as it is, links too; what it took its own right to read from
//                                             gets it back
//        node copy-state.mjs back FROM TO     such a copy, back into a state that clear-state.mjs has emptied; all of it or an error
// Never copied: pipes and sockets (nothing the gateway needs is one), what belongs to one run or to another file system.
//
// FROM belongs to somebody who may want it never to be copied, or the copy to fill the disk, or never to end. So what is not
// his, cannot be read, lies too deep or comes too late is left out, each with a line on standard error; holes stay holes,
// hard links stay links, set-uid bits go. It ends with 1 when the copy has become larger than what there is to copy, when
// little room would be left where it goes, or when a disk is broken.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { dirname, join as joinText } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

const [kind, ...places] = process.argv.slice(2);
const [from, to] = places.map((place) => Buffer.from(place));
const MiB = 1024 * 1024;
const limits = {
  seconds: 1080,
  /** Names looked at. */
  entries: 1_000_000,
  /** Directories in each other, each of which is held open. */
  depth: 128,
  /** Bytes of a path; the kernel opens none of 4096. */
  path: 3000,
  /** Files with several names that are known again; more are copied once for each name. */
  linked: 50_000,
  /** For one database, and for all of them. */
  databaseSeconds: 30,
  databasesSeconds: 240,
  /** Left free where the copy goes, and how far the state may grow while it is copied. */
  reserve: (kind === "back" ? 0 : 256) * MiB,
  slack: 256 * MiB,
  /** Lines that name what is left out. */
  lines: 20,
};
const leftOut = new Set(["sandboxes", "lost+found", ...(kind === "back" ? [] : ["tmp"])]);
const companions = ["-wal", "-shm", "-journal"];
/** What its owner can make of a file or a directory. Anything else is a fault of the host, and no copy is whole with it. */
const odd = "EACCES EPERM ELOOP EAGAIN ENAMETOOLONG ENXIO ENOTDIR EISDIR EEXIST EMFILE ETXTBSY".split(" ");

/** No copy: what has failed is not the gateway's doing. */
class Broken extends Error {}
/** The rest is left out. */
class Enough extends Error {}

const uid = process.getuid();
const ends = performance.now() + limits.seconds * 1000;
const copies = new Map();
let [files, entries, written, looked, databasesMs, warnings] = [0, 0, 0, 0, 0, 0];
let [capacity, most] = [0, 0];

const join = (directory, name) => Buffer.concat([directory, Buffer.from("/"), Buffer.from(name)]);
const isText = (path) => Buffer.from(path.toString()).equals(path);
/** In plain ASCII: the name is the gateway's, and what says it may be a terminal. */
const shown = (path) =>
  JSON.stringify(path.subarray(from.length + 1).toString(isText(path) ? "utf8" : "latin1"))
    .slice(0, 1000)
    .replace(/[^ -~]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);

function warn(path, what) {
  if (++warnings <= limits.lines) console.error(`copy-state: ${shown(path)} ${what}`);
}

/** Counts what is about to be written. */
function take(bytes) {
  written += bytes;
  if (performance.now() > ends) throw new Enough(`it was not through after ${limits.seconds} s`);
  if (written > most)
    throw new Broken(`the copy has become larger than the ${Math.ceil(most / MiB)} MiB there are to copy`);
  const there = fs.statfsSync(to);
  if (there.bavail * there.bsize - bytes < limits.reserve)
    throw new Broken(`less than ${limits.reserve / MiB} MiB would be left free where the copy goes`);
  if (kind !== "back" && there.files > 0 && there.ffree < 10_000)
    throw new Broken("few files more can be made where the copy goes");
}

/** Runs `copy`; what goes wrong with one entry does not keep the others from being copied. */
function attempt(path, copy) {
  try {
    copy();
  } catch (error) {
    if (error instanceof Broken || error instanceof Enough) throw error;
    // Gone since the directory was read: a gateway that runs does that all the time.
    if (error.code === "ENOENT" && kind !== "back") return;
    const full = ["ENOSPC", "EDQUOT", "EROFS"].includes(error.code);
    if (full || (kind !== "live" && !odd.includes(error.code)) || kind === "back")
      throw new Broken(`${shown(path)}: ${error.message}`);
    warn(path, `is left out: ${error.code ?? error.message}`);
  }
}

/** Gives its owner back the right to read, where the gateway is down. */
function allow(path, state, bits) {
  if (kind === "still" && (state.mode & bits) !== bits) fs.chmodSync(path, (state.mode & 0o777) | bits);
}

function copyDirectory(source, target, depth) {
  const directory = fs.opendirSync(source, { encoding: "buffer" });
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      if (depth === 0 && leftOut.has(entry.name.toString())) continue;
      const path = join(source, entry.name);
      if (++entries > limits.entries) throw new Enough(`there are more than ${limits.entries} names`);
      if (performance.now() > ends) throw new Enough(`it was not through after ${limits.seconds} s`);
      attempt(path, () => copyEntry(path, join(target, entry.name), depth + 1));
    }
  } finally {
    directory.closeSync();
  }
}

const isInWorkspace = (path) => /^workspace/.test(path.subarray(from.length + 1).toString("latin1"));

/** What lies beside a database, and OpenClaw's own locks: NAME.lock beside NAME. In a workspace such a file is somebody's work. */
function isOfOneThatRuns(path, name) {
  if (/\.sqlite-(wal|shm|journal)$/.test(name)) return true;
  if (!name.endsWith(".lock") || name === ".lock" || isInWorkspace(path)) return false;
  return lies(path.subarray(0, -".lock".length)) !== undefined;
}

function copyEntry(source, target, depth) {
  if (depth > limits.depth || source.length > limits.path)
    return warn(source, "is left out: it lies too deep");
  const state = fs.lstatSync(source);
  if (state.uid !== uid) return warn(source, `is left out: it is not the gateway's, but of uid ${state.uid}`);
  const name = source.subarray(source.lastIndexOf("/") + 1).toString();
  if (state.isDirectory()) {
    take(0);
    allow(source, state, 0o700);
    fs.mkdirSync(target, { mode: 0o700 });
    attempt(source, () => copyDirectory(source, target, depth));
    fs.chmodSync(target, (state.mode & 0o777) | 0o700);
    fs.utimesSync(target, state.atime, state.mtime);
  } else if (state.isSymbolicLink() && kind !== "live") {
    take(0);
    fs.symlinkSync(fs.readlinkSync(source, { encoding: "buffer" }), target);
    files++;
  } else if (state.isFile() && !(kind === "live" && isOfOneThatRuns(source, name))) {
    allow(source, state, 0o400);
    if (kind !== "live" || !name.endsWith(".sqlite") || !copyDatabase(source, target))
      copyFile(source, target);
  }
}

/** Never waits for a pipe that has taken the file's place, nor for who has a lease, and never reads on after its first size. */
function copyFile(source, target) {
  const input = fs.openSync(
    source,
    fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK,
  );
  try {
    const state = fs.fstatSync(input);
    if (!state.isFile() || copyLink(state, target)) return;
    const { size, blocks } = state;
    const sparse = blocks * 512 < size;
    // What is nothing but a hole is not read.
    if (sparse && blocks > 0) looked += size;
    if ((kind === "live" && size > capacity) || (kind !== "back" && sparse && looked > 4 * capacity))
      return warn(source, `is left out: it claims ${size} bytes, more than its file system has room for`);
    const output = fs.openSync(target, "wx", (state.mode & 0o777) | (kind === "live" ? 0o600 : 0o400));
    try {
      if (blocks > 0) copyContent(input, output, size, sparse);
      fs.ftruncateSync(output, size);
      fs.futimesSync(output, state.atime, state.mtime);
    } catch (error) {
      fs.rmSync(target, { force: true });
      throw error;
    } finally {
      fs.closeSync(output);
    }
    copied(state, target);
  } finally {
    fs.closeSync(input);
  }
}

/** @returns true when this is another name of a file that has been copied */
function copyLink({ nlink, ino }, target) {
  if (nlink < 2 || !copies.has(ino)) return false;
  fs.linkSync(copies.get(ino), target);
  files++;
  return true;
}

function copied({ nlink, ino }, target) {
  if (nlink > 1 && copies.size < limits.linked) copies.set(ino, target);
  files++;
}

const [chunk, page] = [Buffer.alloc(MiB), 4096];
const zeros = Buffer.alloc(MiB);

function copyContent(input, output, size, sparse) {
  for (let position = 0; position < size;) {
    const read = fs.readSync(input, chunk, 0, Math.min(chunk.length, size - position), position);
    if (read === 0) break;
    const hole = sparse && chunk.compare(zeros, 0, read, 0, read) === 0;
    const step = sparse ? page : read;
    for (let start = 0; start < read && !hole; start += step) {
      const piece = chunk.subarray(start, Math.min(start + step, read));
      if (sparse && piece.equals(zeros.subarray(0, piece.length))) continue;
      take(piece.length);
      for (let done = 0; done < piece.length;)
        done += fs.writeSync(output, piece, done, piece.length - done, position + start + done);
    }
    if (performance.now() > ends) throw new Enough(`it was not through after ${limits.seconds} s`);
    position += read;
  }
}

const lies = (path) => fs.lstatSync(path, { throwIfNoEntry: false });

/** @returns false when it is to be copied as a file; what lies beside it has been copied then */
function copyDatabase(source, target) {
  const at = (path, suffix) => Buffer.concat([path, Buffer.from(suffix)]);
  const beside = companions.filter((suffix) => lies(at(source, suffix)));
  try {
    if (!isText(source)) throw new Error("its name is no UTF-8");
    // SQLite would wait for ever for the other end of a pipe, and as long as the kernel lets it for who has a lease.
    for (const suffix of ["", ...beside]) {
      if (lies(at(source, suffix))?.isFile() === false)
        throw new Error(`what is called ${suffix} is no file`);
      fs.closeSync(
        fs.openSync(
          at(source, suffix),
          fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK,
        ),
      );
    }
    const state = fs.lstatSync(source);
    if (copyLink(state, target)) return true;
    if (state.size > capacity) throw new Error(`it claims ${state.size} bytes`);
    take(0);
    vacuum(source, target);
    const { size } = fs.lstatSync(target);
    // A damaged one can say the same page a thousand times.
    if (size > state.size + (lies(at(source, "-wal"))?.size ?? 0) + MiB)
      throw new Error("it would be larger than it is");
    take(size);
    copied(state, target);
    return true;
  } catch (error) {
    for (const suffix of ["", ...companions]) fs.rmSync(at(target, suffix), { force: true });
    if (error instanceof Broken || error instanceof Enough) throw error;
    if (lies(source) === undefined) return true;
    warn(source, `is copied as it lies there, it does not open as a database: ${error.message}`);
    for (const suffix of beside)
      attempt(at(source, suffix), () => copyFile(at(source, suffix), at(target, suffix)));
    return false;
  }
}

/** In a process of its own, which a database that was made for it can neither keep from ending nor fill this one's memory. */
function vacuum(source, target) {
  const left = Math.min(limits.databaseSeconds * 1000, limits.databasesSeconds * 1000 - databasesMs);
  if (left <= 0) throw new Error(`all databases together have had their ${limits.databasesSeconds} s`);
  const began = performance.now();
  const program = joinText(dirname(fileURLToPath(import.meta.url)), "copy-database.mjs");
  const words = ["--disable-warning=ExperimentalWarning", program, source.toString(), target.toString()];
  const options = {
    timeout: left,
    killSignal: "SIGKILL",
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  };
  const { status, error, stderr } = spawnSync(process.execPath, words, options);
  databasesMs += performance.now() - began;
  if (error?.code === "ETIMEDOUT") throw new Error(`it was not copied within ${Math.round(left / 1000)} s`);
  if (status === null) throw new Error("it takes more memory than there is for it");
  if (status !== 0) throw new Error(stderr.trim().split("\n").at(-1).slice(0, 200));
}

function copyAll() {
  const { blocks, bfree, bsize } = fs.statfsSync(from);
  [capacity, most] = [blocks * bsize, (blocks - bfree) * bsize + limits.slack];
  allow(from, fs.lstatSync(from), 0o700);
  attempt(join(from, "."), () => copyDirectory(from, to, 0));
}

try {
  if (["live", "still", "back"].includes(kind)) copyAll();
  else throw new Broken(`${kind} is not one of live, still, back`);
} catch (error) {
  if (error instanceof Broken || kind === "back") {
    const before = ["live", "still"].includes(kind) ? "; nothing of the gateway was touched" : "";
    console.error(`copy-state: ${error.message}${before}`);
    process.exit(1);
  }
  if (!(error instanceof Enough)) throw error;
  console.error(`copy-state: all that comes after these ${files} files is left out: ${error.message}`);
}
if (warnings > limits.lines) console.error(`copy-state: and ${warnings - limits.lines} more like these`);
console.log(`${files} files copied`);
