/** Secrets, and what outlives a mistake. */
import { controlsOf, type Control } from "../control";

const marked = "Every secret is encrypted in stack file and state";
const onStdin = "Secrets travel on standard input";
const secrets = "tests/components/secrets.test.ts";
const rules = "tests/policy/rules.test.ts";

export const secretControls: readonly Control[] = [
  ...controlsOf({ threat: marked, file: "config/load.ts", test: secrets }, [
    {
      name: "secret-marks",
      from: "own.requireSecret(rule.key)",
      to: "pulumi.output(own.require(rule.key))",
      failing: "shows no secret, configured or generated",
    },
    {
      name: "secret-output-marks",
      file: "index.ts",
      from: "litellmMasterKey = litellm.masterKey",
      to: "litellmMasterKey = pulumi.unsecret(litellm.masterKey)",
      test: "tests/components/program.test.ts",
      failing: "are those of the README, the secret ones marked",
    },
    {
      name: "secret-host-key",
      file: "components/hcloud-server.ts",
      from: "userData: pulumi.secret(hostKey",
      to: "userData: pulumi.unsecret(hostKey",
      failing: "shows no secret, configured or generated",
    },
    {
      name: "secret-kept-from-previews",
      threat: onStdin,
      file: "components/host.ts",
      from: 'logging: "stderr", ...inputs',
      to: 'logging: "stdoutAndStderr", ...inputs',
      failing: "prints nothing of a command that is given a secret",
    },
    {
      name: "secret-on-stdin",
      threat: onStdin,
      file: "components/host.ts",
      from: "      create: `${toolDirectory}/install-files`,\n",
      to: "      create: pulumi.interpolate`echo ${order} | ${toolDirectory}/install-files`,\n",
      failing: "gives secrets to commands on standard input only",
    },
    {
      name: "secret-file-mode",
      threat: onStdin,
      file: "components/host.ts",
      from: '        fileMode: "0400",\n',
      to: '        fileMode: "0444",\n',
      failing: "gives a bot's token to the relay alone",
    },
    {
      name: "secret-file-mark",
      file: "components/host.ts",
      from: "content: pulumi.secret(file.content) }",
      to: "content: pulumi.unsecret(pulumi.output(file.content)) }",
      failing: "shows no secret, configured or generated",
    },
    {
      name: "bot-token-kept-from-gateway",
      threat: "The token is in one file that the relay's uid",
      file: "components/gateway.ts",
      from: ".apply(placeholderToken)",
      to: "",
      failing: "gives a bot's token to the relay alone",
    },
  ]),
  ...controlsOf(
    {
      threat: onStdin,
      file: "config-files/host/bin/install-files",
      test: "tests/config-files/host/install-files.test.ts",
    },
    [
      {
        name: "files-owner-and-mode",
        file: "config-files/host/bin/common.py",
        from: "        os.fchmod(stream.fileno(), mode)\n",
        to: "        os.fchmod(stream.fileno(), 0o644)\n",
        failing: "writes a revision, owned by who reads it",
      },
      {
        name: "files-plain-names",
        threat: "Root on the host never works below",
        from: '        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", entry["path"]):\n',
        to: "        if False:\n",
        failing: "refuses a file name",
      },
      {
        name: "files-no-links",
        threat: "Root on the host never works below",
        file: "config-files/host/bin/common.py",
        from: "os.O_TRUNC | os.O_NOFOLLOW,",
        to: "os.O_TRUNC,",
        failing: "follows no link that lies where it writes",
      },
    ],
  ),
  ...controlsOf(
    { threat: "The host key is checked from the first connection", file: "components/host.ts", test: rules },
    [
      {
        name: "host-key-of-docker",
        file: "config-files/ssh/client-options.ts",
        from: '"StrictHostKeyChecking=yes"',
        to: '"StrictHostKeyChecking=no"',
        failing: "keeps docker-host-key-checked",
      },
      {
        name: "host-key-of-commands",
        from: "    hostKey: address.hostKey,\n",
        to: "",
        failing: "keeps command-host-key-checked",
      },
    ],
  ),
  ...controlsOf(
    { threat: undefined, file: "components/hcloud-server.ts", test: "tests/components/options.test.ts" },
    [
      {
        name: "protect-address",
        from: '{ ...createOptions, protect: true, ignoreChanges: ["assigneeType"] }',
        to: '{ ...createOptions, ignoreChanges: ["assigneeType"] }',
        failing: "protects state and address",
      },
      {
        name: "protect-volume",
        from: '{ ...options, protect: true, ignoreChanges: ["format"] }',
        to: '{ ...options, ignoreChanges: ["format"] }',
        failing: "protects state and address",
      },
      {
        name: "protect-record",
        file: "components/public-record.ts",
        from: "protect: true, retainOnDelete: true",
        to: "retainOnDelete: true",
        test: rules,
        failing: "keeps record-protected",
      },
      {
        name: "record-left-to-who-adopts-it",
        file: "components/public-record.ts",
        from: "protect: true, retainOnDelete: true",
        to: "protect: true",
        failing: "every use of a resource option is in the table",
      },
      {
        name: "replaced-with-its-server",
        file: "components/hcloud-server.ts",
        from: "{ replaceWith: [server], deletedWith: instance }",
        to: "{ replaceWith: [], deletedWith: instance }",
        failing: "binds everything on the server to it",
      },
    ],
  ),
];
