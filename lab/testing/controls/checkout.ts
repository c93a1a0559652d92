/** A throw-away copy of the checkout, in which controls are switched off. */
import { copyFileSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "../../lib/exec";
import { repoDir } from "../../lib/paths";
import type { Control } from "./control";

/** Copies what git tracks or would, as it is now, and links the packages. */
export async function copyCheckout(into: string): Promise<void> {
  const listed = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: repoDir,
  });
  for (const path of listed.split("\0").filter(Boolean)) {
    // One that was deleted is still listed until that is committed.
    if (statSync(join(repoDir, path), { throwIfNoEntry: false })?.isFile() !== true) continue;
    mkdirSync(dirname(join(into, path)), { recursive: true });
    copyFileSync(join(repoDir, path), join(into, path));
  }
  symlinkSync(join(repoDir, "node_modules"), join(into, "node_modules"));
}

/**
 * The text with the control off.
 *
 * @throws Error where the control's text is not there exactly once, or stays as it is
 */
export function switchedOff({ file, from, to }: Pick<Control, "file" | "from" | "to">, text: string): string {
  const found = text.split(from).length - 1;
  if (found !== 1 || from === to)
    throw new Error(
      `its text is in ${file} ${found} times, not once. Has the control moved? Mend lab/testing/controls/tables`,
    );
  return text.replace(from, () => to);
}

/** Does the work with a control off in the copy, and puts it back. */
export async function withControlOff<T>(copy: string, control: Control, work: () => Promise<T>): Promise<T> {
  const path = join(copy, control.file);
  const text = readFileSync(path, "utf8");
  writeFileSync(path, switchedOff(control, text));
  try {
    return await work();
  } finally {
    writeFileSync(path, text);
  }
}
