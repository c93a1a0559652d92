/** Docker's settings, kernel settings and swap of a host, and its services when they are restarted: on a stand-in. */
import { dockerSettings } from "../../../config-files/host/docker-settings";
import { fixedAddresses } from "../../../config/addresses";
import { firewallRuleset } from "../../../config-files/host/firewall";
import { kernelSettings } from "../../../config-files/host/kernel-settings";
import { addresses } from "../../../lab/internet/addresses";
import { upDebian } from "../../../lab/internet/debian/debian";
import { attempt } from "../../../lab/lib/exec";
import { power } from "../../../lab/vps/stand-in";
import { PreparedHost, tools, until, within } from "./prepared-host";

jest.setTimeout(600_000);
const host = new PreparedHost("host-settings", "103.22.206.221");
const subnets = { openclaw: "172.30.1.0/24", proxy: "172.30.2.0/24", egress: "172.30.3.0/24" };
const order = dockerSettings(subnets);

const attemptInside = (command: string, input = "") => host.try(command, input);
const inside = (command: string, input = "") => host.run(command, input);
const settle = () => host.try(`${tools}/docker-settings apply`, JSON.stringify(order));
const daemon = (): Promise<string> => inside("systemctl show -P MainPID docker.service");

beforeAll(async () => {
  await host.start();
  await host.loadSmallImage();
});
afterAll(() => host.stop());

describe("docker-settings", () => {
  const file = "/etc/docker/daemon.json";

  it("adds to what a host has, is read back, and lets the daemon alone the second time", async () => {
    await inside(`mkdir -p /etc/docker; echo '{"registry-mirrors": ["https://mirror.example"]}' >${file}`);
    expect(await settle()).toMatchObject({ code: 0 });
    const [pid, text] = [await daemon(), await inside(`cat ${file}`)];
    expect(JSON.parse(text)).toEqual({ ...order.settings, "registry-mirrors": ["https://mirror.example"] });
    expect(await settle()).toMatchObject({ code: 0, stdout: "docker-settings: as they have to be\n" });
    expect([await daemon(), await inside(`cat ${file}`)]).toEqual([pid, text]);
    const info = JSON.parse(await inside("docker info --format '{{json .}}'")) as Record<string, unknown>;
    expect(info).toMatchObject({ LiveRestoreEnabled: true, LoggingDriver: "json-file" });
    expect(await inside(`${tools}/docker-settings check`)).toContain("as ordered");
  });

  it("restarts a daemon that has not read its file, and says so until then", async () => {
    const pid = await daemon();
    await inside(`sleep 1; touch ${file}`);
    const { code, stderr } = await attemptInside(`${tools}/docker-settings check`);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("daemon.json is newer than the daemon that runs"),
    ]);
    await settle();
    expect(await daemon()).not.toBe(pid);
    expect(await inside(`${tools}/docker-settings check`)).toContain("as ordered");
  });

  it("puts the old file back where the daemon does not start with the new one", async () => {
    await inside(`echo 'DOCKER_OPTS="--live-restore"' >/etc/default/docker
echo '{"debug": true}' >${file}; systemctl reset-failed docker; systemctl restart docker`);
    const { code, stderr } = await settle();
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(
        /the daemon does not start with .*both as a flag and in the configuration file.* It has its old file again and runs/s,
      ),
    ]);
    expect(await inside(`cat ${file}; docker info --format '{{.Debug}}'`)).toBe('{"debug": true}\ntrue\n');
    await inside(`rm /etc/default/docker ${file}; systemctl reset-failed docker`);
    expect((await settle()).code).toBe(0);
  });

  it("touches nothing where something stands in the way, and names all of it", async () => {
    await inside(`cp -p ${file} /root/kept; echo '{"live-restore": false}' >${file}; systemctl restart docker
docker swarm init --advertise-addr 127.0.0.1 >/dev/null; ip route add 172.30.0.0/16 dev eth0`);
    const pid = await daemon();
    try {
      const { code, stderr } = await settle();
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(
          /nothing was changed:\n {2}live-restore is false.*\n {2}the host itself reaches 172\.30\.0\.0\/16, and 172\.30\.1\.0\/24.*\n {2}this host is in a swarm/,
        ),
      ]);
      expect([await inside(`cat ${file}`), await daemon()]).toEqual(['{"live-restore": false}\n', pid]);
    } finally {
      await inside(
        `ip route del 172.30.0.0/16 dev eth0; docker swarm leave --force >/dev/null; cp -p /root/kept ${file}`,
      );
    }
  });
});

/** Reachable from outside through Docker's address translation, and out again. */
const web =
  "perl -MIO::Socket::INET -e '$s=IO::Socket::INET->new(LocalPort=>8000,Listen=>5,ReuseAddr=>1) or die; while($c=$s->accept){print $c \"HTTP/1.0 200 OK\\r\\n\\r\\nserved\\n\"; close $c}'";
