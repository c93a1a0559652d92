/** Every command of docs/runbooks that is `make`'s is run as far as it goes without a stack: make knows it, and the tool takes its words. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkedWords as failoverWords } from "../../tools/failover/words";
import { checkedWords, hostWords } from "../../tools/restore/words";

const root = join(__dirname, "..", "..");
const folder = join(root, "docs", "runbooks");
const commands = readdirSync(folder).flatMap((file) =>
  [...readFileSync(join(folder, file), "utf8").matchAll(/^ {4}(make .*)$/gm)].map(([, command = ""]) => [
    file,
    command,
  ]),
);

it("there are some", () => expect(commands.length).toBeGreaterThan(4));

it.each(commands)("%s: %s", (_, command = "") => {
  const [, ...words] = command.split(" ");
  const { status, stdout } = spawnSync("make", ["-n", ...words], { cwd: root, encoding: "utf8" });
  expect(status).toBe(0);
  const [, tool = "", rest = ""] = /tsx (tools\/[a-z-]+\.ts) ?(.*)$/m.exec(stdout) ?? [];
  expect(existsSync(join(root, tool))).toBe(true);
  const given = rest
    .trim()
    .split(/\s+/)
    .map((word) => word.replaceAll("'", ""));
  if (/^tools\/fail(over|back)\.ts$/.test(tool))
    expect(failoverWords(given, Date.parse("2026-12-01")).stack).toMatch(/^(prod|standby)$/);
  if (tool !== "tools/restore.ts") return;
  const after = (flag: string): string | undefined =>
    given.includes(flag) ? given[given.indexOf(flag) + 1] : undefined;
  const gateway = after("--gateway");
  const taken = checkedWords({
    stack: given[0] ?? "",
    snapshot: after("--snapshot") ?? "newest",
    dry: given.includes("--dry"),
    cold: given.includes("--cold"),
    ...(gateway === undefined ? {} : { gateway }),
  });
  expect(hostWords(taken)).toContain("--snapshot");
});

it("every link leads somewhere", () => {
  for (const file of readdirSync(folder))
    for (const [, to = ""] of readFileSync(join(folder, file), "utf8").matchAll(/\]\(([^)#]+)/g))
      expect([file, to, existsSync(join(folder, to))]).toEqual([file, to, true]);
});
