/** That one of the two stacks serves, and never both. */
import { controlsOf } from "../control";
import { leaseControls } from "./lease";

const host = "config-files/host/bin/active_record.py";
const highestTest = "tests/config-files/host/highest-epoch.test.ts";

const steps = "tools/failover/steps.ts";
const follow = "config-files/host/bin/backup-follow";
const onHost = "config-files/host/bin/host-failover";

/** Each of the steps of a takeover that keeps two from serving, or something from being lost. */
const takeoverControls = [
  ...controlsOf(
    {
      threat: undefined,
      file: "config-files/host/bin/backup-run",
      test: "tests/config-files/host/backup-run.test.ts",
    },
    [
      {
        name: "takeover-unserved-saves-nothing",
        from: "if unserved := [name for",
        to: "if unserved := [] and [name for",
        failing: "saves nothing of what a snapshot has put there",
      },
    ],
  ),
  ...controlsOf({ threat: undefined, file: steps, test: "tests/tools/failover/steps.test.ts" }, [
    {
      name: "takeover-fence-is-proven",
      from: 'does: ({ world, fence: how = "word" }) => world.prove(how),',
      to: 'does: () => Promise.resolve("proven"),',
      failing: "a fence that does not hold",
    },
    {
      name: "takeover-epoch-is-ones-own",
      from: "now?.epoch === wanted.epoch && now.stack === of.to && now.by === of.mark",
      to: "now?.epoch === wanted.epoch && now.stack === of.to",
      failing: "who comes second is told, for the same stack",
    },
    {
      name: "takeover-believes-no-older-list",
      from: "if (most !== undefined && contradicts(most, before))",
      to: "if (false)",
      failing: "a list that ends before what the standby's host has read",
    },
    {
      name: "takeover-planned-takes-the-last",
      from: 'world.restore(of.planned ? (saved ?? "newest") : undefined)',
      to: "world.restore(undefined)",
      failing: "planned takes the snapshot that was made last",
    },
    {
      name: "takeover-planned-is-the-hosts",
      from: "if (of.planned && run.before?.stack !== of.to)",
      to: "if (false)",
      failing: "planned, and the other does not answer",
    },
    {
      name: "takeover-word-is-asked-for",
      from: "  await world.fenceByWord();\n",
      to: "",
      failing: "does not say to be cut off",
    },
    {
      name: "takeover-holds-who-is-promoted",
      from: "  await world.hold();\n",
      to: "",
      failing: "has the role of before on its disk",
    },
    {
      name: "takeover-fence-holds-after-the-epoch",
      from: 'if (how === "host") await world.prove(how);',
      to: "",
      failing: "let in between the proof and the record",
    },
  ]),
  ...controlsOf({ threat: undefined, file: follow, test: "tests/config-files/host/backup-follow.test.ts" }, [
    {
      name: "follow-leaves-what-serves",
      from: "        if runs(gateway):\n",
      to: "        if False:\n",
      failing: "leaves a gateway alone",
    },
    {
      name: "follow-not-on-the-active-host",
      from: 'if record is None or record.stack == order["stack"]:',
      to: "if False:",
      failing: "does nothing on the host of the active stack",
    },
    {
      name: "follow-keeps-what-was-served",
      from: '"followed": before is not None,',
      to: '"followed": True,',
      failing: "keeps aside what was no snapshot's",
    },
    {
      name: "follow-spend-after-its-store",
      from: "    wait_for_accounts()\n    #",
      to: "    #",
      failing: "what was spent is put nowhere before",
    },
    {
      name: "follow-half-a-snapshot-starts-nothing",
      file: "config-files/host/bin/restoring.py",
      from: '            raise Failed("what was there was an earlier snapshot\'s; /opt/openclaw/bin/backup-follow puts one there again")',
      to: "            return",
      failing: "what is cut off, or fails, half way",
    },
  ]),
  ...controlsOf({ threat: undefined, file: onHost, test: "tests/config-files/host/host-failover.test.ts" }, [
    {
      name: "fence-writes-the-role",
      from: '        common.write(f"{gateway.home}/role", "standby\\n")\n',
      to: "        pass\n",
      failing: "fence: the filter closes first",
    },
    {
      name: "fence-keeps-what-waits-for-a-restore",
      from: "    if gateway.role != AWAITS_RESTORE:\n",
      to: "    if True:\n",
      failing: "fence: one that waits for a restore waits for it afterwards too",
    },
    {
      name: "fence-looks-at-the-container",
      from: '        if existing(each)["State"]["Running"]:\n',
      to: "        if False:\n",
      failing: "a gateway that does not stop is no fence",
    },
    {
      name: "fence-is-one-at-a-time",
      from: "held = common.lock(LOCK, seconds + SPARE_SECONDS)",
      to: 'held = os.open("/dev/null", os.O_RDONLY)',
      failing: "of two who fence at once",
    },
    {
      name: "serve-asks-the-record",
      from: "    if reason := active_record.stays_down(patience=0):\n        raise Failed(reason)\n",
      to: "",
      failing: "serve: by the container that is there",
    },
  ]),
  ...controlsOf(
    { threat: undefined, file: "tools/failover/hetzner.ts", test: "tests/tools/failover/hetzner.test.ts" },
    [
      {
        name: "takeover-fence-needs-a-server",
        from: "  if (server === undefined) return undefined;\n  if",
        to: "  if (server === undefined) return `there is no server ${name}`;\n  if",
        failing: "is not taken for a fenced one",
      },
      {
        name: "fence-hetzner-is-seen-off",
        from: 'if (server.status !== "off") throw new Error(`Hetzner says that the server ${name} is ${server.status}`);',
        to: "",
        failing: "a server is off, seen to be off",
      },
    ],
  ),
  ...controlsOf(
    {
      threat: undefined,
      file: "config-files/host/bin/backup-run",
      test: "tests/config-files/host/backup-run.test.ts",
    },
    [
      {
        name: "replaced-stack-saves-nothing",
        from: "    if record.stack != stack:\n",
        to: "    if False:\n",
        failing: "a host whose stack was replaced makes no snapshot",
      },
    ],
  ),
];

