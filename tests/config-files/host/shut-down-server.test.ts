/** What becomes of a server's deletion when the server does as asked, does not answer, or answers and lets nobody in. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const script = readFileSync(join(__dirname, "../../../config-files/host/shut-down-server.sh"), "utf8");
const directory = mkdtempSync(join(tmpdir(), "clawkeep-shut-down-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** As the engine runs it, with an ssh that says `said`, prints its arguments and ends with `code`. */
function asked(said: string, code: number, env: Readonly<Record<string, string>> = {}) {
  const ssh = join(directory, "ssh");
  writeFileSync(
    ssh,
    `#!/bin/sh\nprintf '%s\\n' "$@" >${directory}/arguments\necho '${said}' >&2\nexit ${code}\n`,
  );
  chmodSync(ssh, 0o755);
  const { status, stderr } = spawnSync(
    "/bin/sh",
    [
      "-c",
      script,
      "shut-down-server",
      "-o",
      "KnownHostsCommand=/bin/echo %H ssh-ed25519 AAAA",
      "root@h",
      "the command",
    ],
    { encoding: "utf8", env: { PATH: `${directory}${delimiter}${process.env["PATH"]}`, ...env } },
  );
  return { status, stderr };
}

it("one that is at rest may go, also when its connection ends with it", () => {
  for (const code of [0, 255]) {
    const { status, stderr } = asked("shut-down-host: at rest, everything is on the disks", code);
    expect([status, stderr]).toEqual([0, "shut-down-host: at rest, everything is on the disks\n"]);
  }
  expect(readFileSync(join(directory, "arguments"), "utf8")).toBe(
    "-o\nKnownHostsCommand=/bin/echo %H ssh-ed25519 AAAA\nroot@h\nthe command\n",
  );
});

it.each([
  ["ssh: connect to host 192.0.2.1 port 9922: Connection timed out", 255],
  ["ssh: connect to host 192.0.2.1 port 9922: Connection refused", 255],
  ["Connection timed out during banner exchange", 255],
  ["bash: line 1: /opt/openclaw/bin/shut-down-host: No such file or directory", 127],
  ["shut-down-host: the disks have not taken everything within 120 s", 0],
])("one that does not answer or cannot do it goes as it is, and that is said: %s", (said, code) => {
  const { status, stderr } = asked(said, code);
  expect([status, stderr]).toEqual([
    0,
    expect.stringMatching(/could not be brought to rest; it goes as it is/),
  ]);
});

it.each([
  "root@192.0.2.1: Permission denied (publickey).",
  "Host key verification failed.",
  "Received disconnect from 192.0.2.1 port 22:2: Too many authentication failures",
])("one that lets nobody in stays, until somebody says that it may go: %s", (said) => {
  const { status, stderr } = asked(said, 255);
  expect([status, stderr]).toEqual([1, expect.stringMatching(/ssh-add -l.*CLAWKEEP_CUT_POWER=1/)]);
  expect(asked(said, 255, { CLAWKEEP_CUT_POWER: "1" }).status).toBe(0);
});
