/** Takes controls away, one after the other, and sees that a test notices. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../lib/paths";
import { withScratch } from "../../lib/scratch";
import { atMost, oncePerKey } from "../../lib/turns";
import { runJest } from "../jest";
import { copyCheckout, withControlOff } from "./checkout";
import { groupOf, type Control } from "./control";
import { judge, problemWithControlOn, type JestReport, type Verdict } from "./judge";

/** Of those without an engine at the same time. The others are tried one by one. */
const sideBySide = 2;
const fileTimeoutSeconds = 600;

/** There was no time left; nothing is known of the controls that were not told of. */
export class NoTimeLeft extends Error {}

/**
 * Tries controls in copies of the checkout.
 *
 * @param deadline in milliseconds since 1970; what runs then is ended
 * @param tell is told of each control as soon as it is known
 * @throws NoTimeLeft
 */
export async function takeAway(
  controls: readonly Control[],
  deadline: number,
  tell: (control: Control, verdict: Verdict, seconds: number) => void,
): Promise<void> {
  await withScratch(async (scratch) => {
    for (const [group, copies] of [
      ["fast", sideBySide],
      ["docker", 1],
    ] as const) {
      const own = controls.filter((control) => groupOf(control) === group);
      if (own.length === 0) continue;
      const places = Array.from({ length: copies }, (_, index) => join(scratch, `${group}-${index}`));
      for (const place of places) {
        mkdirSync(place);
        await copyCheckout(place);
      }
      await tryAll(own, places, deadline, tell);
    }
  });
}

async function tryAll(
  controls: readonly Control[],
  copies: string[],
  deadline: number,
  tell: (control: Control, verdict: Verdict, seconds: number) => void,
): Promise<void> {
  /** One run of each test file as it is, for all controls that use it. */
  const asItIs = oncePerKey(async (key) => {
    const [copy = "", test = ""] = key.split("\0");
    const patterns = controls.filter((control) => control.test === test).map(({ failing }) => `(${failing})`);
    return testIn(copy, test, patterns.join("|"), deadline);
  });
  const tests = [...new Set(controls.map(({ test }) => test))];
  // A file's controls stay in one copy, so that the file is run once as it is.
  let over: NoTimeLeft | undefined;
  await atMost(copies.length, tests, async (test) => {
    if (over !== undefined) return;
    const copy = copies.pop() ?? "";
    try {
      for (const control of controls.filter((one) => one.test === test)) {
        const begin = Date.now();
        const verdict = await tryOne(copy, control, await asItIs(`${copy}\0${test}`), deadline);
        tell(control, verdict, (Date.now() - begin) / 1000);
      }
    } catch (error) {
      // Thrown only when the other copy is not at work any more: both are about to be removed.
      if (!(error instanceof NoTimeLeft)) throw error;
      over = error;
    } finally {
      copies.push(copy);
    }
  });
  if (over !== undefined) throw over;
}

async function tryOne(
  copy: string,
  control: Control,
  asItIs: JestReport,
  deadline: number,
): Promise<Verdict> {
  const problem = problemWithControlOn(asItIs, control.failing);
  if (problem !== undefined) return problem;
  try {
    return await withControlOff(copy, control, async () =>
      judge(await testIn(copy, control.test, control.failing, deadline), control.failing),
    );
  } catch (error) {
    if (error instanceof NoTimeLeft) throw error;
    // The control has moved: the others can still be tried.
    return { result: "broken", detail: error instanceof Error ? error.message : String(error) };
  }
}

/** Runs the tests of one file whose names match. */
async function testIn(copy: string, test: string, pattern: string, deadline: number): Promise<JestReport> {
  const left = (deadline - Date.now()) / 1000;
  const { report, timedOut, output } = await runJest({
    group: groupOf({ test }),
    files: [test],
    cwd: copy,
    args: [
      ...["--silent", "--testNamePattern", pattern],
      ...["--cacheDirectory", join(cacheDir(), "controls-jest")],
    ],
    timeoutSeconds: Math.max(1, Math.min(fileTimeoutSeconds, left)),
    show: false,
  });
  if (Date.now() >= deadline) throw new NoTimeLeft();
  if (report !== undefined) return report;
  const message = timedOut ? `more than ${fileTimeoutSeconds} s` : output.slice(-500);
  return { testResults: [{ message, assertionResults: [] }] };
}
