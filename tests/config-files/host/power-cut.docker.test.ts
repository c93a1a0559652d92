/**
 * What a script says is done survives a power cut right after it: on a real ext4 file system in an image file, which loses
 * what was not synced. Nothing gets to its disk by the mere passing of time: its journal is committed every
 * five minutes, and the file system does not guess that a renamed file matters (auto_da_alloc).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { firewallUnitFiles } from "../../../config-files/host/tools";
import { Disk, possible, powerCut } from "./on-a-disk";

(possible ? describe : describe.skip)("after a power cut (skipped without root and loop devices)", () => {
  jest.setTimeout(120_000);
  let disk: Disk;
  beforeEach(() => {
    disk = new Disk(96);
    disk.prepare('mkfs.ext4 -q -F "$device"');
  });
  afterEach(() => disk.end());

  /** A host whose /opt/openclaw, /etc/systemd, /etc/clawkeep and /etc/ssh lie on the disk. */
  const host = `
    mkdir -p /opt/disk; mount -o commit=300,noauto_da_alloc "$device" /opt/disk
    mkdir -p /opt/disk/openclaw /opt/disk/systemd/system /opt/disk/clawkeep /etc/clawkeep /opt/disk/ssh/sshd_config.d
    cp -rn /opt/openclaw/bin /opt/disk/openclaw/
    mount --bind /opt/disk/openclaw /opt/openclaw
    mount --bind /opt/disk/systemd /etc/systemd
    mount --bind /opt/disk/clawkeep /etc/clawkeep
    mount --bind /opt/disk/ssh /etc/ssh
    sync -f /opt/disk`;
  /** Runs Bash, cuts the power in the moment when it has ended, and looks at what a host finds after that. */
  function survives(work: string, look: string, env: Readonly<Record<string, string>> = {}): string {
    const before = disk.onHost(`${powerCut}\n${host}\n(set -e; ${work}) >&2; cut /opt/disk`, env);
    if (before.status !== 0) throw new Error(before.stderr);
    const after = disk.onHost(`${host}\n${look}`, env);
    if (after.status !== 0) throw new Error(after.stderr);
    return after.stdout;
  }

  test("the cut is one: what a shell has written and nobody has synced is gone", () => {
    expect(survives("echo lost >/opt/openclaw/lost", "ls /opt/openclaw")).toBe("bin\n");
    const renamed = `echo old >/opt/openclaw/file; sync -f /opt/openclaw
      echo new >/opt/openclaw/draft; mv /opt/openclaw/draft /opt/openclaw/file`;
    expect(survives(renamed, "cat /opt/openclaw/file")).toBe("old\n");
  });

  test("put-file: the new file, whole", () => {
    const put = "/opt/openclaw/bin/put-file";
    expect(
      survives(`echo old | ${put} /opt/openclaw/f; echo new | ${put} /opt/openclaw/f`, "cat /opt/openclaw/f"),
    ).toBe("new\n");
  });

  test("install-archive: every file of it", () => {
    const work = `/opt/openclaw/bin/install-archive /etc/systemd/system <<<"${firewallUnitFiles()}"`;
    const unit = join(__dirname, "../../../config-files/host/systemd/clawkeep-firewall.service");
    expect(survives(work, "cat /etc/systemd/system/clawkeep-firewall.service")).toBe(
      readFileSync(unit, "utf8"),
    );
  });

  test("install-files: the revision, with its modes", () => {
    const order = {
      ...{
        root: "/opt/openclaw/secrets/relay",
        revision: "0123456789ab",
        directoryMode: "0500",
        uid: 7,
        gid: 7,
      },
      files: [{ path: "token", mode: "0400", content: "a secret" }],
    };
    const work = `mkdir -p /opt/openclaw/secrets; /opt/openclaw/bin/install-files <<'JSON'\n${JSON.stringify(order)}\nJSON\n`;
    expect(
      survives(work, "cd /opt/openclaw/secrets/relay; cat */token; stat -c ' %a %u' 0123456789ab */token"),
    ).toBe("a secret 500 7\n 400 7\n");
  });

  test("load-egress-list: the link to the list in force", () => {
    const lists = "/opt/openclaw/config/egress-proxy";
    const docker = `[ "$1" != run ] || echo http://revision.invalid/0123456789ab; [ "$1" = run ]`;
    const work = `mkdir -p ${lists}/0123456789ab; echo http://revision.invalid/0123456789ab >${lists}/0123456789ab/squid.conf
      sync -f ${lists}; ${fake("docker", docker)}
      /opt/openclaw/bin/load-egress-list ${lists}/0123456789ab image openclaw-egress`;
    expect(survives(work, `readlink ${lists}/current`)).toBe("0123456789ab\n");
  });

  test("gateway-snapshot: a copy that has its name is whole, and the name is there", () => {
    const state = "/opt/openclaw/gateways/gw/state";
    const backups = "/opt/openclaw/monitoring/backups";
    const work = `mkdir -p ${state} ${backups}; sync -f ${backups}; ${fake("findmnt", ":")}; ${fake("docker", copying)}
      printf '%s' "$large" | tee ${state}/one >${state}/two
      /opt/openclaw/bin/gateway-snapshot gw`;
    expect(survives(work, `cd ${backups}/gw-*Z; wc -c <one; wc -c <two`, { large })).toBe("20000\n20000\n");
  });

  test("gateway-state: a copy of before is whole and has its name, and so is what was put back", () => {
    const home = "/opt/openclaw/gateways/gw";
    const backups = "/opt/openclaw/monitoring/backups";
    const prepare = `mkdir -p ${home}/state ${backups}; sync -f ${backups}; ${fake("findmnt", ":")}
      ${fake("docker", copying)}; sed -i 's/^SPARE = .*/SPARE = 0/' /opt/openclaw/bin/copies.py
      printf '%s' "$large" >${home}/state/one`;
    const save = `${prepare}; /opt/openclaw/bin/gateway-state save gw image`;
    expect(survives(save, `wc -c <${backups}/before-gw-*Z/one`, { large })).toBe("20000\n");
    const restore = `${prepare}; copy=$(/opt/openclaw/bin/gateway-state save gw image); rm ${home}/state/one
      /opt/openclaw/bin/gateway-state restore gw image "$copy" failed-gw-20260101T000000Z`;
    expect(survives(restore, `wc -c <${home}/state/one`, { large })).toBe("20000\n");
  });

  test("gateway-swap: its journal, what it has proven, and that they are forgotten", () => {
    const home = "/opt/openclaw/gateways/gw";
    const python = (text: string) => `mkdir -p ${home}; sync -f ${home}; python3 - <<'PYTHON'
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, "/opt/openclaw/bin")
from gateway import Gateway
gateway = Gateway("gw")
${text}
PYTHON
`;
    const written = python(`gateway.write("swap", {"new": "1"}); gateway.write("proven", {"id": "2"})`);
    expect(survives(written, `cat ${home}/swap.json ${home}/proven.json`)).toBe('{"new": "1"}{"id": "2"}');
    expect(survives(python(`gateway.forget("swap")`), `ls ${home}`)).toBe("proven.json\n");
  });

  const images = "/opt/openclaw/docker/image";
  test.each([
    ["the daemon has unpacked for it", `root=${images}`],
    [
      "containerd has unpacked for it, in a store of its own",
      `root=/var/lib; mount -t tmpfs none $root; mkdir /var/lib/containerd; mount --bind ${images} /var/lib/containerd`,
    ],
  ])("settle-container: what %s", (_, place) => {
    const docker = `case $1 in container) echo '[{"State":{"Running":false},"HostConfig":{"PidsLimit":9}}]' ;; info) echo $root ;; esac`;
    const work = `mkdir -p ${images}; sync -f ${images}; ${place}; export root; ${fake("docker", docker)}
      echo unpacked >${images}/layer
      /opt/openclaw/bin/settle-container c <<<'{"pidsLimit": 9, "started": false, "expect": {}}'`;
    expect(survives(work, `cat ${images}/layer`)).toBe("unpacked\n");
  });

  test("gateway-retire: the gateway stays retired", () => {
    const home = "/opt/openclaw/gateways/gw";
    const wants = "/etc/systemd/system/multi-user.target.wants";
    const work = `mkdir -p ${home} ${wants}; echo active >${home}/role; ln -s x ${wants}/openclaw-gateway@gw.service
      sync -f ${home}; ${fake("docker", ":")}; ${fake("systemctl", `rm -f ${wants}/openclaw-gateway@gw.service`)}
      /opt/openclaw/bin/gateway-retire gw`;
    expect(survives(work, `ls ${home} ${wants}`)).toBe(`${wants}:\n\n${home}:\n`);
  });

  test("apply-firewall: what was confirmed is there and in force at the next boot", () => {
    const wants = "/etc/systemd/system/sysinit.target.wants";
    const run = `mkdir -p ${wants}; sync -f ${wants}; ${fake("systemctl", `[ "$1" != enable ] || ln -sf x ${wants}/clawkeep-firewall.service`)}
      python3 - <<'PYTHON'
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, "/opt/openclaw/bin")
source = open("/opt/openclaw/bin/apply-firewall", encoding="utf-8").read()
exec(compile(source.rpartition("common.script(")[0], "apply-firewall", "exec"))
# The kernel and its firewall are no matter of disks.
meaning = lambda text: text
held = lambda: "ruleset"
write(PENDING, "ruleset")
confirm("ruleset")
PYTHON
`;
    expect(survives(run, `cat /etc/clawkeep/firewall.nft; ls ${wants}`)).toBe(
      "rulesetclawkeep-firewall.service\n",
    );
    const removed = run.replace(
      'confirm("ruleset")',
      'confirm("ruleset")\nos.sync()\nheld = lambda: None\nrun = lambda *_, **__: None\nremove()',
    );
    expect(survives(removed, `ls /etc/clawkeep`)).toBe("");
  });

  test("secure-sshd: settings that sshd refuses do not come back, or nobody would get in after the next boot", () => {
    const refused = "/etc/ssh/sshd_config.d/00-clawkeep-login.conf";
    const sshd = `case $1 in -T) printf '%s\\n' 'authorizedkeysfile /opt/keys' 'passwordauthentication yes' ;;
-t) [ ! -e ${refused} ] || { : >/opt/disk/tried; sync -f /opt/disk; exit 1; } ;; esac`;
    const work = `echo ssh-ed25519 AAAA >/opt/keys; ${fake("sshd", sshd)}; ${fake("systemctl", ":")}
      ! /opt/openclaw/bin/secure-sshd apply <<<"PasswordAuthentication no"`;
    expect(survives(work, "ls /opt/disk/tried; ls /etc/ssh/sshd_config.d")).toBe("/opt/disk/tried\n");
  });
});

const large = "0123456789".repeat(2000);
/** A program of that name before all others. */
const fake = (name: string, body: string): string =>
  `echo ${Buffer.from(`#!/bin/bash\n${body}\n`).toString("base64")} | base64 -d >/opt/${name}; chmod +x /opt/${name}; PATH=/opt:$PATH`;
/** `docker run` that copies from the first volume to the second, as the containers of the copies do. */
const copying = `case $1 in run) ;; container) echo '[{"Name":"/gw","State":{"Running":false},"Config":{"Image":"image"}}]'; exit ;; *) exit ;; esac
for word; do case $word in *:/from | *:/from:ro) from=\${word%%:/from*} ;; *:/to) to=\${word%:/to} ;; esac; done
if [ -z "\${from:-}" ]; then rm -f "$to"/*; else cp -r "$from"/. "$to"/; fi`;
