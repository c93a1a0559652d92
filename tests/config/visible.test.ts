/** Nothing that somebody hostile has written gives a terminal an order: on the operator's machine, and on the host. */
import fc from "fast-check";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { visible, visibleJson, visibleLines } from "../../config/visible";

const bin = join(__dirname, "..", "..", "config-files", "host", "bin");
const python = spawnSync("python3", ["--version"]).error === undefined;
const itPython = python ? it : it.skip;

/** What was planted, and how it is shown. */
const planted: readonly (readonly [name: string, text: string, shown: string])[] = [
  ["a color", "a\u001b[31mred", "a\\x1b[31mred"],
  ["a cleared screen", "\u001b[2J\u001b[H", "\\x1b[2J\\x1b[H"],
  ["a title (OSC, ended by BEL)", "\u001b]0;owned\u0007", "\\x1b]0;owned\\x07"],
  ["a clipboard (OSC 52, ended by ST)", "\u001b]52;c;cm0=\u001b\\", "\\x1b]52;c;cm0=\\x1b\\"],
  ["a link (OSC 8)", "\u001b]8;;http://x\u001b\\ok", "\\x1b]8;;http://x\\x1b\\ok"],
  ["a device that is asked (DCS)", "\u001bP$q\u001b\\", "\\x1bP$q\\x1b\\"],
  ["CSI as one character", "\u009b31m", "\\x9b31m"],
  ["OSC as one character", "\u009d0;x\u009c", "\\x9d0;x\\x9c"],
  ["a line end", "x\nok     all is well", "x\\nok     all is well"],
  ["a line that is written over", "FAILED\rok    ", "FAILED\\rok    "],
  ["steps back", "no\b\bok", "no\\x08\\x08ok"],
  ["a bell, a NUL, a deletion", "\u0007\0\u007f", "\\x07\\x00\\x7f"],
  ["other character sets (SO, SI)", "\u000e\u000f", "\\x0e\\x0f"],
  ["next line, as one character", "\u0085", "\\x85"],
  ["line and paragraph separators", "\u2028\u2029", "\\u{2028}\\u{2029}"],
  ["text from right to left", "\u202egpj.exe", "\\u{202e}gpj.exe"],
  ["isolates", "\u2066a\u2069", "\\u{2066}a\\u{2069}"],
  ["marks of direction", "\u200e\u200f\u061c", "\\u{200e}\\u{200f}\\u{61c}"],
  ["nothing to see", "a\u200bb\ufeffc\u00ad", "a\\u{200b}b\\u{feff}c\\xad"],
  ["tags", "\u{e0041}", "\\u{e0041}"],
  ["a page of marks", `a${"\u0301".repeat(50)}b`, `a${"\u0301".repeat(4)}…b`],
  ["tabs", "a\tb", "a\\tb"],
  ["nothing bad", "Grüße, 世界, ¿qué? 100 % — C:\\temp", "Grüße, 世界, ¿qué? 100 % — C:\\temp"],
];

it.each(planted)("%s is shown and not done", (_, text, shown) => {
  expect(visible(text)).toBe(shown);
  expect(visible(`${text}${text}`)).toBe(`${shown}${shown}`);
});

it("half a character is shown as one", () => expect(visible("\ud83d!")).toBe("\\u{d83d}!"));

it("lines stay lines where they are wanted, and nothing else does", () => {
  expect(visibleLines("a\nb\r\n\u001b[1Ac")).toBe("a\nb\\r\n\\x1b[1Ac");
});

it("whatever is written, no order is left", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(visible(text)).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      expect(visibleLines(text).replaceAll("\n", "")).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    }),
  );
});

it("JSON says the same, with nothing that a terminal acts on", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: "binary" }), (value, text) => {
      const printed = visibleJson({ value, text, [text]: planted });
      expect(printed.replaceAll("\n", "")).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      expect(JSON.parse(printed)).toEqual(JSON.parse(JSON.stringify({ value, text, [text]: planted })));
    }),
  );
});

const inPython = (program: string, input: Buffer | string): Buffer => {
  const { status, stdout, stderr } = spawnSync("python3", ["-B", "-c", program], { cwd: bin, input });
  if (status !== 0) throw new Error(stderr.toString());
  return stdout;
};
const shown = (texts: readonly string[]): unknown =>
  JSON.parse(
    inPython(
      "import json, sys; from visible import visible; print(json.dumps([visible(x) for x in json.load(sys.stdin)]))",
      JSON.stringify(texts),
    ).toString(),
  );

itPython("the host's scripts show the same", () => {
  expect(shown(planted.map(([, text]) => text))).toEqual(planted.map(([, , wanted]) => wanted));
});

itPython("names of files that are no UTF-8 are shown as their bytes, and no two lines become one", () => {
  const name = Buffer.from([0x61, 0xff, 0x1b, 0x5b, 0x80, 0xc3, 0x28]);
  const program =
    "import os, sys; from visible import visible; print(visible(os.fsdecode(sys.stdin.buffer.read())))";
  expect(inPython(program, name).toString()).toBe("a\\xff\\x1b[\\x80\\xc3(\n");
});

itPython("as a filter they keep lines, take any bytes, and read no line without end into memory", () => {
  const input = Buffer.concat([
    Buffer.from("one\u001b[31m\ntwo\r\n"),
    Buffer.from([0xff, 0x0a]),
    Buffer.alloc(1 << 17, "x"),
  ]);
  const { status, stdout } = spawnSync("python3", ["-B", join(bin, "visible.py")], {
    input,
    maxBuffer: 1 << 22,
  });
  const lines = stdout.toString().split("\n");
  expect([status, lines.slice(0, 3)]).toEqual([0, ["one\\x1b[31m", "two\\r", "\\xff"]]);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(1 << 16);
});
