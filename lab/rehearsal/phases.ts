/** Phases of a rehearsal: one line each with its seconds, and the report that scripts read. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { labDir } from "../lib/paths";

/** One thing the rehearsal has found true or not. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was seen, in a few words. */
  readonly detail: string;
}

/** What .lab/report.json holds. */
export interface Report {
  readonly started: string;
  readonly phases: { readonly name: string; readonly seconds: number }[];
  readonly checks: Check[];
}

/** While a person waits longer than this, the line says that work goes on. */
const progressEverySeconds = 10;

export class Rehearsal {
  /** @param file name of the report in the lab's directory */
  constructor(private readonly file = "report.json") {}

  readonly report: Report = { started: new Date().toISOString(), phases: [], checks: [] };

  /** Runs one phase and prints its line; the report is written after each, so a failed run leaves one too. */
  async phase<T>(name: string, work: () => Promise<T>): Promise<T> {
    const begin = process.hrtime.bigint();
    const seconds = (): number => Number((process.hrtime.bigint() - begin) / 1_000_000n) / 1000;
    const progress = setInterval(
      () => process.stdout.write(`  ${name}: ${seconds().toFixed(0)} s ...\n`),
      progressEverySeconds * 1000,
    );
    try {
      const result = await work();
      console.log(`${name.padEnd(44)} ${seconds().toFixed(1).padStart(7)} s`);
      return result;
    } catch (error) {
      console.log(`${name.padEnd(44)} ${seconds().toFixed(1).padStart(7)} s  failed`);
      throw error;
    } finally {
      clearInterval(progress);
      this.report.phases.push({ name, seconds: seconds() });
      this.write();
    }
  }

  /** Runs one check; it never throws, so that all of them are seen. */
  async check(name: string, look: () => Promise<string>): Promise<void> {
    let check: Check;
    try {
      check = { name, ok: true, detail: await look() };
    } catch (error) {
      check = { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
    }
    this.report.checks.push(check);
    console.log(`  ${check.ok ? "ok    " : "FAILED"} ${name}: ${check.detail}`);
    this.write();
  }

  get failed(): readonly Check[] {
    return this.report.checks.filter((check) => !check.ok);
  }

  private write(): void {
    const path = join(labDir(), this.file);
    mkdirSync(dirname(path), { recursive: true });
    // Two targets of one checkout may run at once, each with its set-up.
    const made = `${path}.${process.pid}`;
    writeFileSync(made, `${JSON.stringify(this.report, null, 2)}\n`);
    renameSync(made, path);
  }
}
