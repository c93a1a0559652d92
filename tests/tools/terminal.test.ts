/** Tools print by way of tools/terminal.ts alone, which shows what was planted and does not do it. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { table } from "../../tools/verify/row";
import { complain, endWith, say, sayJson } from "../../tools/terminal";

const tools = join(__dirname, "..", "..", "tools");
const escape = "\u001b[2J\u202e\r";

/** What an action has printed, on both ways. */
function printed(action: () => void): string[] {
  const written: string[] = [];
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, "write").mockImplementation((text) => written.push(String(text)) > 0),
  );
  try {
    action();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return written;
}

it.each([
  ["say", () => say(`a${escape}`)],
  ["complain", () => complain(`a${escape}`)],
  ["endWith", () => endWith(new Error(`a${escape}`), 0)],
  ["endWith what is no error", () => endWith(`a${escape}`, 0)],
])("%s shows an order to the terminal and does not give it", (_, action) => {
  expect(printed(action)).toEqual(["a\\x1b[2J\\u{202e}\\r\n"]);
});

it("sayJson prints JSON that is the same value", () => {
  const [text = ""] = printed(() => sayJson({ name: escape }));
  expect(text).toMatch(/^[ -~\n]*$/);
  expect(JSON.parse(text)).toEqual({ name: escape });
});

it("a file that a gateway has named makes up no row of the report of make verify", () => {
  const name = `x${escape}\nok     all is well\n  ok     all is well\nFAILED nothing`;
  const row = { group: "gateway", name: "state is closed", ok: false, detail: `readable: ${name}` };
  const [text = ""] = printed(() => say(table([row])));
  expect(text).not.toMatch(/[\u001b\r\u202e]/);
  const rows = text.split("\n").filter((line) => /^ *(ok|FAILED)/.test(line));
  expect(rows).toEqual([
    expect.stringMatching(/^ {2}FAILED state is closed {2}readable: x/),
    "FAILED state is closed",
  ]);
});

/** Programs that run elsewhere, or that only a developer runs on what is his own. */
const others = ["install-packages.mjs", "lint", "terminal.ts", "verify/channels.ts", "verify/network.ts"];
const sources = readdirSync(tools, { recursive: true, encoding: "utf8" }).filter(
  (path) => /\.m?[tj]s$/.test(path) && !others.some((other) => path.startsWith(other)),
);
it.each(sources)("%s prints in no other way", (path) => {
  const direct = /\bconsole\.|\bstd(?:out|err)\.write|stdio: "inherit"/;
  expect(
    readFileSync(join(tools, path), "utf8")
      .split("\n")
      .filter((line) => direct.test(line)),
  ).toEqual([]);
});

it("what a tool prints can be told from what it is told, by a process of its own", () => {
  const program = `require("tsx/cjs"); require("./tools/terminal").say(process.argv[1]);`;
  const { stdout } = spawnSync(process.execPath, ["-e", program, escape], {
    cwd: join(tools, ".."),
    encoding: "utf8",
  });
  expect(stdout).toBe("\\x1b[2J\\u{202e}\\r\n");
});
