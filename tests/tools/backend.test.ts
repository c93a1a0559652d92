/** Nobody's stack is asked by mistake: the lab only where somebody says so, and always said first. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shownBackend } from "../../tools/backend";
import { runsTypeScript } from "../typescript";

const root = join(__dirname, "..", "..");
let checkout: string;

const script = (path: string, text: string): void => {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
};

/** A checkout with the real Makefile; `tsx` and `pulumi` only write down what they are called with. */
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), "clawkeep-make-"));
  mkdirSync(join(checkout, "node_modules", ".bin"), { recursive: true });
  mkdirSync(join(checkout, "bin"));
  copyFileSync(join(root, "Makefile"), join(checkout, "Makefile"));
  for (const name of ["package-lock.json", "node_modules/.package-lock.json"])
    writeFileSync(join(checkout, name), "{}");
  const log = `echo "$(basename "$0") $* at <$PULUMI_BACKEND_URL>" >>${checkout}/calls`;
  script(join(checkout, "node_modules", ".bin", "tsx"), log);
  script(join(checkout, "bin", "pulumi"), log);
});
afterEach(() => rmSync(checkout, { recursive: true }));

function lab(): void {
  mkdirSync(join(checkout, ".lab"));
  writeFileSync(join(checkout, ".lab", "env"), "export PULUMI_BACKEND_URL=file:///lab\n");
}

function make(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const result = spawnSync("make", ["-C", checkout, ...args], {
    encoding: "utf8",
    env: { HOME: checkout, PATH: `${checkout}/bin:${process.env["PATH"] ?? ""}`, ...environment },
  });
  let calls: string[] = [];
  try {
    calls = readFileSync(join(checkout, "calls"), "utf8").trim().split("\n");
  } catch {
    // Nothing was called.
  }
  return { ...result, calls };
}

const targets = ["verify", "pair", "sbom", "report-first-deployment", "preview"];
const askedAt = (calls: readonly string[]): Set<string> =>
  new Set(calls.map((call) => /<(.*)>$/.exec(call)?.[1] ?? call));

test.each(targets)("make %s asks the user's own backend, also while the lab is up", (target) => {
  lab();
  const { status, calls } = make([target]);
  expect([status, askedAt(calls)]).toEqual([0, new Set([""])]);
  expect(calls.at(-1)).toContain("prod");
});

test.each(targets)("make %s LAB=1 asks the lab", (target) => {
  lab();
  const { status, calls } = make([target, "LAB=1"]);
  expect([status, askedAt(calls)]).toEqual([0, new Set(["file:///lab"])]);
});

test.each(targets)("make %s in a shell with the lab's environment asks the lab", (target) => {
  lab();
  const { calls } = make([target], { PULUMI_BACKEND_URL: "file:///lab" });
  expect(askedAt(calls)).toEqual(new Set(["file:///lab"]));
});

test.each(targets)("make %s LAB=1 without a lab, and another word than 1, ask nobody", (target) => {
  expect(make([target, "LAB=1"])).toMatchObject({
    status: 2,
    calls: [],
    stderr: expect.stringContaining("no lab here"),
  });
  lab();
  expect(make([target, "LAB=yes"])).toMatchObject({
    status: 2,
    calls: [],
    stderr: expect.stringContaining("LAB=1 asks the lab"),
  });
});

test("preview says which backend it asks before it asks", () => {
  expect(make(["preview", "STACK=standby"]).calls.map((call) => call.replace(/ at .*/, ""))).toEqual([
    "tsx tools/say-backend.ts standby",
    "pulumi preview --stack standby --diff",
  ]);
});

const tools: [string, string[]][] = [
  ["verify", ["prod", "--json"]],
  ["pair", ["prod"]],
  ["sbom", ["prod"]],
  ["first-deployment-report", ["prod"]],
  ["say-backend", ["prod"]],
];
const tool = (name: string, args: readonly string[]) =>
  spawnSync(process.execPath, [...runsTypeScript, join(root, "tools", `${name}.ts`), ...args], {
    encoding: "utf8",
    cwd: checkout,
    env: { ...process.env, PATH: `${checkout}/bin:${process.env["PATH"] ?? ""}` },
  });

test.each(tools)(
  "tools/%s.ts says it as the first line of standard error, nothing on standard output",
  (name, args) => {
    script(
      join(checkout, "bin", "pulumi"),
      `case "$*" in *whoami*) echo '{"user": "me", "url": "postgres://me:secret-word@db.example.org/pulumi?x=y"}' ;; *) exit 1 ;; esac`,
    );
    const { stdout, stderr } = tool(name, args);
    expect(stderr.split("\n")[0]).toBe(
      "stack prod of the state backend postgres://***@db.example.org/pulumi?…",
    );
    expect(stdout).toBe("");
  },
);

test.each(tools)(
  "tools/%s.ts says what to do where nobody is logged in, and asks nothing more",
  (name, args) => {
    script(
      join(checkout, "bin", "pulumi"),
      `case "$*" in *whoami*) echo "not logged in" >&2; exit 3 ;; *) touch ${checkout}/asked ;; esac`,
    );
    const { status, stderr } = tool(name, args);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/^no state backend can be asked: pulumi login, or for the lab LAB=1/);
    expect(() => readFileSync(join(checkout, "asked"))).toThrow();
  },
);

test.each([
  ["https://app.pulumi.com/user", "https://app.pulumi.com/user"],
  ["file:///home/me@work/state", "file:///home/me@work/state"],
  ["s3://bucket?region=eu&token=word", "s3://bucket?…"],
])("%s is shown as %s", (url, shown) => {
  expect(shownBackend(url)).toBe(shown);
});
