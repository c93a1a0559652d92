/**
 * What the report takes of a host: this table and nothing else. Each fact is asked for by a line of shell and has a form;
 * what does not have it stays on the host. So a fact can hold no more than its form allows, whatever the host says.
 */

interface Fact {
  /** Prints words; what it complains of goes nowhere. Runs as root and changes nothing. */
  readonly ask: string;
  /** Of each word. */
  readonly form: RegExp;
}

const word = /^[A-Za-z0-9][A-Za-z0-9._+~-]{0,39}$/;
const version = /^(?:\d+:)?v?\d[A-Za-z0-9.+~-]{0,47}$/;
const number = /^\d{1,9}$/;
const yesNo = /^(?:yes|no)$/;

/** Whose archives a host may have by default; another one is counted and not named. */
const archives = [
  "deb.debian.org",
  "security.debian.org",
  "mirror.hetzner.com",
  "archive.ubuntu.com",
  "security.ubuntu.com",
  "ports.ubuntu.com",
  "download.docker.com",
  "mirror+file",
];

/** Packages whose versions decide how a host behaves here. */
const packages = [
  ...["docker.io", "docker-cli", "docker-buildx", "docker-ce", "docker-ce-cli", "docker-buildx-plugin"],
  ...[
    "containerd",
    "containerd.io",
    "runc",
    "apparmor",
    "nftables",
    "systemd",
    "openssh-server",
    "cloud-init",
  ],
  ...["unattended-upgrades", "chrony", "systemd-timesyncd"],
];

const docker = (format: string): string => `docker info --format '${format}'`;
const ifSo = (condition: string): string => `if ${condition}; then echo yes; else echo no; fi`;

