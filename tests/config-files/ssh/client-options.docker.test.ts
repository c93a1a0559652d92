/** ssh as the Docker provider and the tools start it, with the configuration of an ordinary, busy developer at home. */
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { sshClientOptions } from "../../../config-files/ssh/client-options";
import { attempt, run } from "../../../lab/lib/exec";
import { Sshd } from "../../lab/toolchain/sshd";

jest.setTimeout(60_000);
const sshd = new Sshd();
const home = join(userInfo().homedir, ".ssh");
let theirs: string;

beforeAll(async () => {
  await sshd.start();
  theirs = mkdtempSync(join(sshd.dir, "theirs-"));
});
afterAll(() => sshd.stop());

/** Runs `sh -c script` on the server, with these lines as ~/.ssh/config. ssh looks there whatever HOME says. */
async function ssh(config: readonly string[], options: readonly string[], script: string) {
  writeFileSync(join(theirs, "config"), `${config.join("\n")}\n`, { mode: 0o600 });
  // As docker's helper puts it together; newer ones add -T.
  const words = ["ssh", "-l", "root", "-p", String(sshd.port), ...options, "--", "127.0.0.1", script];
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const mounted = ["sh", "-c", `mount --bind "$1" '${home}' && shift && exec "$@"`, "sh", theirs, ...words];
  return attempt("unshare", ["--mount", "--propagation", "private", ...mounted], {
    env: { SSH_AUTH_SOCK: sshd.agentSocket },
    timeoutSeconds: 20,
  });
}

const ours = (): string[] => sshClientOptions(sshd.hostKey().split(" ").slice(0, 2).join(" "));
/** The same, with what keeps the operator's configuration out taken away: all that has to do with it. */
const open = (): string[] => {
  const kept = ours().slice(2);
  const dropped = ["ForwardAgent=no", "IdentityFile=none"];
  return kept.filter((word, index) => !dropped.includes(word) && !dropped.includes(kept[index + 1] ?? ""));
};
const traces = (): string =>
  ["touched", "control"].filter((name) => existsSync(join(theirs, name))).join(" ");

/** Each: lines of the configuration, and what they do to a connection that reads them. */
const habits: readonly [string, () => readonly string[], (said: { stdout: string; code: number }) => void][] =
  [
    [
      "ForwardAgent yes",
      () => ["Host *", "  ForwardAgent yes"],
      ({ stdout }) => expect(stdout).toMatch(/hello \//),
    ],
    [
      "an IdentityFile for every host",
      () => ["Host *", `  IdentityFile ${sshd.dir}/strange`, "  IdentitiesOnly yes"],
      ({ code }) => expect(code).not.toBe(0),
    ],
    [
      "RequestTTY",
      () => ["Host *", "  RequestTTY force"],
      // A terminal turns every line's end into two bytes, which ends the Docker protocol.
      ({ stdout }) => expect(stdout).toBe("hello no agent\r\n"),
    ],
    [
      "RemoteCommand",
      () => ["Host *", "  RemoteCommand tmux attach"],
      ({ code }) => expect(code).not.toBe(0),
    ],
    [
      "LocalCommand",
      () => ["Host *", "  PermitLocalCommand yes", `  LocalCommand touch ${join(theirs, "touched")}`],
      () => expect(traces()).toBe("touched"),
    ],
    [
      "ControlMaster auto",
      () => [
        "Host *",
        "  ControlMaster auto",
        `  ControlPath ${join(theirs, "control")}`,
        "  ControlPersist 5",
      ],
      () => expect(traces()).toBe("control"),
    ],
    ["ProxyJump", () => ["Match all", "  ProxyJump nobody.invalid"], ({ code }) => expect(code).not.toBe(0)],
    [
      "an alias",
      () => ["Host 127.0.0.1", "  HostName 127.0.0.99", "  Port 1"],
      ({ code }) => expect(code).not.toBe(0),
    ],
    [
      "an Include",
      () => {
        writeFileSync(
          join(theirs, "more"),
          `Match all\n  PermitLocalCommand yes\n  LocalCommand touch ${theirs}/touched\n`,
        );
        return [`Include ${join(theirs, "more")}`];
      },
      () => expect(traces()).toBe("touched"),
    ],
  ];

describe.each(habits)("%s", (_, lines, harm) => {
  beforeEach(() => run("rm", ["-f", join(theirs, "touched"), join(theirs, "control")]));

  it("plays no part", async () => {
    const said = await ssh(lines(), ours(), 'echo "hello ${SSH_AUTH_SOCK:-no agent}"');
    expect(said).toMatchObject({ stdout: "hello no agent\n", stderr: "", code: 0 });
    expect(traces()).toBe("");
  });

  it("would do harm if it were read", async () => {
    harm(await ssh(lines(), open(), 'echo "hello ${SSH_AUTH_SOCK:-no agent}"'));
  });
});
