/** How a host is asked over SSH: by its key alone, in one login, word for word; and what it sends is unpacked to a file. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sshTarget, withHost } from "../../tools/host-shell";
import { Sshd } from "../lab/toolchain/sshd";

const directory = mkdtempSync(join(tmpdir(), "clawkeep-host-shell-"));
const sshd = new Sshd();
const agent = process.env["SSH_AUTH_SOCK"];
const target = (hostKey = sshd.hostKey()) =>
  sshTarget("prod", { sshCommand: `ssh -p ${sshd.port} root@127.0.0.1`, sshHostKey: hostKey });

jest.setTimeout(120_000);
beforeAll(async () => {
  await sshd.start();
  process.env["SSH_AUTH_SOCK"] = sshd.agentSocket;
});
afterAll(() => {
  sshd.stop();
  rmSync(directory, { recursive: true });
  if (agent === undefined) delete process.env["SSH_AUTH_SOCK"];
  else process.env["SSH_AUTH_SOCK"] = agent;
});

it("all questions take one login, and what a script is given arrives as it is", async () => {
  const words = ["a b", "it's", '"$HOME"', "`id`", "$(id)", "\\", "new\nline", "*"];
  const before = sshd.connections();
  const file = join(directory, "unpacked");
  const printed = await withHost(target(), async (shell, download) => {
    await download(`printf '%s|' "$@" | gzip -1`, words, file);
    return shell(`printf '%s|' "$@"; cat`, words, "on stdin: 'x'");
  });
  expect(printed).toBe(`${words.join("|")}|on stdin: 'x'`);
  expect(readFileSync(file, "utf8")).toBe(`${words.join("|")}|`);
  expect(sshd.connections() - before).toBe(1);
});

it("a host with another key than the stack's is not spoken to", async () => {
  await expect(withHost(target(sshd.strangeKey()), (shell) => shell("echo in"))).rejects.toThrow(
    /Host key verification failed/,
  );
});

it("a download that breaks off is an error, with the host's words", async () => {
  const get = (script: string, file = join(directory, "broken")) =>
    withHost(target(), (_, download) => download(script, [], file));
  await expect(get("echo some | gzip; echo no such image >&2; exit 3")).rejects.toThrow(
    /failed \(3\): no such image/,
  );
  await expect(get("echo not packed")).rejects.toThrow(/incorrect header check/);
  await expect(get("seq 100000 | gzip | head -c 1000")).rejects.toThrow(/unexpected end of file/);
  await expect(get("echo some | gzip", join(directory, "none", "file"))).rejects.toThrow(/ENOENT/);
});

it("a script that does not end is ended, also one that will not hear of it", async () => {
  const begin = Date.now();
  const hanging = (script: string): Promise<string> => withHost(target(), (shell) => shell(script), 2);
  await expect(hanging("sleep 600")).rejects.toThrow(/no end within 2 s, so it was ended/);
  await expect(hanging("trap '' TERM; while :; do sleep 0.1; done")).rejects.toThrow(/no end within 2 s/);
  expect(Date.now() - begin).toBeLessThan(30_000);
  await expect(withHost(target(), (shell) => shell("echo answers"))).resolves.toBe("answers\n");
});
