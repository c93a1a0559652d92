// A stand-in VPS against the real engine: the promises that the rehearsal leans on. It begins bare.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addresses, network } from "../../../lab/internet/addresses";
import { prepareHostScript } from "../../../config-files/host/tools";
import { debianBase } from "../../../lab/images/debian";
import { labBaseRef } from "../../../lab/images/lab-base";
import { docker, inspect, labLabel } from "../../../lab/lib/docker";
import { attempt, run } from "../../../lab/lib/exec";
import { upDebian } from "../../../lab/internet/debian/debian";
import * as vps from "../../../lab/vps/stand-in";

const name = `test-${process.pid}`;
const container = `clawkeep-vps-${name}`;
const ipv4 = "103.22.206.201";
const friend = { name: `clawkeep-test-friend-${process.pid}`, ipv4: "103.22.206.202" };
const stranger = { name: `clawkeep-test-stranger-${process.pid}`, ipv4: "103.22.206.203" };
const volumeId = 9_000_000 + process.pid;
const lab = mkdtempSync(join(tmpdir(), "clawkeep-vps-test-"));
const identity = join(lab, "id");
const knownHosts = join(lab, "known_hosts");
let image: string;

jest.setTimeout(300_000);

beforeAll(async () => {
  process.env["CLAWKEEP_LAB"] = lab;
  await run(join(__dirname, "../../../lab/engine/up.sh"), []);
  image = await labBaseRef();
  for (const file of [identity, join(lab, "host")])
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]);
  const hostPublic = readFileSync(join(lab, "host.pub"), "utf8").trim();
  writeFileSync(knownHosts, `[${ipv4}]:9922 ${hostPublic}\n`);
  await vps.boot({
    name,
    ipv4,
    disk: "bare",
    memoryMiB: 1500,
    authorizedKeys: [readFileSync(`${identity}.pub`, "utf8").trim()],
    userData: `#cloud-config\n${JSON.stringify({
      ssh_keys: { ed25519_private: readFileSync(join(lab, "host"), "utf8"), ed25519_public: hostPublic },
      write_files: [{ path: "/etc/ssh/sshd_config.d/10-port.conf", content: "Port 9922\n" }],
      runcmd: ["touch /root/first-boot-done"],
    })}`,
  });
  for (const probe of [friend, stranger]) {
    await docker([
      ...["run", "--detach", "--init", "--name", probe.name, "--label", labLabel, "--network", network.name],
      ...["--ip", probe.ipv4, image, "sleep", "600"],
    ]);
  }
  await until("ssh with the pinned host key", async () => (await ssh("true")).code === 0);
});

afterAll(async () => {
  for (const probe of [friend, stranger]) await attempt("docker", ["rm", "-f", probe.name]);
  await vps.destroy(name);
  await vps.deleteVolume(volumeId);
  rmSync(lab, { recursive: true, force: true });
});

test("cloud-init did what user data says, and only the new port listens", async () => {
  await until("cloud-init", async () => (await inside("cloud-init status")).stdout.includes("status: done"));
  expect((await inside("ls /root/first-boot-done")).code).toBe(0);
  expect(await reaches(friend.name, 9922)).toBe(true);
  expect(await reaches(friend.name, 22)).toBe(false);
  expect((await inside("systemctl is-system-running --wait")).stdout.trim()).toBe("running");
});

