/** host-upgrades and the settings that it puts into force: when a night begins, and what a host's owner hears of it before. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { upgradeSettings } from "../../../config-files/host/tools";
import { onAHost, possible } from "./on-a-host";

const timer = readFileSync(
  join(__dirname, "../../../config-files/host/systemd/apt-daily-upgrade.timer.d/clawkeep.conf"),
  "utf8",
);
const script = "/opt/openclaw/bin/host-upgrades";
const values = [...timer.matchAll(/^(\w+)=(.*)$/gm)].map(([, key, value]) => [key, value]);
const setting = (name: string): string | undefined =>
  new RegExp(`^Unattended-Upgrade::${name} "(.*)";$`, "m").exec(upgradeSettings())?.[1];

it("the night begins in time for its reboot: with an hour and more for the updates", () => {
  // The first one takes Debian's own time away.
  expect(values).toEqual([
    ["OnCalendar", ""],
    ["OnCalendar", "*-*-* 03:30"],
    ["RandomizedDelaySec", "15m"],
  ]);
  expect(setting("Automatic-Reboot-Time")).toBe("05:00");
});

it("the night removes nothing that was there before it, and what it made superfluous itself", () => {
  expect([setting("Remove-Unused-Dependencies"), setting("Remove-New-Unused-Dependencies")]).toEqual([
    "false",
    "true",
  ]);
  expect(setting("Remove-Unused-Kernel-Packages")).toBe("true");
});

const hasApt = spawnSync("apt-config", ["dump"]).error === undefined;
(possible && hasApt ? describe : describe.skip)("possible", () => {
  const ask = (prepare: string) =>
    onAHost(
      `mount -t tmpfs none /etc/apt/apt.conf.d; mount -t tmpfs none /etc/systemd/system
mkdir /etc/systemd/system/apt-daily-upgrade.timer.d; ${prepare}
before=$(find /etc/apt/apt.conf.d /etc/systemd/system | sort)
${script} possible; code=$?
[ "$before" = "$(find /etc/apt/apt.conf.d /etc/systemd/system | sort)" ] || echo changed
exit $code`.replace("; code=$?", " && code=0 || code=$?"),
      { input: upgradeSettings() },
    );

  it("takes what comes before ours, and what says the same", () => {
    const { status, stdout, stderr } = ask(
      `echo 'Unattended-Upgrade::Automatic-Reboot "false";' >/etc/apt/apt.conf.d/50unattended-upgrades
echo 'Unattended-Upgrade::Automatic-Reboot-Time "05:00";' >/etc/apt/apt.conf.d/99mine`,
    );
    expect([status, stdout, stderr]).toEqual([
      0,
      expect.stringMatching(/^nothing stands in the way .*\n$/),
      "",
    ]);
  });

  it.each([
    ["Unattended-Upgrade::Automatic-Reboot", 'Unattended-Upgrade { Automatic-Reboot "false"; };'],
    ["APT::Periodic::Unattended-Upgrade", 'APT::Periodic::Unattended-Upgrade "0";'],
  ])("a file of the host that would win is named: %s", (key, line) => {
    const { status, stdout, stderr } = ask(`echo '${line}' >/etc/apt/apt.conf.d/99mine`);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      new RegExp(`^host-upgrades: ${key} is \\S+, not \\S+: a later file in /etc/apt/apt.conf.d`),
    );
  });

  it("so is one that has updates begin at another time", () => {
    const folder = "/etc/systemd/system/apt-daily-upgrade.timer.d";
    const { status, stderr } = ask(`echo 'OnCalendar=*-*-* 12:00' >${folder}/override.conf`);
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining(`${folder}/override.conf says when updates begin`),
    ]);
    expect(ask(`echo 'OnCalendar=*-*-* 12:00' >${folder}/before.conf`).status).toBe(0);
  });
});

(possible ? describe : describe.skip)("host-upgrades", () => {
  /** Runs a function of the script, with a systemctl that knows such a timer. */
  const units = (calendar: string) =>
    onAHost(`systemctl() { case $1 in is-enabled) echo enabled ;; is-active) echo active ;; show) echo 'TimersCalendar={ ${calendar} ; next_elapse=Tue 2026-12-01 03:30:00 UTC }' ;; esac; }
. <(sed '/^case \\$1 in$/,$d' ${script}); check_units; echo well`);

  it("reads back when updates begin", () => {
    expect(units("OnCalendar=*-*-* 03:30:00")).toMatchObject({ status: 0, stdout: "well\n" });
  });

  it.each([
    ["Debian's own", "OnCalendar=*-*-* 06:00:00"],
    ["two", "OnCalendar=*-*-* 06:00:00 ; next_elapse=n/a } { OnCalendar=*-*-* 03:30:00"],
  ])("says when updates begin at another time: %s", (_, calendar) => {
    const { status, stderr } = units(calendar);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(
        /apt-daily-upgrade\.timer begins at OnCalendar=.* 06:00:00.*, not at .* 03:30:00, so a reboot/s,
      ),
    ]);
  });

  const reboot = (prepare: string) =>
    onAHost(`mount -t tmpfs none /run; touch -d '46 hours ago' /run/reboot-required; ${prepare}
${script} reboot`);

  it("a reboot that systemd has been told of comes, however old the wish", () => {
    const { status, stdout } = reboot("mkdir -p /run/systemd/shutdown; : >/run/systemd/shutdown/scheduled");
    expect([status, stdout]).toEqual([0, expect.stringContaining("a reboot is needed since")]);
  });

  it("one that nobody has been told of has not come", () => {
    expect(reboot(":")).toMatchObject({ status: 1, stderr: expect.stringContaining("but has not come") });
  });
});
