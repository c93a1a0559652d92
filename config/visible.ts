/**
 * Text that somebody hostile may have written (a file's name, a log, an error's words), as it may be shown on a terminal.
 * No Pulumi here, and nothing of a terminal: the same for whatever prints.
 */

/**
 * What a terminal takes for an order, or what shows text otherwise than it is: control characters of both kinds, what turns
 * the direction of writing, invisible characters, halves of characters, line ends of other alphabets.
 */
const unseen = /[\p{C}\p{Zl}\p{Zp}]/gu;
/** More marks on one letter than any language has climb over the lines above. */
const climbing = /(\p{M}{4})\p{M}+/gu;

function written(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const named = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[character];
  return named ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`);
}

/** A text on one line: what cannot be seen is written out, as `\n`, `\x1b` or `\u{202e}`. */
export const visible = (text: string): string => text.replace(unseen, written).replace(climbing, "$1…");

/** The same of a text whose lines are to stay lines. Whoever prints them says to whom they belong: he may have made them up. */
export const visibleLines = (text: string): string => text.split("\n").map(visible).join("\n");

/** JSON that says the same with every such character as an escape of JSON's own. */
export const visibleJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(/[^\n\P{C}]|[\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
