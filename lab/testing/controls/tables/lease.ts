/** That a host which hears nobody stops by itself, and that a takeover leans on that where it may and waits for it. */
import { controlsOf } from "../control";

const guard = "config-files/host/bin/gateway-lease";
const againTest = "tests/config-files/host/gateway-lease-again.test.ts";
const guardTest = "tests/config-files/host/gateway-lease.test.ts";

const hostControls = controlsOf({ threat: undefined, file: guard, test: guardTest }, [
  {
    name: "lease-counts-sleep",
    file: "config-files/host/bin/lease.py",
    from: "time.clock_gettime(time.CLOCK_BOOTTIME)",
    to: "time.monotonic()",
    failing: "its clock counts what a host has slept",
  },
  {
    name: "lease-ends-at-another-name",
    from: 'self.state.update({"begun": None, "another": True,',
    to: 'self.state.update({"another": False,',
    failing: "another stack is named: gateways are killed at once",
  },
  {
    name: "lease-asks-in-time",
    from: "self.seconds / 4 if heard",
    to: "self.seconds * 4 if heard",
    failing: "asks four times in a lease or more",
  },
  {
    name: "lease-counts-from-the-question",
    from: 'self.state.update({"begun": began,',
    to: 'self.state.update({"begun": lease.boottime(),',
    failing: "counts from the question's beginning",
  },
  {
    name: "lease-ends-before-it-asks",
    from: "        if not self.fresh and not self.may_run():\n            self.end()\n",
    to: "",
    failing: "kills before it asks anybody",
  },
  {
    name: "lease-kills-without-docker",
    from: "        stop_orderly(names)\n        kill_all()\n",
    to: "        stop_orderly(names)\n",
    failing: "Docker and systemd hang",
  },
  {
    name: "lease-starts-what-may-serve",
    file: "config-files/host/bin/lease.py",
    from: 'if gateway.role != "active":',
    to: "if False:",
    failing: "but not what was fenced",
  },
  {
    name: "lease-starts-nothing-in-a-restore",
    file: "config-files/host/bin/lease.py",
    from: "        return False\n    try:",
    to: "        held = os.open(os.devnull, os.O_RDONLY)\n    try:",
    test: againTest,
    failing: "waits for a restore or a swap that is at work",
  },
  {
    name: "lease-kills-beside-a-full-run",
    from: '    except (OSError, Failed) as failure:\n        tell(f"{what}',
    to: '    except KeyError as failure:\n        tell(f"{what}',
    test: againTest,
    failing: "a /run that is full",
  },
  {
    name: "lease-kills-beside-a-hanging-disk",
    file: "config-files/host/bin/gateway_processes.py",
    from: "        self.thread.join(patience)",
    to: "        self.thread.join(20 * patience)",
    test: againTest,
    failing: "a disk that hangs",
  },
  {
    name: "lease-believes-no-failure",
    from: ' if answer.returncode == 0 else None\n        self.state["asked"]',
    to: '\n        self.state["asked"]',
    failing: "an error that quotes this stack",
  },
  {
    name: "lease-over-while-nobody-answers",
    file: "config-files/host/bin/active_record.py",
    from: '    if "lease" in wanted:\n        return lease.left(lease.read()) > 0\n    return common',
    to: "    return common",
    test: "tests/config-files/host/active-record.test.ts",
    failing: "holds while nobody answers as long as the lease",
  },
  {
    name: "lease-starts-nothing-unguarded",
    file: "config-files/host/bin/active_record.py",
    from: 'while "lease" in wanted and not lease.confirmed():',
    to: "while False:",
    test: "tests/config-files/host/active-record.test.ts",
    failing: "no gateway starts that nobody guards",
  },
]);

const takeoverControls = controlsOf(
  {
    threat: undefined,
    file: "tools/failover/lease.ts",
    test: "tests/tools/failover/lease.test.ts",
  },
  [
    {
      name: "takeover-waits-for-the-lease",
      file: "tools/failover/steps.ts",
      from: "  await world.wait(seconds);\n",
      to: "",
      test: "tests/tools/failover/steps.test.ts",
      failing: "is waited for after the epoch is taken",
    },
    {
      name: "takeover-waits-the-margin-too",
      file: "tools/failover/steps.ts",
      from: "const seconds = leaseSeconds + leaseMarginSeconds;",
      to: "const seconds = leaseSeconds;",
      test: "tests/tools/failover/steps.test.ts",
      failing: "is waited for after the epoch is taken",
    },
    {
      name: "takeover-lease-was-deployed",
      from: "  if (deployed !== wanted)\n",
      to: "  if (false)\n",
      failing: "the file alone has it",
    },
    {
      name: "takeover-lease-was-held",
      from: "else if (one.lease !== wanted)",
      to: "else if (false)",
      failing: "its host did not hold it",
    },
    {
      name: "takeover-lease-nobody-starts-meanwhile",
      from: "if (record.stack !== to && roles.some(",
      to: "if (false && roles.some(",
      failing: "would start by itself at once",
    },
  ],
);

export const leaseControls = [...hostControls, ...takeoverControls];
