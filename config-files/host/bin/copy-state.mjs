// Copies a gateway's state directory so that the copy opens: databases with VACUUM INTO, everything else as files.
// Usage: node copy-state.mjs FROM TO      (TO is empty; runs in a container with the gateway's uid, never as root)
// Left out: links and sockets (nothing the gateway needs is one), lock files and the sandboxes' workspaces.
import { copyFileSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const [from, to] = process.argv.slice(2);
const leftOut = new Set(["sandboxes", "tmp", "lost+found"]);
let files = 0;

function copyDirectory(source, target) {
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    if (source === from && leftOut.has(entry.name)) continue;
    const [sourcePath, targetPath] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) {
      mkdirSync(targetPath, { mode: statSync(sourcePath).mode & 0o777 });
      copyDirectory(sourcePath, targetPath);
    } else if (entry.isFile() && !/\.sqlite-(wal|shm)$|\.lock$/.test(entry.name)) {
      if (entry.name.endsWith(".sqlite")) copyDatabase(sourcePath, targetPath);
      else copyFileSync(sourcePath, targetPath);
      files++;
    }
  }
}

function copyDatabase(source, target) {
  const database = new DatabaseSync(source, { readOnly: true });
  try {
    database.exec(`VACUUM INTO '${target.replaceAll("'", "''")}'`);
  } finally {
    database.close();
  }
}

copyDirectory(from, to);
console.log(`${files} files copied`);
