/** A host that somebody has already, and has set up otherwise than a new one: what is refused, and what is left alone. */
import { controlsOf, type Control } from "../control";

const prepare = "config-files/host/bin/prepare-host";
const prepareTest = "tests/config-files/host/prepare-host.test.ts";
const dockerSettings = "config-files/host/bin/docker-settings";
const daemonJson = "config-files/host/bin/daemon_json.py";
const dockerSettingsTest = "tests/config-files/host/docker-settings.test.ts";
const hostUpgrades = "config-files/host/bin/host-upgrades";
const upgradesTest = "tests/config-files/host/upgrades.test.ts";
const baseline = "components/host-baseline.ts";

export const existingHostControls: readonly Control[] = controlsOf(
  { threat: undefined, file: baseline, test: "tests/components/command-words.test.ts" },
  [
    // Root's shell is zsh or fish there.
    {
      name: "host-any-login-shell",
      from: "const create = `${installUnits} && ${enableUnits}`;",
      to: "const create = `${installUnits} && ls ${unitDirectory}/* && ${enableUnits}`;",
      failing: "plain words, for whatever shell root has",
    },
    // Root's .bashrc prints.
    {
      name: "host-shell-that-prints",
      file: prepare,
      from: '  [ -z "$said" ] ||\n    fail "$shell, root',
      to: '  true ||\n    fail "$shell, root',
      test: prepareTest,
      failing: "refuses a root whose shell prints",
    },
    {
      name: "host-socket-group",
      file: "config-files/host/group-id.ts",
      from: "if (/^\\d+$/.test(text)) return text;",
      to: "if (text !== undefined) return text;",
      test: "tests/config-files/host/group-id.test.ts",
      failing: "is refused with what came back",
    },
    // Another web server has Caddy's port.
    {
      name: "host-port-taken",
      file: prepare,
      from: '    [ -n "$listeners" ] || return 0\n',
      to: "    return 0\n",
      test: prepareTest,
      failing: "a program that ss names has is refused",
    },
    {
      name: "host-port-published",
      file: prepare,
      from: "others+=${name:+",
      to: "others+=${unset:+",
      test: prepareTest,
      failing: "that another container publishes is refused",
    },
    {
      name: "host-port-ours",
      file: prepare,
      from: ",/opt/openclaw/config/reverse-proxy/* ]] || return 0",
      to: ",/opt/openclaw/config/reverse-proxy/* ]] || true",
      test: prepareTest,
      failing: "our own Caddy has is as it has to be",
    },
    // An installation that was cut off, of a package whose configuration file somebody has changed.
    {
      name: "host-changed-configuration-file",
      file: prepare,
      from: "dpkg --configure -a --force-confdef --force-confold",
      to: "dpkg --configure -a",
      test: prepareTest,
      failing: "ends an installation that a power cut",
    },
    // Settings of a daemon that are seen in every container.
    {
      name: "host-docker-log-options",
      file: daemonJson,
      from: 'if set(logs) - set(wanted["log-opts"]):',
      to: "if False:",
      test: dockerSettingsTest,
      failing: "refuses .*log-opts",
    },
    {
      name: "host-docker-runtime",
      file: daemonJson,
      from: '    "default-runtime": ("runc", "another program would start the containers"),\n',
      to: "",
      test: dockerSettingsTest,
      failing: "refuses .*default-runtime",
    },
    {
      name: "host-docker-addresses",
      file: daemonJson,
      from: '    "ip": ("0.0.0.0", "the assistant would be published at that address alone"),\n',
      to: "",
      test: dockerSettingsTest,
      failing: "refuses .*127.0.0.1",
    },
    // Refused before the file is written, and in a sentence.
    {
      name: "host-docker-own-sockets",
      file: dockerSettings,
      from: "    if unheard:\n",
      to: "    if False:\n",
      test: dockerSettingsTest,
      failing: "a daemon that does not take its sockets from systemd",
    },
    {
      name: "host-docker-misshapen",
      file: dockerSettings,
      from: "    problems = misshapen(theirs)\n    if problems:\n",
      to: "    problems = misshapen(theirs)\n    if False:\n",
      test: dockerSettingsTest,
      failing: "in one sentence, before",
    },
    {
      name: "host-docker-asked-first",
      file: dockerSettings,
      from: '    ask_daemon(text, f"what {FILE} says")\n',
      to: "",
      test: dockerSettingsTest,
      failing: "the daemon itself refuses",
    },
    // Other people's containers.
    {
      name: "host-boot-waits-for-ours",
      file: "config-files/host/bin/host-boot",
      from: '        own = (name.startswith("openclaw-")',
      to: "        own = (True",
      test: "tests/config-files/host/host-failover.test.ts",
      failing: "other people's containers are not waited for",
    },
    {
      name: "verify-apparmor-of-ours",
      file: "tools/verify/host.ts",
      from: 'const lines = all.filter((line) => !line.startsWith("other "));',
      to: "const lines = all;",
      test: "tests/tools/verify/host-rows.test.ts",
      failing: "are told, and judged by nobody here",
    },
    // A disk that is too small, or full.
    {
      name: "host-room-for-images",
      file: prepare,
      from: '  [ "$free" -ge "$wanted" ] ||\n',
      to: "  true ||\n",
      test: prepareTest,
      failing: "is asked for with that of the swap file",
    },
    {
      name: "host-room-once",
      file: prepare,
      from: "  [ ! -e /opt/openclaw/bin/pull-image ] || return 0\n",
      to: "",
      test: prepareTest,
      failing: "is not asked of a host that has been through this",
    },
    {
      name: "host-full-disk",
      file: "config-files/host/bin/pull-image",
      from: 'if "no space left on device" in words:',
      to: "if False:",
      test: "tests/config-files/host/pull-image.test.ts",
      failing: "a full disk",
    },
    // Updates in time for the reboot, told to the host's owner before anything is changed.
    {
      name: "host-updates-before-the-reboot",
      file: "config-files/host/systemd/apt-daily-upgrade.timer.d/clawkeep.conf",
      from: "OnCalendar=*-*-* 03:30\n",
      to: "OnCalendar=*-*-* 06:00\n",
      test: upgradesTest,
      failing: "the night begins in time for its reboot",
    },
    {
      name: "host-updates-timer-read-back",
      file: hostUpgrades,
      from: '[ "$times" = "OnCalendar=$begin" ] ||',
      to: "true ||",
      test: upgradesTest,
      failing: "says when updates begin at another time",
    },
    {
      name: "host-reboot-that-comes",
      file: hostUpgrades,
      from: "[ -e /run/systemd/shutdown/scheduled ] || [",
      to: "[",
      test: upgradesTest,
      failing: "a reboot that systemd has been told of",
    },
    {
      name: "host-updates-told-early",
      file: hostUpgrades,
      from: "  settings=$work/parts/${settings##*/} APT_CONFIG=$work/first check_values\n",
      to: "",
      test: upgradesTest,
      failing: "a file of the host that would win is named",
    },
    {
      name: "host-updates-told-first",
      file: baseline,
      from: "      [possible],",
      to: "      [tools],",
      test: "tests/components/host-baseline.test.ts",
      failing: "hears of other plans before anything",
    },
    {
      name: "host-orphans-stay",
      file: "config-files/host/apt/52clawkeep-upgrades",
      from: 'Unattended-Upgrade::Remove-Unused-Dependencies "false";',
      to: 'Unattended-Upgrade::Remove-Unused-Dependencies "true";',
      test: upgradesTest,
      failing: "removes nothing that was there before it",
    },
    // A first boot that never begins, and other small things.
    {
      name: "host-no-first-boot",
      file: "config-files/host/bin/await-boot",
      from: "grep -qE '^status: not (run|started)'; then return 0; fi",
      to: "false; then return 0; fi",
      test: "tests/config-files/host/await-boot.test.ts",
      failing: "does not wait for a first boot that never begins",
    },
    {
      name: "host-installed-clock",
      file: "config-files/host/bin/tune-host",
      from: '"$service.service")" = loaded ] || continue',
      to: '"$service.service")" = loaded ]',
      test: "tests/config-files/host/keep-time.test.ts",
      failing: "starts the one that is installed",
    },
  ],
);
