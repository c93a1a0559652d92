/** The pins as they stand in the text of config/images.ts, and the text with others. */
import type { ImageName } from "../../config/images";
import type { PinOutcome } from "./pin";

/** A row; its groups are what stands before the pin, and the pin. */
const row = (name: ImageName): RegExp => new RegExp(`^(\\s*${name}:\\s*)"([^"\\n]*)"`, "gm");

/** @throws Error where the text has no such row, or several: then somebody has to look */
export function readPin(text: string, name: ImageName): string {
  const [found, ...more] = [...text.matchAll(row(name))];
  if (found?.[2] === undefined || more.length > 0) {
    throw new Error(
      `config/images.ts has ${found === undefined ? 0 : more.length + 1} rows ${name}: "…", not one: mend it by hand`,
    );
  }
  return found[2];
}

/** @throws Error like readPin */
export function rewritePins(text: string, outcomes: readonly PinOutcome[]): string {
  return outcomes.reduce((written, { name, after }) => {
    if (after === undefined || after === readPin(written, name)) return written;
    return written.replace(row(name), (_, before: string) => `${before}"${after}"`);
  }, text);
}
