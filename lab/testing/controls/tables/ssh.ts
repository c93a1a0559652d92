/** How the operator comes in: what is offered, what is looked at before, what stays as it is. */
import { controlsOf } from "../control";

const stand = "tests/config-files/host/secure-sshd.docker.test.ts";
const settings = "config-files/ssh/sshd-settings.ts";
const script = "config-files/host/bin/secure-sshd";

export const sshControls = controlsOf({ threat: undefined, file: settings, test: stand }, [
  {
    name: "ssh-keys-only",
    threat: "SSH takes keys only",
    from: '"PasswordAuthentication no"',
    to: '"PasswordAuthentication yes"',
    test: "tests/config-files/host/user-data.test.ts",
    failing: "lets root in by key only",
  },
  {
    name: "ssh-config-not-read",
    threat: "The operator's ssh config is not read",
    file: "config-files/ssh/client-options.ts",
    from: '"-F", "none", ',
    to: "",
    test: "tests/config-files/ssh/client-options.docker.test.ts",
    failing: "plays no part",
  },
  {
    name: "ssh-agent-not-handed-on",
    threat: "The operator's ssh config is not read",
    file: "config-files/ssh/client-options.ts",
    from: '"-F", "none", ',
    to: "",
    test: "tests/policy/rules.test.ts",
    failing: "keeps docker-host-key-checked",
  },
  {
    name: "ssh-logins-side-by-side",
    from: '"MaxStartups 128:30:256"',
    to: '"MaxStartups 10:30:100"',
    failing: "lets 64 logins be in progress side by side",
  },
  {
    name: "ssh-many-keys",
    file: "config/ssh-agent.ts",
    from: "  secured: 20,",
    to: "  secured: 6,",
    failing: "lets in an agent whose eighth key is the right one",
  },
  {
    name: "sshd-first",
    file: "components/host-baseline.ts",
    from: "hostUnitFiles() }, [sshd])",
    to: "hostUnitFiles() }, [tools])",
    test: "tests/components/host-baseline.test.ts",
    failing: "one after the other until then",
  },
  {
    name: "sshd-behind-a-socket",
    file: script,
    from: "if ! systemctl is-active --quiet ssh.socket; then",
    to: "if true; then",
    failing: "works as well, and the session",
  },
  {
    name: "sshd-says-whose-passwords",
    file: script,
    from: '[ -z "$opened" ] ||',
    to: "true ||",
    failing: "says who may have used one",
  },
  {
    name: "sshd-read-back",
    file: script,
    from: '[ "$found" = "$value" ] ||',
    to: "true ||",
    failing: "takes its change back when a file that comes last",
  },
  {
    name: "user-data-in-the-schema",
    file: "config-files/host/user-data.ts",
    from: "    ssh_deletekeys: true,\n",
    to: "    ssh_deletekeys: true,\n    ssh_genkeytypes: [],\n",
    failing: "cloud-init's own schema allows",
  },
  {
    name: "ssh-agent-place",
    file: "config/ssh-agent.ts",
    from: "if (place <= tries) return undefined;",
    to: "if (place > 0) return undefined;",
    test: "tests/config/ssh-agent.test.ts",
    failing: "will not",
  },
  {
    name: "ssh-agent-before-all",
    file: "config/load.ts",
    from: "  checkAgent(settings);\n",
    to: "",
    test: "tests/config/ssh-agent.test.ts",
    failing: "declares nothing in an up",
  },
  {
    name: "admins-by-ipv4",
    file: "config/host-schema.ts",
    from: 'list.some((each) => !each.includes(":"))',
    to: "true",
    test: "tests/config/parse.test.ts",
    failing: "only IPv6 may administer",
  },
]);