const ping = (path: string): string =>
  `perl -MIO::Socket::UNIX -e '$s=IO::Socket::UNIX->new(Peer=>"${path}") or do {print "dead"; exit}; alarm 10; print $s "GET /_ping HTTP/1.0\\r\\n\\r\\n"; print /^OK/m ? "OK" : "" while <$s>'`;
const out = `perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(PeerAddr=>"${addresses.admin}:80",Timeout=>5) ? "out" : "shut in"'`;

describe("services that are restarted", () => {
  beforeAll(async () => {
    // What `out` asks: the package mirror of the lab.
    await upDebian();
    // The test before has put an old file back under a daemon that runs with another.
    expect(await settle()).toMatchObject({ code: 0 });
    await inside(`docker network create --subnet 172.30.3.0/24 egress-net >/dev/null
docker run -d --init --name web --restart unless-stopped --network egress-net --publish 443:8000 small:1 ${web} >/dev/null
docker run -d --init --name filter --restart unless-stopped --network none --volume /run/clawkeep-docker:/run/docker:ro small:1 sleep infinity >/dev/null
docker run -d --init --name by-file --restart unless-stopped --network none --volume /run/docker.sock:/run/docker.sock:ro small:1 sleep infinity >/dev/null
install -d /opt/openclaw/gateways/gw; echo standby >/opt/openclaw/gateways/gw/role
docker create --init --name gw --pids-limit 64 --network none small:1 sleep infinity >/dev/null
echo active >/opt/openclaw/gateways/gw/role; : >/opt/openclaw/gateways/gw/needs
systemctl enable --quiet openclaw-gateway@gw; systemctl start --no-block openclaw-gateway@gw`);
    await until("the gateway runs", running);
  });
  const running = async (): Promise<boolean> =>
    (
      await attemptInside(
        "docker inspect -f '{{.State.Running}}' gw; systemctl is-active openclaw-gateway@gw",
      )
    ).stdout === "true\nactive\n";
  const startedAt = (): Promise<string> => inside("docker inspect -f '{{.State.StartedAt}}' web filter");
  const served = async (): Promise<boolean> =>
    (await attempt("curl", ["-s", "--max-time", "5", `http://${host.ipv4}:443/`])).stdout === "served\n";

  it.each([
    ["Docker is restarted", "systemctl restart docker"],
    [
      "Docker and its socket are stopped and started",
      "systemctl stop docker.socket docker.service; systemctl start docker",
    ],
    ["systemd is started anew", "systemctl daemon-reexec"],
    ["nftables is restarted, which empties every table", "systemctl restart nftables"],
    ["nftables is reloaded", "systemctl start nftables; systemctl reload nftables"],
    ["nftables is stopped", "systemctl stop nftables"],
    ["containerd is restarted, as its package does when it is updated", "systemctl restart containerd"],
    ["the daemon is killed", "systemctl kill --signal KILL docker"],
  ])("%s: all serves again, and no container was restarted for it but the gateway", async (_, what) => {
    const before = await startedAt();
    await inside(what);
    // Expected, not waited for: a control that is taken away fails here.
    expect({ served: await within(90, served) }).toEqual({ served: true });
    expect({ gateway: await within(90, running) }).toEqual({ gateway: true });
    expect(
      await inside(`docker exec filter ${ping("/run/docker/docker.sock")}; docker exec web ${out}`),
    ).toBe("OKout");
    expect(await startedAt()).toBe(before);
  });

  it("a socket that is mounted as a file is dead by now", async () => {
    expect(await inside(`docker exec by-file ${ping("/run/docker.sock")}`)).toBe("dead");
  });
});

