/**
 * A host with nothing but what every Debian has, for prepare-host: bash, coreutils, grep, sed and awk in a root of their
 * own, and a package manager in small (bare-host/apt-get) that brings what the true packages hold.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

/** Distribution, package and path: of those that prepare-host asks for, what it finds them by. */
const packages = `
debian docker.io /usr/sbin/dockerd
debian docker-cli /usr/bin/docker
ubuntu docker.io /usr/sbin/dockerd
ubuntu docker.io /usr/bin/docker
any docker-buildx /usr/libexec/docker/cli-plugins/docker-buildx
any docker-ce /usr/bin/dockerd
any docker-ce-cli /usr/bin/docker
any docker-buildx-plugin /usr/libexec/docker/cli-plugins/docker-buildx
any apparmor /usr/sbin/apparmor_parser
any ca-certificates /etc/ssl/certs/ca-certificates.crt
any nftables /usr/sbin/nft
any python3 /usr/lib/python3.13/json/__init__.py
any e2fsprogs /usr/sbin/mkfs.ext4
any mount /usr/sbin/losetup
any procps /usr/sbin/sysctl
any iproute2 /usr/bin/ss
any openssh-client /usr/bin/ssh
any openssl /usr/bin/openssl
any unattended-upgrades /usr/bin/unattended-upgrade
any apt-listchanges /usr/bin/apt-listchanges
any systemd-timesyncd /usr/lib/systemd/systemd-timesyncd
any chrony /usr/sbin/chronyd
`;
const tools = `bash cat chmod date env grep head mawk mkdir readlink sed install sleep sort stat tail tr true wc`;
const script = join(__dirname, "..", "..", "..", "config-files", "host", "bin", "prepare-host");
const isRoot = process.getuid?.() === 0;
const own = [...(isRoot ? [] : ["--user", "--map-root-user"]), "--mount", "--propagation", "private"];

/** False where a root of one's own cannot be had, or its tools are elsewhere. */
const found = spawnSync("which", tools.split(" "), { encoding: "utf8" });
export const possible = spawnSync("unshare", [...own, "true"]).status === 0 && found.status === 0;

export interface BareHost {
  /** @default "debian" 13 */
  readonly release?: { readonly id: string; readonly version: string; readonly codename: string };
  /** Packages that are there before. */
  readonly has?: readonly string[];
  /** Version of dockerd, there or to be had. @default "26.1.5+dfsg1-9+deb13u1" */
  readonly docker?: string;
  /** Version of docker.io in the package lists, "(none)" where they lack it. @default that of `docker` */
  readonly candidate?: string;
  /** What apt-get answers to a call, by its number from 1 on or by its word. */
  readonly answers?: Readonly<Record<string, { readonly status: number; readonly text: string }>>;
  readonly memoryMiB?: number;
  /** What findmnt says of its release. @default "2.41" */
  readonly utilLinux?: string;
  /** @default "6.12.48+deb13-amd64" */
  readonly kernel?: string;
  /** Free on the disk that Docker's images are on. @default 20480 */
  readonly freeMiB?: number;
  /** Seconds that others' locks are waited for; a pressed machine takes some for one call. @default 20 */
  readonly patience?: number;
  /** Lines of Docker about containers that publish 443: name and mounts. Docker has to be there. */
  readonly published?: string;
  /** Files that are there before. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface Prepared {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Words that apt-get was called with, in order. */
  readonly calls: readonly string[];
  readonly installed: readonly string[];
}

