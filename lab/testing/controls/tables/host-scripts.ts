/** What keeps whoever owns a gateway from keeping root waiting, and a change of a gateway from ending half way. */
import { controlsOf, type Control } from "../control";

const bin = "config-files/host/bin";
const copies = "Copies of its state keep holes";

export const hostScriptControls: readonly Control[] = controlsOf(
  { threat: copies, file: `${bin}/copy-state.mjs`, test: "tests/config-files/host/copy-state.test.ts" },
  [
    {
      name: "copy-depth",
      from: "if (depth > limits.depth || source.length > limits.path)",
      to: "if (depth < 0)",
      failing: "names what lies too deep",
    },
    {
      name: "copy-names",
      from: "if (++entries > limits.entries)",
      to: "if (++entries < 0)",
      failing: "names without end",
    },
    {
      name: "copy-set-uid",
      from: '(state.mode & 0o777) | (kind === "live" ? 0o600 : 0o400)',
      to: '(state.mode & 0o7777) | (kind === "live" ? 0o600 : 0o400)',
      failing: "neither set-uid bits",
    },
    {
      name: "copy-database-time",
      from: "timeout: left,",
      to: "",
      failing: "a database that takes too long",
    },
    {
      name: "copy-pipes",
      from: "?.isFile() === false)",
      to: "?.isFile() === undefined)",
      failing: "never waits for the other end of a pipe",
    },
    {
      name: "root-has-time-limits",
      threat: "Every command that root runs",
      file: `${bin}/common.py`,
      from: "        code = TOO_LATE\n",
      to: "        code = 0\n",
      test: "tests/config-files/host/scripts.test.ts",
      failing: "is killed with all that it has started",
    },
    {
      name: "swap-journal-before-deeds",
      threat: undefined,
      file: `${bin}/swap.py`,
      from: '            self.journal["state"] = state\n            self.save()\n            try',
      to: '            self.journal["state"] = state\n            try',
      test: "tests/config-files/host/gateway-swap.test.ts",
      failing: "comes to the same end wherever it is killed",
    },
    {
      name: "swap-half-restored",
      threat: undefined,
      file: `${bin}/swap.py`,
      from: 'if "aside" in self.journal or (wrote',
      to: "if (wrote",
      test: "tests/config-files/host/gateway-swap.test.ts",
      failing: "comes to the same end wherever it is killed",
    },
    {
      name: "restore-journal-before-deeds",
      threat: undefined,
      file: `${bin}/restoring.py`,
      from: '            self.gateway.write("restore", self.journal)\n            try',
      to: "            try",
      test: "tests/config-files/host/restoring.test.ts",
      failing: "comes to the same end wherever it is killed",
    },
    {
      name: "restore-takes-no-link",
      threat: "What comes back from a backup",
      file: `${bin}/backup_snapshots.py`,
      from: "    if odd:\n",
      to: "    if False:\n",
      test: "tests/config-files/host/backup-restore.test.ts",
      failing: "a link in the place of a folder is refused",
    },
    {
      name: "cold-restore-of-others",
      threat: undefined,
      file: `${bin}/backup-restore`,
      from: "    if cold:\n        found = of_before(order, found)\n",
      to: "",
      test: "tests/config-files/host/backup-restore.test.ts",
      failing: "what this host has saved since it began is of gateways that know nothing",
    },
    {
      name: "restore-needs-a-new-image",
      threat: undefined,
      file: `${bin}/backup_snapshots.py`,
      from: " or mine >= wanted:",
      to: " or True:",
      test: "tests/config-files/host/backup-restore.test.ts",
      failing: "is refused, and nothing is touched",
    },
    {
      name: "canary-has-the-shape",
      threat: undefined,
      file: "config/container-shape.ts",
      from: '["--cpus", inputs.cpus, "--pids-limit", String(limits.pids)]',
      to: '["--cpus", inputs.cpus]',
      test: "tests/components/order.test.ts",
      failing: "has a canary in the very shape",
    },
  ],
);
