/**
 * Backups: what bounds the copies, what the storage is told, what stops a prune. The threat model has no row of them until
 * they leave a host.
 */
import { controlsOf, type Control } from "../control";

const collects = "tests/config-files/host/backup-collect.test.ts";
const runs = "tests/config-files/host/backup-run.test.ts";
const squid = "tests/config-files/egress-proxy/squid-conf.test.ts";
const prunes = "tests/tools/prune/rule.test.ts";

const begins = "tests/config-files/host/beginning.test.ts";
const restores = "tests/config-files/host/backup-restore.test.ts";
const damage = "tests/tools/prune/damage.test.ts";

export const backupControls: readonly Control[] = [
  ...controlsOf({ threat: undefined, file: "config-files/host/bin/backup_snapshots.py", test: restores }, [
    {
      name: "backup-above-the-record",
      from: "if known is not None and epoch > known:",
      to: "if False:",
      failing: "a snapshot that says what no backup-run says",
    },
    {
      name: "backup-passed-over-without-a-word",
      from: "if known_epoch() is None and seconds_of(later)",
      to: "if False and seconds_of(later)",
      failing: "the operator says which",
    },
  ]),
  ...controlsOf({ threat: undefined, file: "config-files/host/bin/beginning.py", test: begins }, [
    {
      name: "beginning-asks-the-repository",
      from: "    if not holding:\n",
      to: "    if True:\n",
      failing: "one that the repository holds does not start empty",
    },
    {
      name: "beginning-waits-for-an-answer",
      from: "        if failure.code == NO_REPOSITORY:\n",
      to: "        if True:\n",
      failing: "while it is not known, for the repository is there, and lets nobody in",
    },
    {
      name: "beginning-knows-a-state",
      from: ' or (role == "" and not is_empty(gateway)):',
      to: ":",
      failing: "nobody is asked where its state came back",
    },
    {
      name: "beginning-on-half-a-state",
      from: "    if is_left_half(gateway):\n",
      to: "    if False:\n",
      failing: "half a state that has come back with its volume starts nowhere",
    },
    {
      name: "half-a-state-is-not-saved",
      from: "    if left := [gateway.name for gateway in here if is_left_half(gateway)]:\n",
      to: "    if left := []:\n",
      failing: "half a state is in no snapshot",
    },
    {
      name: "half-a-state-at-boot",
      file: "config-files/host/bin/gateway-gate",
      from: "            if beginning.is_left_half(Gateway(name)):\n",
      to: "            if False:\n",
      test: "tests/config-files/host/with-docker.test.ts",
      failing: "at boot, half a state starts nothing",
    },
    {
      name: "beginning-by-itself",
      from: 'if wanted is found[0] and wanted["odd"] == "" and not others_serve:',
      to: "if True:",
      failing: "it is restored by itself, and by its snapshot's id",
    },
    {
      name: "beginning-is-not-saved",
      from: "    new = named - set(gateways_here())\n",
      to: "    new: set[str] = set()\n",
      failing: "gateways that have not begun here are in no snapshot",
    },
    {
      name: "beginning-can-ask",
      file: "components/gateway.ts",
      from: ", ...args.beforeAsked]",
      to: "]",
      test: "tests/components/backups.test.ts",
      failing: "a gateway goes into its role after what its repository is asked by",
    },
  ]),
  ...controlsOf({ threat: undefined, file: "tools/prune-backups.ts", test: damage }, [
    {
      name: "prune-reads-packs",
      from: "    checkShare(within);\n",
      to: "",
      failing: "stops where restic finds damage",
    },
    {
      name: "prune-looks-at-versions",
      from: "  checkVersions(remote);\n",
      to: "",
      failing: "stops where something was overwritten",
    },
  ]),
  ...controlsOf({ threat: undefined, file: "config-files/host/bin/backup_common.py", test: collects }, [
    {
      name: "backup-names-shown",
      from: "each if each.isprintable() else",
      to: "each if True else",
      failing: "shows none that a terminal would obey",
    },
    {
      name: "backup-sparse-files",
      from: "if self.claimed + size > self.size:",
      to: "if False:",
      failing: "leaves out what claims more than there is",
    },
    {
      name: "backup-bytes",
      from: "if self.written > self.size:",
      to: "if False:",
      failing: "stops at its limit of bytes",
    },
    {
      name: "backup-files",
      from: "if self.looked > self.files:",
      to: "if False:",
      failing: "stops at its limit of files",
    },
  ]),
  ...controlsOf({ threat: undefined, file: "config-files/host/bin/backup-collect", test: collects }, [
    {
      name: "backup-links",
      from: "state = os.lstat(name, dir_fd=opened)",
      to: "state = os.stat(name, dir_fd=opened)",
      failing: "takes no link, pipe or device",
    },
    {
      name: "backup-depth",
      from: "if depth >= DEEPEST:",
      to: "if False:",
      failing: "goes no deeper than 64",
    },
    {
      name: "backup-changed-behind",
      from: "if state.st_ctime_ns >= self.since and (",
      to: "if self.since == 0 and (",
      failing: "sees a change behind which size and time have been put back",
    },
    {
      name: "backup-hard-links",
      from: "if self.link(os.fstat(source), target):",
      to: "if False:",
      failing: "keeps hard links links",
    },
  ]),
  ...controlsOf({ threat: undefined, file: "config-files/host/bin/backup_restic.py", test: runs }, [
    {
      name: "backup-containers-rights",
      from: '"--cap-drop", "ALL",',
      to: "",
      failing: "copies databases, then files, without network or rights",
    },
    {
      name: "backup-by-the-proxy",
      from: '"--dns", "127.0.0.1"]',
      to: '"--dns", "1.1.1.1"]',
      failing: "restic reaches the egress proxy alone",
    },
  ]),
  ...controlsOf({ threat: undefined, file: "config-files/host/bin/backup-run", test: runs }, [
    {
      name: "backup-another-password",
      from: "if failure.code == ANOTHER_PASSWORD:",
      to: "if False:",
      failing: "makes a repository where there is none, and none over one that has another password",
    },
    {
      name: "backup-ping-secret",
      from: "container(NAME, words, PING_SECONDS, asked)",
      to: "container(NAME, [*words, asked], PING_SECONDS, asked)",
      failing: "the address is in no argument",
    },
  ]),
  ...controlsOf(
    {
      threat: undefined,
      file: "config-files/backups/egress.ts",
      test: "tests/components/backups.test.ts",
    },
    [
      {
        name: "backup-ssh-port-alone",
        from: "hosts: [host], port: repository.port",
        to: "hosts: [host]",
        failing: "lets that address through to that host alone",
      },
    ],
  ),
  ...controlsOf({ threat: undefined, file: "config-files/egress-proxy/squid-conf.ts", test: squid }, [
    {
      name: "egress-own-port-alone",
      from: 'own.length === 0 ? "" : ` ${port',
      to: 'own.length >= 0 ? "" : ` ${port',
      failing: "a port of its own is",
    },
  ]),
  ...controlsOf(
    {
      threat: undefined,
      file: "config-files/backups/storage.ts",
      test: "tests/config-files/backups/storage.test.ts",
    },
    [
      {
        name: "backup-policy-locks-alone",
        from: "Resource: [`${below}/locks/*`],",
        to: "Resource: [`${below}/*`],",
        failing: "a host's key, DeleteObject of",
      },
      {
        name: "backup-server-append-only",
        from: '  "--append-only",\n  "--private-repos",',
        to: '  "--private-repos",',
        failing: "restic's server only ever takes more",
      },
    ],
  ),
  ...controlsOf({ threat: undefined, file: "tools/prune/rule.ts", test: prunes }, [
    {
      name: "prune-by-arrival",
      from: "if (minutes > differenceMinutes)",
      to: "if (minutes < 0)",
      failing: "a time of its own in the past stops it",
    },
    {
      name: "prune-newest-old",
      from: "if (days <= oldestNewestDays)",
      to: "if (days >= 0)",
      failing: "a newest one that is old stops it",
    },
    {
      name: "prune-newest-small",
      from: "if (newest.size >= median * smallestShare)",
      to: "if (newest.size >= 0)",
      failing: "a newest one that is small stops it",
    },
  ]),
];