export const facts = {
  os: { ask: `. /etc/os-release; echo "$ID" "$VERSION_ID" "$VERSION_CODENAME"`, form: word },
  kernel: { ask: "uname -r", form: version },
  architecture: { ask: "uname -m", form: word },
  virtualisation: { ask: "systemd-detect-virt", form: word },
  processors: { ask: "nproc", form: number },
  memoryMiB: { ask: `awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo`, form: number },
  swapMiB: { ask: `awk '/^SwapTotal:/ { print int($2 / 1024) }' /proc/meminfo`, form: number },
  cgroups: { ask: "stat -f -c %T /sys/fs/cgroup", form: /^(?:cgroup2fs|tmpfs)$/ },
  cgroupControllers: { ask: "cat /sys/fs/cgroup/cgroup.controllers", form: /^[a-z]{2,12}$/ },
  securityModules: { ask: "tr , ' ' </sys/kernel/security/lsm", form: /^[a-z]{2,12}$/ },
  apparmor: { ask: "cat /sys/module/apparmor/parameters/enabled", form: /^[YN]$/ },
  apparmorProfiles: { ask: "wc -l </sys/kernel/security/apparmor/profiles", form: number },
  apparmorParser: { ask: ifSo("[ -x /sbin/apparmor_parser ]"), form: yesNo },
  dockerVersions: {
    ask: `docker version --format '{{.Server.Version}} {{.Server.APIVersion}} {{.Server.MinAPIVersion}} {{.Client.Version}}'`,
    form: version,
  },
  dockerStorage: { ask: docker("{{.Driver}}"), form: word },
  dockerContainerdStore: {
    ask: ifSo(`${docker("{{.DriverStatus}}")} | grep -q io.containerd.snapshotter`),
    form: yesNo,
  },
  dockerCgroups: { ask: docker("{{.CgroupDriver}} {{.CgroupVersion}}"), form: /^(?:systemd|cgroupfs|[12])$/ },
  dockerSecurity: {
    ask: docker("{{range .SecurityOptions}}{{.}} {{end}}"),
    form: /^name=[a-z-]{2,20}(?:,profile=(?:builtin|default|unconfined))?$/,
  },
  dockerLogs: { ask: docker("{{.LoggingDriver}}"), form: /^[a-z-]{2,20}$/ },
  dockerRuntime: { ask: docker("{{.DefaultRuntime}}"), form: /^[a-z-]{2,20}$/ },
  dockerLiveRestore: { ask: docker("{{.LiveRestoreEnabled}}"), form: /^(?:true|false)$/ },
  dockerContainers: { ask: docker("{{.ContainersRunning}} {{.ContainersStopped}}"), form: number },
  /** As the kernel has them, SOFT:HARD of every process that a container began with. */
  openFiles: {
    ask: `docker ps --quiet | xargs -r docker inspect --format '{{.State.Pid}}' | while read -r pid; do awk '/^Max open files/ { print $4 ":" $5 }' "/proc/$pid/limits"; done | sort -u`,
    form: /^(?:\d{1,12}|unlimited):(?:\d{1,12}|unlimited)$/,
  },
  packages: {
    ask: `dpkg-query --show --showformat '\${db:Status-Abbrev}\${Package}=\${Version}\\n' ${packages.join(" ")} | sed -n 's/^ii *//p'`,
    form: new RegExp(
      `^(?:${packages.map((name) => name.replace(".", "\\.")).join("|")})=${version.source.slice(1)}`,
    ),
  },
  aptSources: {
    ask: `apt-get indextargets --format '$(SITE)|$(RELEASE)' 'Created-By: Packages' | sed -E 's#^[a-z+]+://([^/|]*)[^|]*#\\1#; s#^(mirror[+]file):[^|]*#\\1#; s#[|]#/#' | sort -u`,
    form: new RegExp(
      `^(?:${archives.map((name) => name.replaceAll(/[.+]/g, "\\$&")).join("|")})/[a-z]{2,20}(?:-[a-z]{2,20}){0,2}$`,
    ),
  },
  failedUnits: {
    ask: "systemctl list-units --failed --plain --no-legend --no-pager | awk '{ print $1 }'",
    form: /^[A-Za-z0-9@._\\:-]{1,80}$/,
  },
  systemState: { ask: "systemctl is-system-running", form: /^[a-z]{2,20}$/ },
  cloudInit: { ask: "cloud-init status | sed -n 's/^status: *//p'", form: /^[a-z]{2,20}$/ },
  timeSynchronized: { ask: "timedatectl show --property NTPSynchronized --value", form: yesNo },
  timeService: {
    ask: "for unit in chrony systemd-timesyncd ntpsec; do systemctl is-active --quiet $unit && echo $unit; done",
    form: /^[a-z-]{2,20}$/,
  },
  sshSocket: { ask: ifSo("systemctl is-active --quiet ssh.socket"), form: yesNo },
  rebootRequired: { ask: ifSo("[ -e /run/reboot-required ]"), form: yesNo },
  /** `TYPE=COUNT`, without what is mounted where. */
  mounts: {
    ask: `findmnt --raw --noheadings --output FSTYPE | sort | uniq -c | awk '{ print $2 "=" $1 }'`,
    form: /^[a-z0-9_.]{1,20}=\d{1,4}$/,
  },
  volume: {
    ask: "findmnt --noheadings --output FSTYPE --target /opt/openclaw/volume",
    form: /^[a-z0-9]{2,12}$/,
  },
  /** Hetzner's gateway of every server, which Docker's networks keep clear of. */
  providersGateway: { ask: ifSo(`ip route show default | grep -q 'via 172\\.31\\.1\\.1 '`), form: yesNo },
  globalIpv6: { ask: ifSo(`ip -6 address show scope global | grep -q inet6`), form: yesNo },
  resolver: { ask: ifSo(`grep -q '^nameserver 127\\.0\\.0\\.53' /etc/resolv.conf`), form: yesNo },
} as const satisfies Record<string, Fact>;

export type FactName = keyof typeof facts;
/** The words of each fact; empty where the host had no answer. `leftOut`: how many words had another form. */
export type HostFacts = Record<FactName, { readonly words: string[]; readonly leftOut?: number }>;

const entries = Object.entries(facts) as [FactName, Fact][];

/** Asks for everything at once; a line `NAME<tab>WORDS` for each fact. */
export const hostScript = entries
  .map(
    ([name, { ask }]) => `printf '%s\\t%s\\n' ${name} "$({ ${ask}\n} 2>/dev/null </dev/null | tr '\\n' ' ')"`,
  )
  .join("\n");

/** @param said what `hostScript` printed */
export function readFacts(said: string): HostFacts {
  const lines = new Map(
    said.split("\n").map((line): [string, string] => {
      const [name = "", ...rest] = line.split("\t");
      return [name, rest.join(" ")];
    }),
  );
  return Object.fromEntries(
    entries.map(([name, { form }]) => {
      const all = (lines.get(name) ?? "").split(/\s+/).filter((one) => one !== "");
      const words = all.filter((one) => form.test(one)).slice(0, 60);
      const leftOut = all.length - words.length;
      return [name, leftOut === 0 ? { words } : { words, leftOut }];
    }),
  ) as HostFacts;
}