/** Runs prepare-host `times` times on one such host, its text on standard input. @returns how each ended */
export function prepare(host: BareHost, neededMiB = 1000, times = 1, swapMiB = 0): Prepared[] {
  const root = mkdtempSync(join(tmpdir(), "clawkeep-bare-host-"));
  const text = readFileSync(script, "utf8").replace(/^patience=.*$/m, `patience=${host.patience ?? 20}`);
  try {
    build(root, host);
    if (host.has !== undefined)
      inside(root, "", `apt-get install --no-install-recommends ${host.has.join(" ")}`);
    return Array.from({ length: times }, () => inside(root, `${neededMiB} ${swapMiB}`, text));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Runs Bash text in the root, by its standard input. */
function inside(root: string, word: string, input: string): Prepared {
  writeFileSync(join(root, "calls"), "");
  const lines = (file: string): string[] =>
    readFileSync(join(root, file), "utf8").split("\n").filter(Boolean);
  const before = lines("installed").length;
  const text = `set -e; cd ${root}
for each in lib lib64 usr/lib64 usr/lib/x86_64-linux-gnu usr/lib/aarch64-linux-gnu; do
  if [ -d "/$each" ] && [ ! -L "/$each" ]; then mkdir -p $each; mount --rbind "/$each" $each; fi
done
mount --rbind /dev dev
exec chroot . /usr/bin/env -i PATH=/usr/bin /usr/bin/bash -s -- ${word}`;
  const { status, stdout, stderr } = spawnSync("unshare", [...own, "bash", "-c", text], {
    input,
    encoding: "utf8",
    timeout: 30_000,
  });
  return { status, stdout, stderr, calls: lines("calls"), installed: lines("installed").slice(before) };
}

function build(root: string, host: BareHost): void {
  const release = host.release ?? { id: "debian", version: "13", codename: "trixie" };
  const docker = host.docker ?? "26.1.5+dfsg1-9+deb13u1";
  const put = (path: string, text: string, mode = 0o755): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), mode);
  };
  mkdirSync(join(root, "usr/bin"), { recursive: true });
  for (const path of found.stdout.trim().split("\n"))
    copyFileSync(path, join(root, "usr/bin", basename(path)));
  copyFileSync(join(root, "usr/bin/mawk"), join(root, "usr/bin/awk"));
  // What is free is what the test says, in blocks of 4096.
  const free = `#!/bin/bash\nif [ "$1" = -f ]; then echo '${(host.freeMiB ?? 20480) * 256} * 4096'; else exec -a stat /usr/bin/stat.real "$@"; fi\n`;
  renameSync(join(root, "usr/bin/stat"), join(root, "usr/bin/stat.real"));
  put("usr/bin/stat", free);
  copyFileSync(join(__dirname, "bare-host", "apt-get"), join(root, "usr/bin/apt-get"));
  put(
    "etc/os-release",
    `ID=${release.id}\nVERSION_ID=${release.version}\nVERSION_CODENAME=${release.codename}\nPRETTY_NAME="${release.id} ${release.version}"\n`,
  );
  put("etc/passwd", "root:x:0:0::/root:/bin/bash\n");
  put("etc/group", "root:x:0:\n");
  put("packages", packages);
  put("installed", "");
  for (const [call, { status, text }] of Object.entries(host.answers ?? {}))
    put(`answers/${call}`, `${status}\n${text}\n`);
  put(
    "usr/bin/apt-cache",
    `#!/bin/bash\necho 'docker.io:'; echo '  Candidate: ${host.candidate ?? docker}'\n`,
  );
  put("usr/bin/dpkg-query", `#!/bin/bash\ngrep -qx "\${@: -1}" /installed && echo -n installed\n`);
  put(
    "usr/bin/dpkg",
    `#!/bin/bash
if [ "$1" = --configure ]; then
  # A configuration file was changed: it asks, unless it is told what to do.
  [[ " $* " = *" --force-confdef "* && " $* " = *" --force-confold "* ]] || { echo 'end of file on stdin at conffile prompt' >&2; exit 1; }
  echo configure >>/calls; exit
fi
[ "$(printf '%s\\n' "$4" "$2" | sort -V | head -1)" = "$4" ]\n`,
  );
  put("usr/bin/findmnt", `#!/bin/bash\necho 'findmnt from util-linux ${host.utilLinux ?? "2.41"}'\n`);
  put("proc/sys/kernel/osrelease", `${host.kernel ?? "6.12.48+deb13-amd64"}\n`);
  put("usr/bin/systemctl", "#!/bin/bash\n: >/run/docker.sock\n");
  for (const directory of ["dev", "run", "var/lib"]) mkdirSync(join(root, directory), { recursive: true });
  symlinkSync("/run", join(root, "var/run"));
  for (const link of ["bin", "lib", "lib64"])
    if (lstatSync(`/${link}`, { throwIfNoEntry: false })?.isSymbolicLink() === true)
      symlinkSync(`usr/${link}`, join(root, link));
  put("proc/meminfo", `MemTotal: ${(host.memoryMiB ?? 8192) * 1024} kB\n`);
  const published = host.published ?? "";
  put(
    "world/docker",
    `#!/bin/bash\ncase "$1 $4" in version*) echo 1.45 ;; "ps publish=443") printf '${published}' ;; esac\n`,
  );
  put("world/dockerd", `#!/bin/bash\necho 'Docker version ${docker}, build a72d7cd'\n`);
  for (const [path, text] of Object.entries(host.files ?? {})) put(path, text);
}