describe("a reboot", () => {
  const log = "/opt/openclaw/monitoring/logs/boots.log";
  const last = async (): Promise<{ problems: string[]; seconds: number }> =>
    JSON.parse(await inside(`tail -n 1 ${log}`)) as { problems: string[]; seconds: number };
  const looked = (): Promise<string> => inside(`wc -l <${log} 2>/dev/null || echo 0`);
  const reboot = async (): Promise<void> => {
    const before = (await host.try(`cat ${log} | wc -l`)).stdout;
    await power(host.name, "reboot");
    await until("somebody has looked", async () => (await looked()) !== before);
  };

  beforeAll(async () => {
    const ruleset = firewallRuleset({
      sshPort: 22,
      adminCidrs: undefined,
      subnets,
      addresses: fixedAddresses(subnets, 1),
    });
    await inside(
      `cat >/root/ruleset; ${tools}/apply-firewall apply </root/ruleset; ${tools}/apply-firewall confirm </root/ruleset`,
      ruleset,
    );
    // One that notes on the disk how it was ended, and takes its time.
    await inside(`mkdir -p /srv/said; docker run -d --name openclaw-notes --restart unless-stopped --network none --volume /srv/said:/said small:1 \\
bash -c 'trap "sleep 2; echo ended >>/said/how; exit" TERM; while :; do sleep 0.2; done' >/dev/null`);
  });

  it("ends containers before the host goes down, starts them after, and says that all is back", async () => {
    await reboot();
    expect(await last()).toMatchObject({ problems: [] });
    expect(
      await inside("cat /srv/said/how; docker inspect -f '{{.State.Running}}' web filter openclaw-notes gw"),
    ).toBe("ended\ntrue\ntrue\ntrue\ntrue\n");
    expect(await inside(`${tools}/host-boot check`)).toMatch(/^all came back \d+ s after the boot of /);
  });

  it("leaves them alone while the daemon runs", async () => {
    const before = await inside("docker inspect -f '{{.State.StartedAt}}' web filter openclaw-notes");
    expect(
      await inside("systemctl restart clawkeep-stop; journalctl -u clawkeep-stop -n 5 -o cat"),
    ).toContain("the daemon runs, so nothing is stopped");
    expect(await inside("docker inspect -f '{{.State.StartedAt}}' web filter openclaw-notes")).toBe(before);
  });

  it("names what is not back, of this stack: somebody's own container that he has stopped is his affair", async () => {
    // Containers of the lab's image have its label, which begins like ours: somebody else's has none.
    await inside(
      `docker export filter | docker import - theirs:1 >/dev/null; docker run -d --init --name theirs --restart unless-stopped --network none theirs:1 sleep infinity >/dev/null
sed -i 's/^PATIENCE_SECONDS = .*/PATIENCE_SECONDS = 20/' ${tools}/host-boot; systemctl disable --quiet openclaw-gateway@gw; docker stop openclaw-notes theirs >/dev/null`,
    );
    await reboot();
    expect((await last()).problems).toEqual(["container openclaw-notes is exited"]);
    const { code, stderr } = await attemptInside(
      `${tools}/host-boot check; systemctl is-failed --quiet clawkeep-boot`,
    );
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining("not all came back: container openclaw-notes is exited"),
    ]);
    await inside("docker rm -f openclaw-notes theirs web filter by-file gw >/dev/null");
  });
});

describe("tune-host", () => {
  const tune = (mib: number) => attemptInside(`${tools}/tune-host apply ${mib}`, kernelSettings());
  const swapFile = "/var/lib/clawkeep/swap";

  it("sets and reads back, twice, and all of it is there after a reboot", async () => {
    for (let time = 0; time < 2; time++) expect(await tune(128)).toMatchObject({ code: 0 });
    const keys =
      "sysctl -n vm.swappiness fs.inotify.max_user_watches fs.inotify.max_user_instances net.core.somaxconn";
    const look = `${keys}; stat -c '%a %s' ${swapFile}; swapon --show=NAME --noheadings; for each in sysctl swap time; do ${tools}/tune-host check $each >/dev/null; done`;
    const wanted = `10\n524288\n512\n4096\n600 134217728\n${swapFile}\n`;
    expect(await inside(look)).toBe(wanted);
    await power(host.name, "reboot");
    await until(
      "swap is there",
      async () => (await attemptInside("systemctl is-active clawkeep-swap")).code === 0,
    );
    expect(await inside(look)).toBe(wanted);
  });

  it("says which setting is another now, or will be after a reboot", async () => {
    await inside("sysctl -q -w vm.swappiness=60");
    expect((await attemptInside(`${tools}/tune-host check sysctl`)).stderr).toContain(
      "vm.swappiness is 60, not 10",
    );
    await inside("echo vm.swappiness=61 >/etc/sysctl.d/99-zzz.conf");
    const { code, stderr } = await tune(128);
    await inside("rm /etc/sysctl.d/99-zzz.conf");
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("vm.swappiness will be 61 after the next boot"),
    ]);
  });

  it("makes no swap without room, and leaves a host's own alone", async () => {
    const { code, stderr } = await tune(60_000_000);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/does not fit|do not fit on .*No swap was made/),
    ]);
    await tune(0);
    expect(await inside(`ls ${swapFile} 2>/dev/null || swapon --show`)).toBe("");
    await inside("fallocate -l 64MiB /own; chmod 600 /own; mkswap -q /own; swapon /own");
    expect((await tune(128)).stdout).toContain("swap: /own 64 MiB");
    await inside(`swapoff /own; rm /own; ! ls ${swapFile} 2>/dev/null`);
  });

  it("takes everything back where the kernel refuses the file", async () => {
    await inside("mv /usr/sbin/mkswap /usr/sbin/mkswap.kept; ln -s /bin/true /usr/sbin/mkswap");
    const { code, stderr } = await tune(128);
    await inside("mv /usr/sbin/mkswap.kept /usr/sbin/mkswap");
    expect([code, stderr]).toEqual([1, expect.stringMatching(/takes no swap file here: .*swapMiB 0/s)]);
    expect(await inside(`ls /var/lib/clawkeep`)).toBe("");
  });
});
