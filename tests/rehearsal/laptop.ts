/** The machine of an ordinary, busy developer: an ssh configuration made for other hosts, and an agent full of keys. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { run } from "../../lab/lib/exec";
import { labDir } from "../../lab/lib/paths";

/** What has been done by the configuration's hand: names of files it has left. */
export interface Laptop {
  traces(): string[];
  /** Environment with an agent that holds eight keys, the lab's own last. */
  readonly manyKeys: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * Until it is closed every `ssh` of this process, and of what it starts, finds this ~/.ssh/config, whose first lines
 * apply to every host. ssh looks in the home of its user whatever HOME says, so a wrapper on PATH puts it there.
 */
export async function ordinaryLaptop(): Promise<Laptop> {
  // Not below the lab: a socket's path is limited to about a hundred characters.
  const folder = mkdtempSync(join(tmpdir(), "clawkeep-laptop-"));
  const config = join(folder, "ssh");
  const bin = join(folder, "bin");
  for (const each of [config, bin]) mkdirSync(each, { mode: 0o700 });
  const trace = (name: string): string => join(folder, name);
  const lines = [
    `Include ${join(config, "work")}`,
    "Host *",
    "  ForwardAgent yes",
    "  ControlMaster auto",
    `  ControlPath ${trace("control")}`,
    "  ControlPersist 60",
    "  RequestTTY yes",
    `  IdentityFile ${join(config, "id_work")}`,
    "  IdentitiesOnly yes",
  ];
  writeFileSync(join(config, "config"), `${lines.join("\n")}\n`, { mode: 0o600 });
  const work = ["PermitLocalCommand yes", `LocalCommand touch ${trace("local-command")}`];
  writeFileSync(join(config, "work"), `Host *\n${work.map((line) => `  ${line}\n`).join("")}`, {
    mode: 0o600,
  });
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(config, "id_work")]);
  const home = join(userInfo().homedir, ".ssh");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const wrapper = `#!/bin/sh
exec unshare --mount --propagation private sh -c 'mount --bind "$1" "$2" && shift 2 && exec /usr/bin/ssh "$@"' sh ${config} ${home} "$@"
`;
  writeFileSync(join(bin, "ssh"), wrapper, { mode: 0o755 });
  const path = process.env["PATH"] ?? "";
  process.env["PATH"] = `${bin}:${path}`;

  const socket = join(folder, "agent");
  const pid = /Agent pid (\d+)/.exec(await run("ssh-agent", ["-s", "-a", socket]))?.[1] ?? "";
  const manyKeys = { SSH_AUTH_SOCK: socket };
  for (let number = 1; number < 8; number++) {
    const key = join(folder, `key-${number}`);
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    await run("ssh-add", ["-q", key], { env: manyKeys });
  }
  await run("ssh-add", ["-q", join(labDir(), "ssh", "id_ed25519")], { env: manyKeys });
  return {
    traces: () => ["local-command", "control"].filter((name) => existsSync(trace(name))),
    manyKeys,
    close: async () => {
      process.env["PATH"] = path;
      await run("kill", [pid]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
