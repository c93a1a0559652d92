// Copies a gateway's state directory so that the copy opens: databases with VACUUM INTO, everything else as files.
// Usage: node copy-state.mjs FROM TO      (TO is empty; runs in a container with the gateway's uid, never as root)
// Left out: links, pipes and sockets (nothing the gateway needs is one), lock files and the sandboxes' workspaces.
//
// FROM belongs to somebody who may want it never to be copied, or the copy to fill the disk. So what cannot be read is
// left out, a database that does not open is copied as it lies there, each with a line on standard error; holes stay
// holes, hard links stay links; and the copy ends with 1 when it has become larger than what there is to copy, or when
// little room would be left where it goes.
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  openSync,
  readSync,
  rmSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const [from, to] = process.argv.slice(2);
const leftOut = new Set(["sandboxes", "tmp", "lost+found"]);
const MiB = 1024 * 1024;
/** Left free where the copy goes; and how far the state may grow while it is copied. */
const [reserve, slack] = [256 * MiB, 256 * MiB];
/** A database that somebody writes to is waited for, but not for each of a thousand. */
const [busyMs, busyInAllMs] = [10_000, 60_000];
const companions = ["-wal", "-shm", "-journal"];

class Full extends Error {}

const { blocks, bfree, bsize } = statfsSync(from);
const [capacity, limit] = [blocks * bsize, (blocks - bfree) * bsize + slack];
const copies = new Map();
let [files, written, looked, waited, warnings] = [0, 0, 0, 0, 0];

function warn(path, what) {
  // The name is the gateway's: no control character of it reaches a terminal.
  if (++warnings <= 20) console.error(`copy-state: ${JSON.stringify(path.slice(from.length + 1))} ${what}`);
}

/** Counts what is about to be written. */
function take(bytes) {
  written += bytes;
  if (written > limit)
    throw new Full(`the copy has become larger than the ${Math.ceil(limit / MiB)} MiB there are to copy`);
  const there = statfsSync(to);
  if (there.bavail * there.bsize - bytes < reserve)
    throw new Full(`less than ${reserve / MiB} MiB would be left free where the copy goes`);
  if (there.files > 0 && there.ffree < 10_000)
    throw new Full("few files more can be made where the copy goes");
}

/** Runs `copy`; what goes wrong with one entry does not keep the others from being copied. */
function attempt(path, copy) {
  try {
    copy();
  } catch (error) {
    if (error instanceof Full) throw error;
    if (["ENOSPC", "EDQUOT", "EROFS"].includes(error.code)) throw new Full(error.message);
    // Gone since the directory was read: a gateway that runs does that all the time.
    if (error.code !== "ENOENT") warn(path, `is left out: ${error.code ?? error.message}`);
  }
}

function copyDirectory(source, target) {
  const directory = opendirSync(source);
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      if (source === from && leftOut.has(entry.name)) continue;
      copyEntry(entry, join(source, entry.name), join(target, entry.name));
    }
  } finally {
    directory.closeSync();
  }
}

function copyEntry(entry, source, target) {
  attempt(source, () => {
    if (entry.isDirectory()) {
      const { mode } = lstatSync(source);
      take(0);
      mkdirSync(target, { mode: 0o700 });
      attempt(source, () => copyDirectory(source, target));
      chmodSync(target, (mode & 0o777) | 0o700);
    } else if (entry.isFile() && !/\.sqlite-(wal|shm|journal)$|\.lock$/.test(entry.name)) {
      if (!entry.name.endsWith(".sqlite") || !copyDatabase(source, target)) copyFile(source, target);
    }
  });
}

/** Never waits for a pipe that has taken the file's place, and never reads further than the file was at first. */
function copyFile(source, target) {
  const input = openSync(source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const state = fstatSync(input);
    if (!state.isFile() || copyLink(state, target)) return;
    const { size } = state;
    const sparse = state.blocks * 512 < size;
    if (sparse) looked += size;
    if (size > capacity || (sparse && looked > 4 * capacity)) {
      warn(source, `is left out: it claims ${size} bytes, more than its file system has room for`);
      return;
    }
    const output = openSync(target, "wx", (state.mode & 0o777) | 0o600);
    try {
      copyContent(input, output, size, sparse);
    } finally {
      closeSync(output);
    }
    copied(state, target);
  } finally {
    closeSync(input);
  }
}

/** @returns true when this is another name of a file that has been copied */
function copyLink({ nlink, ino }, target) {
  if (nlink < 2 || !copies.has(ino)) return false;
  linkSync(copies.get(ino), target);
  files++;
  return true;
}

function copied({ nlink, ino }, target) {
  if (nlink > 1) copies.set(ino, target);
  files++;
}

const [chunk, page] = [Buffer.alloc(MiB), 4096];
const zeros = Buffer.alloc(page);

function copyContent(input, output, size, sparse) {
  for (let position = 0; position < size;) {
    const read = readSync(input, chunk, 0, Math.min(chunk.length, size - position), position);
    if (read === 0) break;
    const step = sparse ? page : read;
    for (let start = 0; start < read; start += step) {
      const piece = chunk.subarray(start, Math.min(start + step, read));
      if (sparse && piece.equals(zeros.subarray(0, piece.length))) continue;
      take(piece.length);
      for (let done = 0; done < piece.length;)
        done += writeSync(output, piece, done, piece.length - done, position + start + done);
    }
    position += read;
  }
  ftruncateSync(output, size);
}

/** @returns false when it is to be copied as a file; what lies beside it has been copied then */
function copyDatabase(source, target) {
  const lies = (path) => lstatSync(path, { throwIfNoEntry: false });
  const beside = companions.filter((suffix) => lies(source + suffix));
  try {
    // SQLite would wait for ever for the other end of a pipe.
    const odd = ["", ...beside].find((suffix) => lies(source + suffix)?.isFile() === false);
    if (odd !== undefined) throw new Error(`what is called ${odd} is no file`);
    const state = lstatSync(source);
    if (copyLink(state, target)) return true;
    if (state.size > capacity) throw new Error(`it claims ${state.size} bytes`);
    take(0);
    vacuum(source, target);
    const { size } = lstatSync(target);
    // A damaged one can say the same page a thousand times.
    if (size > state.size + (lies(`${source}-wal`)?.size ?? 0) + MiB)
      throw new Error("it would be larger than it is");
    take(size);
    copied(state, target);
    return true;
  } catch (error) {
    for (const suffix of ["", ...companions]) rmSync(target + suffix, { force: true });
    if (error instanceof Full) throw error;
    if (lies(source) === undefined) return true;
    warn(source, `is copied as it lies there, it does not open as a database: ${error.message}`);
    for (const suffix of beside) attempt(source + suffix, () => copyFile(source + suffix, target + suffix));
    return false;
  }
}

function vacuum(source, target) {
  const began = Date.now();
  const database = new DatabaseSync(source, { readOnly: true });
  try {
    database.exec(`PRAGMA busy_timeout = ${Math.max(0, Math.min(busyMs, busyInAllMs - waited))}`);
    database.exec(`VACUUM INTO '${target.replaceAll("'", "''")}'`);
  } catch (error) {
    if (/locked|busy/.test(error.message)) waited += Date.now() - began;
    throw error;
  } finally {
    database.close();
  }
}

try {
  attempt(`${from}/.`, () => copyDirectory(from, to));
} catch (error) {
  if (!(error instanceof Full)) throw error;
  console.error(`copy-state: ${error.message}; nothing of the gateway was touched`);
  process.exit(1);
}
if (warnings > 20) console.error(`copy-state: and ${warnings - 20} more like these`);
console.log(`${files} files copied`);