test("it holds what the provider's image holds: no program of the product's, apt's timers, Debian's own sources", async () => {
  const absent = "docker dockerd nft jq curl ufw restic sqlite3 rsync git gpg cron lsof dig";
  expect((await inside(`for each in ${absent}; do command -v $each; done`)).stdout).toBe("");
  const wanted = readFileSync(join(__dirname, "../../../lab/vps/image/packages.txt"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const manual = (await must("apt-mark showmanual")).trim().split("\n");
  // The rest of what was asked for by name is the smallest Debian.
  const smallest = (await docker(["run", "--rm", await debianBase("trixie"), "apt-mark", "showmanual"]))
    .trim()
    .split("\n");
  expect(manual.filter((each) => !smallest.includes(each)).sort()).toEqual(wanted.sort());
  for (const timer of ["apt-daily", "apt-daily-upgrade"])
    expect(await must(`systemctl is-active ${timer}.timer`)).toBe("active\n");
  expect(await must("apt-config dump APT::Periodic::Unattended-Upgrade")).toContain('"1"');
  expect(await must("cat /etc/apt/mirrors/*")).toBe(
    "https://deb.debian.org/debian-security\nhttps://deb.debian.org/debian\n",
  );
  expect(await must("grep -rlE '^(deb|URIs)' /etc/apt")).toBe("/etc/apt/sources.list.d/debian.sources\n");
});

test("its apt works, and with the product's own preparation it runs containers", async () => {
  await upDebian();
  await must(`echo ${addresses.admin} deb.debian.org >>/etc/hosts`);
  await docker(["exec", "--interactive", container, "bash", "-s", "--", "1"], { input: prepareHostScript() });
  expect((await ssh("docker version")).code).toBe(0);
  // What stands before runc is not the package's to replace.
  await must("apt-get install -qq --reinstall runc 2>&1");
  expect(await must("readlink /usr/sbin/runc")).toBe("/usr/local/lib/stand-in/runc\n");
});

test("what it asks for a neighbour's reverse name is the name server, as for any other", async () => {
  expect(await must("resolvectl domain")).toContain("~103.in-addr.arpa");
});

test("kernel settings written inside are read back inside and leave the outer machine alone", async () => {
  const keys = ["vm.swappiness", "fs.inotify.max_user_watches", "kernel.pid_max"];
  const before = await run("sysctl", keys);
  for (const key of keys)
    expect((await inside(`sysctl -qw ${key}=65000 && sysctl -n ${key}`)).stdout.trim()).toBe("65000");
  expect((await inside("sysctl --system")).stdout).toContain("Applying");
  expect(await run("sysctl", keys)).toBe(before);
  expect(
    (await inside("sysctl -qw net.core.somaxconn=1024 && sysctl -n net.core.somaxconn")).stdout.trim(),
  ).toBe("1024");
});

test("swap is listed once switched on, and gone once off", async () => {
  await must("fallocate -l 16M /swapfile && chmod 600 /swapfile && mkswap -q /swapfile && swapon /swapfile");
  expect((await inside("swapon --show=NAME,SIZE --noheadings --raw")).stdout.trim()).toBe("/swapfile 16M");
  expect((await inside("swapon /swapfile")).code).not.toBe(0);
  await must("swapoff /swapfile && rm /swapfile");
  expect((await inside("swapon --show")).stdout).toBe("");
});

test("the server's own engine runs hardened containers and counts them below the server", async () => {
  const saved = `docker save ${image} | docker exec --interactive ${container} docker load`;
  await run("sh", ["-c", saved]);
  const flags = [
    "--read-only --cap-drop ALL --security-opt no-new-privileges --user 1000:1000 --memory 64m --pids-limit 32",
    "--ulimit nofile=1048576:1048576 --oom-score-adj -500 --tmpfs /tmp:size=1m,noexec --init --restart unless-stopped",
    "--publish 8080:8080",
  ].join(" ");
  const server = "require('http').createServer((q, r) => r.end('hello')).listen(8080)";
  await must(`docker run --detach --name web ${flags} ${image} node -e "${server}"`);
  expect((await inside("docker exec web cat /proc/self/status")).stdout).toMatch(
    /CapBnd:\s+0000000000000000\nCapAmb/,
  );
  const id = (await inside("docker inspect --format '{{.Id}}' web")).stdout.trim();
  const outer = await inspect("container", container, "{{.State.Pid}} {{.Id}}");
  const listed = await run("sh", ["-c", `find /sys/fs/cgroup -type d -name '*${id}*' | head -n 1`]);
  expect(listed).toContain(String(outer?.split(" ")[1]));
  const hungry = await inside(`docker run --rm ${image} node -e "Buffer.alloc(1.6e9, 1)"`);
  expect(hungry.code).toBe(137);
  await until("the published port", async () => reaches(friend.name, 8080));
});

test("the provider's firewall stops everybody it does not list, published ports included", async () => {
  await vps.setFirewall(name, [
    { protocol: "tcp", port: "9922", sourceIps: [`${friend.ipv4}/32`] },
    { protocol: "tcp", port: "8000-8100", sourceIps: [`${friend.ipv4}/32`, "2001:db8::/32"] },
  ]);
  expect(await reaches(friend.name, 9922)).toBe(true);
  expect(await reaches(friend.name, 8080)).toBe(true);
  expect(await reaches(stranger.name, 9922)).toBe(false);
  expect(await reaches(stranger.name, 8080)).toBe(false);
  expect((await ssh("true")).code).toBe(255);
  await vps.setFirewall(name, [{ protocol: "tcp", port: "9922", sourceIps: [`${addresses.admin}/32`] }]);
  expect((await ssh("true")).code).toBe(0);
  expect(await reaches(friend.name, 9922)).toBe(false);
});

test("a volume appears by its id, mounts without links, and grows", async () => {
  await vps.createVolume(volumeId, 1, "ext4");
  const device = await vps.attachVolume(name, volumeId, 1);
  expect(device).toBe(`/dev/disk/by-id/scsi-0HC_Volume_${volumeId}`);
  await must(
    `mkdir -p /srv/data && mount -o nosuid,nodev,nosymfollow ${device} /srv/data && echo kept >/srv/data/file`,
  );
  await must("ln -s file /srv/data/link && ! cat /srv/data/link");
  await must("truncate -s 16M /root/disk.img && mkfs.ext4 -q /root/disk.img && mkdir -p /mnt/disk");
  await must("mount -o loop,nosuid,nodev,nosymfollow /root/disk.img /mnt/disk && umount /mnt/disk");
  await vps.resizeVolume(volumeId, 2);
  // Growing it while mounted takes a right that the outer machine may not have.
  await must(`umount /srv/data && { e2fsck -fp ${device} || [ $? = 1 ]; } && resize2fs ${device}`);
  await must(
    `[ $(blockdev --getsize64 ${device}) = ${2 * 1024 ** 3} ] && mount ${device} /srv/data && grep kept /srv/data/file`,
  );
});

test("after a reboot from inside, firewall, volume, kernel settings and containers are back", async () => {
  const bootId = await must("cat /proc/sys/kernel/random/boot_id");
  await attempt("docker", ["exec", container, "systemctl", "reboot"]);
  await until("a new boot", async () => {
    const now = await inside("cat /proc/sys/kernel/random/boot_id");
    return now.code === 0 && now.stdout !== bootId;
  });
  expect(await reaches(friend.name, 9922)).toBe(false);
  await until("ssh", async () => (await ssh("true")).code === 0);
  await must(`mount /dev/disk/by-id/scsi-0HC_Volume_${volumeId} /srv/data && grep kept /srv/data/file`);
  await must("sysctl -qw vm.swappiness=10");
  await until("the container", async () =>
    (await inside("docker inspect -f {{.State.Running}} web")).stdout.includes("true"),
  );
  expect(await reaches(friend.name, 8080)).toBe(false);
});

test("switched off it stays off; switched on it is the same server", async () => {
  await attempt("docker", ["exec", container, "systemctl", "poweroff"]);
  await until("off", async () => (await inspect("container", container, "{{.State.Status}}")) === "exited");
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(await inspect("container", container, "{{.State.Status}}")).toBe("exited");
  await vps.power(name, "on");
  await until("ssh", async () => (await ssh("ls /root/first-boot-done")).code === 0);
  await vps.power(name, "off");
  expect(await inspect("container", container, "{{.State.Status}}")).toBe("exited");
  await vps.power(name, "on");
  await vps.detachVolume(name, volumeId);
  expect((await inside(`ls /dev/disk/by-id/scsi-0HC_Volume_${volumeId}`)).code).not.toBe(0);
});

async function ssh(command: string): ReturnType<typeof attempt> {
  const options = [
    "-i",
    identity,
    "-p",
    "9922",
    "-o",
    `UserKnownHostsFile=${knownHosts}`,
    "-o",
    "ConnectTimeout=2",
  ];
  const strict = [
    "-F",
    "none",
    "-o",
    "StrictHostKeyChecking=yes",
    "-o",
    "IdentitiesOnly=yes",
    "-o",
    "BatchMode=yes",
  ];
  return attempt("ssh", [...options, ...strict, `root@${ipv4}`, command]);
}

async function inside(command: string): ReturnType<typeof attempt> {
  return attempt("docker", ["exec", container, "sh", "-c", command]);
}

async function must(command: string): Promise<string> {
  return docker(["exec", container, "sh", "-ec", command]);
}

async function reaches(from: string, port: number): Promise<boolean> {
  const probe = `exec 3<>/dev/tcp/${ipv4}/${port}`;
  return (await attempt("docker", ["exec", from, "timeout", "1.5", "bash", "-c", probe])).code === 0;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited a minute for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