const recordControls = controlsOf(
  { threat: undefined, file: host, test: "tests/config-files/host/active-record.test.ts" },
  [
    {
      name: "record-names-another",
      from: 'if record.stack != wanted["stack"]:',
      to: "if False:",
      failing: "another stack there, or nobody",
    },
    {
      name: "record-highest-epoch",
      from: "return max(found, default=None)",
      to: "return found[0] if found else None",
      failing: "the highest epoch counts",
    },
    {
      name: "record-certificate",
      from: "trusted = ssl.create_default_context()",
      to: "trusted = ssl._create_unverified_context()",
      failing: "no certificate of an authority",
    },
    {
      name: "record-points-elsewhere",
      from: ",\n                                             _NoRedirect)",
      to: ")",
      failing: "only points elsewhere",
    },
    {
      name: "record-unreadable-at-a-boot",
      from: "    return common.read(READ) is not None\n",
      to: "    return True\n",
      failing: "unreadable at a boot",
    },
    {
      name: "record-forgotten-when-lost",
      from: "for path in (READ, ANYWAY):",
      to: "for path in (ANYWAY,):",
      test: highestTest,
      failing: "keeps it down, and ends what was read since the boot",
    },
    {
      name: "record-ends-the-operators-word",
      from: "for path in (READ, ANYWAY):",
      to: "for path in (READ,):",
      test: highestTest,
      failing: "which ends when another stack is read",
    },
    {
      name: "record-older-list",
      from: "        raise Disbelieved(why)\n",
      to: "        pass\n",
      test: highestTest,
      failing: "is not believed",
    },
    {
      name: "record-older-list-lease",
      from: 'if why := highest_epoch.doubts(wanted["hostname"], wanted["stack"], record):',
      to: "if False:",
      test: "tests/config-files/host/gateway-lease.test.ts",
      failing: "an older list that names",
    },
    {
      name: "record-lost-while-nobody-answers",
      from: 'if known is not None and known.stack != wanted["stack"]:',
      to: "if False:",
      test: highestTest,
      failing: "whoever has read another stack's epoch",
    },
    ...controlsOf({ threat: undefined, file: "config-files/host/bin/highest_epoch.py", test: highestTest }, [
      {
        name: "record-changed-epoch",
        from: "record.epoch > seen.epoch or record == seen",
        to: "record.epoch >= seen.epoch",
        failing: "gives the same epoch to another stack",
      },
      {
        name: "record-slower-reader",
        from: "            if why := _contradiction(hostname, record, read(hostname)):\n                return why\n",
        to: "",
        failing: "who reads at the same time",
      },
      {
        name: "record-damaged-memory",
        from: "        raise _damaged(str(error)) from error",
        to: "        return {}",
        failing: "no list is believed that would start something",
      },
      {
        name: "record-damaged-memory-of-another",
        from: "if record is None or record.stack == stack:",
        to: "if True:",
        failing: "another stack's name keeps everything down",
      },
      {
        name: "record-beside-a-full-disk",
        from: "    except (OSError, Failed) as failure:\n",
        to: "    except KeyError as failure:\n",
        failing: "the assistant serves all the same",
      },
    ]),
    {
      name: "record-before-an-up",
      file: "config/active-record.ts",
      from: 'if ((record.stack === stack) === (role === "active")) return { agrees: true };',
      to: "return { agrees: true };",
      test: "tests/config/active-stack.test.ts",
      failing: "roles changed by hand",
    },
    {
      name: "record-unread-is-not-nobody",
      file: "config/active-stack.ts",
      from: "throw new Error(`Cloudflare cannot be asked which stack is the active one: ${reply.silent}`);",
      to: "return undefined;",
      test: "tests/config/active-stack.test.ts",
      failing: "never taken for nobody",
    },
  ],
);

export const failoverControls = [...recordControls, ...takeoverControls, ...leaseControls];
