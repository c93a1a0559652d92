/** What survives a power cut, and that a server which is about to go is brought to rest first. */
import { controlsOf, type Control } from "../control";

const bin = "config-files/host/bin";
const scripts = controlsOf(
  { threat: undefined, file: "", test: "tests/config-files/host/power-cut.docker.test.ts" },
  [
    {
      name: "put-file-content",
      file: `${bin}/common.py`,
      from: "        os.fsync(stream.fileno())\n",
      to: "",
      failing: "put-file: the new file",
    },
    {
      name: "put-file-name",
      file: `${bin}/common.py`,
      from: "    # The name is the directory's.\n    sync_directory(os.path.dirname(path))\n",
      to: "",
      failing: "put-file: the new file",
    },
    {
      name: "install-archive-names",
      file: `${bin}/install-archive`,
      from: '  sync -f "$directory"\n',
      to: "",
      failing: "install-archive: every file",
    },
    {
      name: "install-files-sync",
      file: `${bin}/install-files`,
      from: "    os.sync()\n",
      to: "",
      failing: "install-files: the revision",
    },
    {
      name: "egress-list-link",
      file: `${bin}/load-egress-list`,
      from: "    os.fsync(descriptor)\n",
      to: "",
      failing: "load-egress-list: the link",
    },
    {
      name: "snapshot-content",
      file: `${bin}/copies.py`,
      from: "        common.sync_file_system(draft)\n",
      to: "",
      failing: "gateway-snapshot: a copy",
    },
    {
      name: "snapshot-name",
      file: `${bin}/copies.py`,
      from: "        common.sync_directory(BACKUPS)\n",
      to: "",
      failing: "gateway-snapshot: a copy",
    },
    {
      name: "state-put-back",
      file: `${bin}/copies.py`,
      from: "    common.sync_file_system(place)\n",
      to: "",
      failing: "gateway-state: a copy of before",
    },
    {
      name: "swap-journal-name",
      file: `${bin}/common.py`,
      from: "        os.fsync(descriptor)\n",
      to: "        pass\n",
      failing: "gateway-swap: its journal",
    },
    {
      name: "images-unpacked",
      file: `${bin}/settle-container`,
      from: "    on_disk()\n",
      to: "",
      failing: "settle-container: what the daemon",
    },
    {
      name: "retired-gateway",
      file: `${bin}/gateway-retire`,
      from: "        common.sync_file_system(place)\n",
      to: "        pass\n",
      failing: "gateway-retire: the gateway stays",
    },
    {
      name: "firewall-unit-enabled",
      file: `${bin}/apply-firewall`,
      from: '    os.sync()\n    print("firewall is confirmed")\n',
      to: '    print("firewall is confirmed")\n',
      failing: "apply-firewall: what was confirmed",
    },
    {
      name: "sshd-settings-taken-back",
      file: `${bin}/secure-sshd`,
      from: '  sync "${dropin%/*}"\n',
      to: "",
      failing: "secure-sshd: settings that sshd refuses",
    },
  ],
);

const atRest = controlsOf(
  { threat: undefined, file: "components/hcloud-server.ts", test: "tests/components/options.test.ts" },
  [
    {
      name: "server-shut-down-with-it",
      from: "      replaceWith: [server],\n    });\n",
      to: "    });\n",
      failing: "shuts a server down before it is deleted or replaced",
    },
    {
      name: "server-shut-down-for-type",
      from: "      [host.serverType],\n",
      to: "",
      failing: "shuts a server down before it is deleted or replaced",
    },
    {
      name: "server-that-lets-nobody-in",
      file: "config-files/host/shut-down-server.sh",
      test: "tests/config-files/host/shut-down-server.test.ts",
      from: "      exit 1\n",
      to: "      exit 0\n",
      failing: "one that lets nobody in stays",
    },
    {
      name: "shut-down-drains",
      file: `${bin}/shut-down-host`,
      test: "tests/config-files/host/shut-down-host.docker.test.ts",
      from: "step 600 systemctl stop 'openclaw-gateway@*.service'\n",
      to: "",
      failing: "a power cut right after it",
    },
    {
      name: "shut-down-ends-containers",
      file: `${bin}/shut-down-host`,
      test: "tests/config-files/host/shut-down-host.docker.test.ts",
      from: "step 60 /opt/openclaw/bin/host-boot stop\n",
      to: "",
      failing: "an engine that keeps containers",
    },
    {
      name: "databases-synced",
      file: "config-files/gateway/Dockerfile",
      test: "tests/config-files/gateway/durable.docker.test.ts",
      from: "ENV NODE_OPTIONS=--require=/usr/local/lib/clawkeep/durable.cjs\n",
      to: "",
      failing: "synchronous = NORMAL",
    },
  ],
);

export const powerCutControls: readonly Control[] = [...scripts, ...atRest];
