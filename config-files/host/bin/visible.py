#!/usr/bin/env -S python3 -B
"""Text that a gateway may have written (a file's name, a log, an error's words), as it may be shown on a terminal.

Usage: from visible import visible, visible_lines
       COMMAND 2>&1 | visible.py      standard input, line by line; it ends with 0

What a terminal takes for an order, or what shows text otherwise than it is, is written out, as config/visible.ts does for
the operator's own tools: control characters of both kinds, what turns the direction of writing, invisible characters, line
ends of other alphabets, bytes that are no UTF-8.
"""
import re
import sys
import unicodedata

NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# Bytes that are no UTF-8, as os.fsdecode and errors="surrogateescape" give them.
BYTES = range(0xDC80, 0xDD00)
# More marks on one letter than any language has climb over the lines above.
MARKS = 4
# Nobody writes lines so long for a person to read, and a file without line ends is not read into memory.
MOST = 1 << 16


def _written(character: str) -> str:
    code = ord(character)
    if code in BYTES:
        code -= 0xDC00
    return NAMED.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{{{code:x}}}")


def visible(text: str) -> str:
    """The text on one line; what cannot be seen is written out, as `\\n`, `\\x1b` or `\\u{202e}`."""
    shown, marks = [], 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category[0] == "M" else 0
        if marks > MARKS:
            if marks == MARKS + 1:
                shown.append("…")
            continue
        shown.append(_written(character) if category[0] == "C" or category in ("Zl", "Zp") else character)
    return "".join(shown)


def visible_lines(text: str) -> str:
    """The same of a text whose lines stay lines. Whoever prints them says to whom they belong."""
    return "\n".join(visible(line) for line in text.split("\n"))


def _filter() -> None:
    while piece := sys.stdin.buffer.readline(MOST):
        text = piece.decode("utf-8", "surrogateescape")
        # A line that is cut may be cut within a character, which is then shown as its bytes.
        sys.stdout.buffer.write(visible(re.sub(r"\n\Z", "", text)).encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.write(b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    _filter()
