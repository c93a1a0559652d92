/** A stack that is not deployed is told from one that is, and nothing but an address gets into ssh's words. */
import { spawnSync } from "node:child_process";
import { execute, hostCommand, sshTarget } from "../../tools/host-shell";

const sshHostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5";

it("the outputs of a deployed stack say where its host is", () => {
  expect(sshTarget("prod", { sshCommand: "ssh -p 9922 root@203.0.113.10", sshHostKey })).toEqual({
    ...{ address: "203.0.113.10", port: 9922, hostKey: sshHostKey },
  });
});

it.each<[string, Record<string, unknown>]>([
  ["none at all", {}],
  ["an option behind the host", { sshCommand: "ssh -p 22 root@host -oProxyCommand=id", sshHostKey }],
  ["an option in the host's place", { sshCommand: "ssh -p 22 root@-oProxyCommand=id", sshHostKey }],
  ["no key", { sshCommand: "ssh -p 22 root@host", sshHostKey: "" }],
])("outputs with %s are those of no deployed stack", (_, outputs) => {
  expect(() => sshTarget("prod", outputs)).toThrow(
    /no outputs sshCommand and sshHostKey.*pulumi up --stack prod/,
  );
});

it("what is run on a host has a time limit there, and every word is one word of its shell", () => {
  const outcome = (script: string, args: readonly string[], seconds: number) => {
    const { status, stdout } = spawnSync("bash", ["-c", hostCommand(script, args, seconds)], {
      encoding: "utf8",
    });
    return { status, stdout };
  };
  expect(outcome('printf "<%s>" "$@"', ["it's one", "$(id)"], 30)).toEqual({
    status: 0,
    stdout: "<it's one><$(id)>",
  });
  expect(outcome("echo begun; sleep 60; echo ended", [], 1)).toEqual({ status: 124, stdout: "begun\n" });
});

it("what did not end in time is said", async () => {
  await expect(execute("sh", ["-c", "exit 124"], "", "ssh host")).rejects.toThrow(
    "ssh host failed (124): it did not end in time",
  );
});
