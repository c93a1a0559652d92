/** Where a real server is harder than a rehearsal: the mends of docs/rehearsed.md that are in no other table, by its rows. */
import { controlsOf, type Control } from "../control";
import { traceControls } from "./traces";

const prepare = "config-files/host/bin/prepare-host";
const restarts = "tests/config-files/host/host-settings.docker.test.ts";
const nightly = "tests/config-files/host/upgrades.docker.test.ts";
const tune = "config-files/host/bin/tune-host";
const volume = "config-files/host/bin/mount-volume";
const upgrades = "config-files/host/apt/52clawkeep-upgrades";

const prepared = controlsOf(
  { threat: undefined, file: prepare, test: "tests/config-files/host/prepare-host.test.ts" },
  [
    // H1, H3, H4: what Debian's docker.io does not bring.
    {
      name: "host-docker-client",
      from: "docker                                                   $1\n",
      to: "",
      failing: "brings everything to a bare Debian 13",
    },
    {
      name: "host-buildx",
      from: "/usr/*/docker/cli-plugins/docker-buildx                  $2\n",
      to: "",
      failing: "brings everything to a bare Debian 13",
    },
    {
      name: "host-apparmor",
      from: "apparmor_parser                                          apparmor\n",
      to: "",
      failing: "brings everything to a bare Debian 13",
    },
    {
      name: "host-apparmor-asked-for",
      file: "tools/verify/host.ts",
      from: "if (open.length === 0 && lines.length > 0)",
      to: "if (open.length >= 0)",
      test: "tests/tools/verify/host-rows.test.ts",
      failing: "AppArmor falls short",
    },
    // H2: others use the package manager.
    {
      name: "host-apt-locks",
      from: '*"Could not get lock"* | *"Unable to acquire',
      to: '*"Unable to acquire',
      failing: "waits for whoever holds",
    },
    {
      name: "host-half-an-installation",
      from: '*"dpkg --configure -a"*)',
      to: '*"dpkg is well"*)',
      failing: "ends an installation that a power cut",
    },
    // H1: a Docker that is too old.
    {
      name: "host-docker-too-old",
      from: 'dpkg --compare-versions "$candidate" ge "$oldest" ||',
      to: 'dpkg --compare-versions "$candidate" ge 1 ||',
      failing: "refuses a Docker that is too old",
    },
    // Mounts that map owners, which every gateway needs.
    {
      name: "host-debian-12",
      from: "  look_at_mounts\n",
      to: "",
      failing: "refuses Debian 12, whose mounts",
    },
    // H5: Ubuntu's packages, and the client of Engine 29.
    {
      name: "host-ubuntu-client",
      from: 'if [ "${ID:-}" = ubuntu ]; then client=docker.io; fi\n',
      to: "",
      failing: "Ubuntu's docker.io holds the client",
    },
    {
      name: "host-stop-by-t",
      file: "config-files/host/bin/gateway-retire",
      from: 'docker("stop", "-t"',
      to: 'docker("stop", "--time"',
      test: "tests/config-files/host/scripts.test.ts",
      failing: "containers are stopped by -t",
    },
    // H9: Docker is stopped, and started.
    {
      name: "host-gateway-with-docker",
      file: "config-files/host/systemd/openclaw-gateway@.service",
      from: "WantedBy=multi-user.target docker.service",
      to: "WantedBy=multi-user.target",
      test: restarts,
      failing: "Docker and its socket are stopped and started",
    },
    {
      name: "host-docker-second-socket",
      file: "config-files/host/systemd/docker.socket.d/clawkeep.conf",
      from: "ListenStream=/run/clawkeep-docker/docker.sock",
      to: "",
      test: restarts,
      failing: "Docker is restarted",
    },
    // H10: nftables is restarted.
    {
      name: "host-docker-behind-nftables",
      file: "config-files/host/systemd/nftables.service.d/clawkeep-firewall.conf",
      from: "ExecStartPost=-systemctl try-restart docker.service\n",
      to: "",
      test: restarts,
      failing: "nftables is restarted",
    },
    // H12: nobody updates the host.
    {
      name: "host-security-origin",
      file: upgrades,
      from: '  "origin=Debian,codename=${distro_codename}-security,label=Debian-Security";\n',
      to: "",
      test: nightly,
      failing: "the night brings a fixed package",
    },
    {
      name: "host-old-daemon",
      file: upgrades,
      from: "/opt/openclaw/bin/host-upgrades after-dpkg || true",
      to: "true",
      test: nightly,
      failing: "the night brings a fixed package",
    },
    {
      name: "host-boot-names-what-is-not-back",
      file: "config-files/host/bin/host-boot",
      from: 'if by_docker and not other and not state["State"]["Running"]:',
      to: "if False:",
      test: restarts,
      failing: "names what is not back",
    },
    // The guide's step 13.3: the kernel's settings, and swap.
    {
      name: "host-settings-after-a-boot",
      file: tune,
      from: '[ "$last" = "$value" ] ||',
      to: '[ -n "$key" ] ||',
      test: restarts,
      failing: "or will be after a reboot",
    },
    {
      name: "host-swap-leaves-room",
      file: tune,
      from: '[ "$free" -ge $((mib + spare_mib)) ] ||',
      to: '[ "$mib" -ge 0 ] ||',
      test: restarts,
      failing: "makes no swap without room",
    },
    // The state's volume.
    {
      name: "volume-is-never-formatted-twice",
      file: volume,
      from: 'elif found.returncode != 0 or "TYPE=ext4" not in found.stdout.splitlines():',
      to: "elif found.returncode not in (0, 8):",
      test: "tests/config-files/host/mount-volume.docker.test.ts",
      failing: "refuses swap",
    },
    {
      name: "volume-has-grown",
      file: volume,
      from: 'if has + value("Blocks per group") * block <= size:',
      to: "if has < 0:",
      test: "tests/config-files/host/mount-volume.docker.test.ts",
      failing: "fails when the file system was not grown",
    },
    // H7: an operator's address is never shut out.
    {
      name: "sshd-admins-not-shut-out",
      file: "config-files/ssh/sshd-settings.ts",
      from: "...(adminCidrs === undefined ? [] :",
      to: "...(true ? [] :",
      test: "tests/components/host-baseline.test.ts",
      failing: "admin networks of the stack exempt",
    },
    // H13: open files.
    {
      name: "host-open-files",
      file: "config/container-shape.ts",
      from: '  ulimits: [{ name: "nofile", soft: openFiles, hard: openFiles }],\n',
      to: "",
      test: "tests/components/container-rules.test.ts",
      failing: "open files, and the daemon is asked",
    },
    // H14: a first boot that failed.
    {
      name: "host-first-boot-says-why",
      file: "config-files/host/bin/await-boot",
      from: "printf '%s\\n' \"$said\" >&2\n",
      to: "",
      test: "tests/config-files/host/await-boot.test.ts",
      failing: "and its own words",
    },
    // H15: the gateway of every server at Hetzner.
    {
      name: "host-hetzner-gateway",
      file: "config/cross-checks.ts",
      from: ".filter(([, cidr]) => overlap(cidr, `${hetznerGateway}/32`))",
      to: ".filter(() => false)",
      test: "tests/config/parse.test.ts",
      failing: "many wrong values are all reported at once",
    },
    // H15 on a host, and what else of its Docker is refused.
    {
      name: "host-docker-pool",
      file: "config-files/host/bin/daemon_json.py",
      from: "other = clash(route, pools)",
      to: "other = None",
      test: "tests/config-files/host/docker-settings.test.ts",
      failing: "refuses networks of ours, and the pool that Docker gets",
    },
    {
      name: "host-docker-live-restore",
      file: "config-files/host/bin/daemon_json.py",
      from: '    "live-restore": (True, "containers would end with every restart of the daemon"),\n',
      to: "",
      test: "tests/config-files/host/docker-settings.test.ts",
      failing: "says all at once",
    },
    {
      name: "host-service-memory",
      threat: "A gateway with its filter and sandboxes is one share",
      file: "config-files/host/bin/host-shares",
      from: "MemoryMax={limits['memoryMiB']}M\\n",
      to: "",
      test: "tests/config-files/host/host-shares.test.ts",
      failing: "writes the limits, has systemd load them",
    },
    {
      name: "gateway-shares-looked-at",
      threat: "A gateway with its filter and sandboxes is one share",
      file: "config-files/host/bin/host-shares",
      from: 'if os.path.basename(parent) != tenant["slice"]:',
      to: "if False:",
      test: "tests/config-files/host/host-shares.test.ts",
      failing: "tells that a sandbox has a share of its own",
    },
    {
      name: "gateway-slices-apart",
      threat: "A gateway with its filter and sandboxes is one share",
      file: "config/cgroups.ts",
      from: 'gateway.replaceAll("-", "_")',
      to: "gateway",
      test: "tests/config/cgroups.test.ts",
      failing: "none lies below another's",
    },
    {
      name: "verify-answer-cut-short",
      file: "tools/verify/docker.ts",
      from: "const daemon = `set -euo pipefail\n",
      to: "const daemon = `",
      test: "tests/tools/verify/docker-rows.test.ts",
      failing: "a program is missing: that is no proof",
    },
    // P15: a client, or limits, that the filter refuses.
    {
      name: "host-tools-proven",
      file: "components/gateway.ts",
      from: "dependsOn: [settled, toolsProven, ...needed, ...args.beforeAsked],",
      to: "dependsOn: [settled, ...needed, ...args.beforeAsked],",
      test: "tests/components/order.test.ts",
      failing: "has a sandbox made through its own filter",
    },
    // A turned gateway that stops whatever is started in its container.
    {
      name: "verify-turn-of-others",
      file: "tools/verify/row.ts",
      from: "Math.max(1, atOnce / 2)",
      to: "atOnce",
      test: "tests/tools/verify/patience.test.ts",
      failing: "a gateway that answers nothing takes nobody's turn",
    },
    {
      name: "verify-silent-gateway",
      file: "tools/verify/row.ts",
      from: "if (late) silent.add(group);",
      to: "",
      test: "tests/tools/verify/patience.test.ts",
      failing: "a gateway that answers nothing takes nobody's turn",
    },
    // H18: a gateway that grows until it is killed.
    {
      name: "host-gateway-restarts",
      file: "tools/verify/host.ts",
      from: "if (!(Number(starts) <= limits.restarts))",
      to: "if (starts === undefined)",
      test: "tests/tools/verify/host-rows.test.ts",
      failing: "again and again four times",
    },
  ],
);

export const hostControls: readonly Control[] = [...prepared, ...traceControls];
