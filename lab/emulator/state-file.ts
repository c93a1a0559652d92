import * as fs from "node:fs";
import * as path from "node:path";

/**
 * One JSON document on disk, replaced atomically: whoever is killed in the middle leaves the old or the new document,
 * never half of one.
 */
export class StateFile<T> {
  constructor(private readonly file: string) {}

  /** @returns the stored document, or `initial` when there is none yet. @throws when it is not JSON. */
  load(initial: T): T {
    let text: string;
    try {
      text = fs.readFileSync(this.file, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return initial;
      throw error;
    }
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw new Error(`${this.file} is not JSON (${String(error)}); delete it to start from nothing`);
    }
  }

  save(value: T, mode = 0o600): void {
    fs.mkdirSync(path.dirname(this.file), { recursive: true });
    const temporary = `${this.file}.${process.pid}.tmp`;
    const handle = fs.openSync(temporary, "w", mode);
    try {
      fs.writeSync(handle, `${JSON.stringify(value, null, 2)}\n`);
      fs.fsyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
    fs.renameSync(temporary, this.file);
  }
}
