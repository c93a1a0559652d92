/** prepare-host on hosts with nothing, with something, and with what cannot work. */
import { tiers, memoryBudget } from "../../../config/tiers";
import { possible, prepare, type BareHost, type Prepared } from "./bare-host";

const { totalMiB } = memoryBudget(tiers.starter, 1);
const once = (host: BareHost = {}, needed?: number): Prepared => {
  const [outcome] = prepare(host, needed);
  if (outcome === undefined) throw new Error("it has not run");
  return outcome;
};
const ubuntu = { id: "ubuntu", version: "24.04", codename: "noble" };
const bookworm = { id: "debian", version: "12", codename: "bookworm" };
const jammy = { id: "ubuntu", version: "22.04", codename: "jammy" };
const locked = (lock: string) => ({
  status: 100,
  text: `E: Could not get lock ${lock}. It is held by process 812 (apt-get)`,
});
/** Nothing was installed, and no directory made. */
const refused = ({ status, stdout, installed }: Prepared) => ({ status, stdout, installed });
const untouched = { status: 1, stdout: "", installed: [] };

(possible ? describe : describe.skip)("prepare-host", () => {
  it("brings everything to a bare Debian 13, and asks no package manager the second time", () => {
    const [first, second] = prepare({}, 1000, 2);
    expect(first).toMatchObject({ status: 0, stdout: "0\n", calls: ["update", "install"] });
    expect(first?.installed).toEqual(
      expect.arrayContaining(["docker.io", "docker-cli", "docker-buildx", "apparmor"]),
    );
    expect(second).toMatchObject({ status: 0, stdout: "0\n", calls: [], installed: [] });
  });

  it("knows that Ubuntu's docker.io holds the client", () => {
    const { status, installed } = once({ release: ubuntu, docker: "29.1.3-0ubuntu3~24.04.1" });
    expect([status, installed.includes("docker-cli")]).toEqual([0, false]);
  });

  it("adds to what is there: Docker's own packages, another time service", () => {
    const { status, installed } = once({ has: ["docker-ce", "docker-ce-cli", "chrony"], docker: "29.2.0" });
    expect(status).toBe(0);
    expect(installed).toContain("docker-buildx-plugin");
    expect(installed.filter((name) => /^docker\.io|^docker-(cli|buildx|ce)$|timesyncd/.test(name))).toEqual(
      [],
    );
  });

  it.each(["/var/lib/apt/lists/lock", "/var/cache/apt/archives/lock", "/var/lib/dpkg/lock-frontend"])(
    "waits for whoever holds %s",
    (lock) => {
      const { status, stderr, calls } = once({ answers: { 1: locked(lock) } });
      expect([status, calls]).toEqual([0, ["update", "update", "install"]]);
      expect(stderr).toContain(`(apt says: Could not get lock ${lock}. It is held by process 812 (apt-get))`);
    },
  );

  it("waits before the installation too, and not for ever", () => {
    expect(once({ answers: { 2: locked("/var/lib/dpkg/lock-frontend") } })).toMatchObject({
      status: 0,
      calls: ["update", "install", "install"],
    });
    const { status, stderr } = once({ answers: { update: locked("/var/lib/apt/lists/lock") }, patience: 1 });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /others have used the package manager for 1 s \(apt says: .* process 812 \(apt-get\)\): look at that/,
    );
  });

  it("ends an installation that a power cut has left half done", () => {
    const text =
      "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem.";
    const { status, calls } = once({ answers: { 2: { status: 100, text } } });
    expect([status, calls]).toEqual([0, ["update", "install", "configure", "install"]]);
  });

  it.each([
    [
      "E: Release file for http://m/debian/InRelease is expired (invalid since 3d). Updates will not be applied.",
      /have expired: the mirror is stale, or the host's clock .* is wrong \(apt says: E: Release file/,
    ],
    [
      "E: Release file for http://m/debian/InRelease is not valid yet (invalid for another 2h)",
      /clock \(.*\) is wrong/,
    ],
    ["E: The repository 'http://m trixie InRelease' is not signed.", /not signed by a key/],
    ["E: something else", /apt has failed \(apt says: E: something else\)/],
  ])("says in one sentence what is wrong with a mirror: %s", (text, sentence) => {
    const outcome = once({ answers: { update: { status: 100, text } } });
    expect(refused(outcome)).toEqual(untouched);
    expect(outcome.stderr).toMatch(sentence);
  });

  it.each([
    ["Temporary failure resolving 'deb.debian.org'", "does not resolve"],
    ["Could not connect to m:80 (192.0.2.1), connection timed out", "does not answer"],
  ])("finds a host without a network, which is a warning to apt: %s", (problem, sentence) => {
    const text = `W: Failed to fetch http://m/debian/dists/trixie/InRelease  ${problem}`;
    const outcome = once({ candidate: "(none)", answers: { update: { status: 0, text } } });
    expect(refused(outcome)).toEqual(untouched);
    expect(outcome.stderr).toContain(sentence);
  });

  it.each([
    [
      "that is there",
      { has: ["docker.io"] },
      /this host has Docker 20, and 25 or newer is needed\. Nothing was changed/,
    ],
    ["that is to be had", {}, /the newest docker.io of this host's package sources is 20\.10\.24\+dfsg1/],
  ])(
    "refuses a Docker that is too old, %s, before anything is installed, with the commands that mend it",
    (_, more, sentence) => {
      const outcome = once({ docker: "20.10.24+dfsg1-1+deb12u1", ...more });
      expect(refused(outcome)).toEqual(untouched);
      expect(outcome.stderr).toMatch(sentence);
      expect(outcome.stderr).toContain("9DC8 5822 9FC7 DD38 854A E2D8 8D81 803C 0EBF CD88");
      expect(outcome.stderr).toContain("https://download.docker.com/linux/debian trixie stable");
    },
  );

  // As mount says it there: apt-cache madison util-linux.
  it.each([
    ["Debian 12", { release: bookworm, utilLinux: "2.38.1" }, /\(debian 12\) has .* util-linux 2\.38\.1; /],
    [
      "Ubuntu 22.04",
      { release: jammy, utilLinux: "2.37.2" },
      /\(ubuntu 22\.04\) has .* util-linux 2\.37\.2; /,
    ],
    [
      "an old kernel",
      { kernel: "5.4.0-216-generic" },
      /has Linux 5\.4\.0-216-generic and util-linux 2\.41; /,
    ],
    ["one that does not say it", { utilLinux: "?" }, /util-linux unknown; /],
  ])("refuses %s, whose mounts map no owners, with Docker's own packages too", (_, more, sentence) => {
    const has = ["docker-ce", "docker-ce-cli", "docker-buildx-plugin"];
    for (const host of [more, { ...more, has, docker: "28.5.2" }]) {
      const outcome = once(host);
      expect(refused(outcome)).toEqual(untouched);
      expect(outcome.stderr).toMatch(sentence);
      expect(outcome.stderr).toMatch(
        /Debian 13 and Ubuntu 24\.04 have them.* take another.* Nothing was changed/,
      );
    }
  });

  it.each([
    ["2.39", "5.12.0"],
    ["2.39.3", "6.8.0-90-generic"],
    ["2.41", "6.12.48+deb13-amd64"],
  ])("takes util-linux %s with Linux %s", (utilLinux, kernel) => {
    expect(once({ utilLinux, kernel }).status).toBe(0);
  });

  it("installs nothing on a distribution that it does not know, and names what is missing", () => {
    const outcome = once({ release: { id: "fedora", version: "43", codename: "" } });
    expect(refused(outcome)).toEqual(untouched);
    expect(outcome.stderr).toMatch(
      /this host \(fedora 43\) lacks docker\.io docker-cli .*; packages are installed on Debian and Ubuntu only/,
    );
  });

  it("refuses Docker as a snap", () => {
    const outcome = once({ release: ubuntu, files: { "snap/bin/docker": "" } });
    expect(refused(outcome)).toEqual(untouched);
    expect(outcome.stderr).toContain("snap remove docker");
  });

  describe("room for the images", () => {
    it("is asked for with that of the swap file, before anything is installed", () => {
      const [outcome] = prepare({ freeMiB: 10000 }, 1000, 1, 4096);
      expect(outcome === undefined ? undefined : refused(outcome)).toEqual(untouched);
      expect(outcome?.stderr).toContain(
        "the disk of /var/lib/docker has 10000 MiB free, and 12288 MiB are needed: 8192 for the images, 4096 for the swap file (clawkeep:host.swapMiB).",
      );
      expect(once({ freeMiB: 10000 }).status).toBe(0);
    });

    it("needs none of a swap file where the host has swap of its own", () => {
      const swaps = "Filename Type Size Used Priority\n/dev/vda2 partition 2097148 0 -2\n";
      expect(prepare({ freeMiB: 10000, files: { "proc/swaps": swaps } }, 1000, 1, 4096)[0]?.status).toBe(0);
    });

    it("is not asked of a host that has been through this: full, it still has to be mended", () => {
      const files = { "opt/openclaw/bin/pull-image": "" };
      expect(once({ freeMiB: 100, files }).status).toBe(0);
      expect(once({ freeMiB: 100 }).status).toBe(1);
    });
  });

  describe("port 443", () => {
    const header =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
    const line = (local: string, state: string) =>
      `   0: ${local} 00000000:0000 ${state} 00000000:00000000\n`;
    const ss = (users: string) => `#!/bin/bash
[ "$*" = "-Hltnp sport = :443" ] || exit 9
echo 'LISTEN 0 511 0.0.0.0:443 0.0.0.0:* users:(${users})'\n`;
    const table = { "proc/net/tcp": `${header}${line("00000000:01BB", "0A")}` };
    const docker = ["docker.io", "docker-cli", "docker-buildx"];

    it.each([
      ["a program", {}, /taken by another program: stop that/],
      [
        "a program that ss names",
        { "usr/bin/ss": ss('("nginx",pid=812,fd=6),("nginx",pid=813,fd=6)') },
        /taken by nginx \(process 812\), nginx \(process 813\): stop that .* Nothing was changed/,
      ],
      [
        "one that takes IPv6 alone",
        { "proc/net/tcp": header, "proc/net/tcp6": line(`${"0".repeat(32)}:01BB`, "0A") },
        /taken by/,
      ],
    ])("that %s has is refused before anything is installed", (_, files, sentence) => {
      const outcome = once({ files: { ...table, ...files } });
      expect(refused(outcome)).toEqual(untouched);
      expect(outcome.stderr).toMatch(sentence);
    });

    it("that another container publishes is refused, also where nothing listens for it", () => {
      for (const files of [{}, table]) {
        const outcome = once({ has: docker, published: "traefik /srv/traefik\n", files });
        expect(refused(outcome)).toEqual(untouched);
        expect(outcome.stderr).toContain("taken by the container traefik:");
      }
    });

    it.each([
      [
        "our own Caddy",
        "openclaw-caddy /opt/openclaw/config/reverse-proxy/0123456789ab,/opt/openclaw/secrets/x\n",
      ],
      [
        "one of ours that was renamed",
        "old /opt/openclaw/secrets/x,/opt/openclaw/config/reverse-proxy/0123456789ab\n",
      ],
    ])("that %s has is as it has to be", (_, published) => {
      const files = { ...table, "usr/bin/ss": ss('("docker-proxy",pid=900,fd=4)') };
      expect(once({ has: docker, published, files }).status).toBe(0);
    });

    it("is free where others only talk to it, or listen elsewhere", () => {
      const elsewhere =
        line("00000000:1BB0", "0A") + line("0100007F:01BB", "01") + line("0100007F:D431", "0A");
      expect(once({ files: { "proc/net/tcp": header + elsewhere } }).status).toBe(0);
    });
  });

  it("refuses a root whose shell prints by itself, before anything is made", () => {
    const passwd = "root:x:0:0::/root:/usr/bin/loud\n";
    const loud = { "etc/passwd": passwd, "usr/bin/loud": "#!/bin/bash\necho welcome back\n" };
    const outcome = once({ files: loud });
    expect(refused(outcome)).toEqual(untouched);
    expect(outcome.stderr).toMatch(
      /^prepare-host: \/usr\/bin\/loud, root's shell, prints by itself: "welcome back"\..* \/root\/\.bashrc/,
    );
    expect(once({ files: { ...loud, "usr/bin/loud": "#!/bin/bash\necho hush >&2\n" } }).status).toBe(0);
  });

  it("refuses a host with less memory than is needed, with both numbers, before anything is made", () => {
    const outcome = once({ memoryMiB: 7400 }, totalMiB);
    expect(refused(outcome)).toEqual(untouched);
    expect(outcome.stderr).toContain(
      `this host has 7400 MiB (MemTotal), and what is to run on it needs ${totalMiB} MiB`,
    );
    expect(outcome.stderr).toMatch(/memoryMiB is the memory that a host is sold with .* gives it no more/);
  });

  it.each([7.6, 7.9])("takes a host of 8 GB, which shows %d GiB", (shown) => {
    expect(once({ memoryMiB: Math.floor(shown * 1024) }, totalMiB).status).toBe(0);
  });

  it("refuses a host of 8 GB for two gateways", () => {
    expect(once({}, memoryBudget(tiers.starter, 2).totalMiB).status).toBe(1);
  });
});
