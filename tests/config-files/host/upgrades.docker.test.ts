/**
 * A night of security updates on a stand-in: an archive that is signed and called as Debian's own security archive is
 * brings a package, a new Docker of the same major version, and one of another.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { upgradeSettings } from "../../../config-files/host/tools";
import { run } from "../../../lab/lib/exec";
import { PreparedHost, tools, within } from "./prepared-host";

jest.setTimeout(600_000);
const host = new PreparedHost("upgrades", "103.22.206.222");
const work = mkdtempSync(join(tmpdir(), "clawkeep-upgrades-"));
const apply = () => host.try(`${tools}/host-upgrades apply`, upgradeSettings());
const night = () =>
  host.run("apt-get -qq --allow-releaseinfo-change update && unattended-upgrade --debug 2>&1");
const version = async (name: string): Promise<string> =>
  (await host.run(`dpkg-query -W -f '\${Version}' ${name}`)).trim();

/**
 * Docker's own packages must not lose their programs: the new version is the old one's files, and the scripts that its
 * maintainers run at an upgrade, under another number.
 */
const repack = (name: string, to: string): string => `
mkdir -p /root/${name}-${to}/DEBIAN && cd /root/${name}-${to}
dpkg-query -L ${name} | while read -r path; do [ ! -f "$path" ] || { mkdir -p ".\${path%/*}"; cp -p "$path" ".$path"; }; done
for part in preinst postinst prerm postrm conffiles config templates triggers; do
  file=$(dpkg-query --control-path ${name} $part); [ -z "$file" ] || cp -p "$file" DEBIAN/$part
done
printf 'Package: ${name}\\nVersion: ${to}\\nArchitecture: amd64\\nMaintainer: nobody\\nDescription: again\\n' >DEBIAN/control
# Without what it needs, the night would remove that as unused.
dpkg-query -W -f 'Depends: \${Depends}\\n' ${name} >>DEBIAN/control
dpkg-deb -Znone --build . /srv/archive/${name}_${to}.deb >/dev/null; cd /; rm -rf /root/${name}-${to}`;
const empty = (name: string, to: string): string => `
mkdir -p /root/e/DEBIAN; printf 'Package: ${name}\\nVersion: ${to}\\nArchitecture: all\\nMaintainer: nobody\\nDescription: test\\n' >/root/e/DEBIAN/control
dpkg-deb -Znone --build /root/e /srv/archive/${name}_${to}.deb >/dev/null; rm -rf /root/e`;

/** Names the archive's files and signs it, as another distribution's if told to. */
async function publish(release: string): Promise<void> {
  await host.run(
    "cd /srv/archive && apt-ftparchive packages . >Packages && apt-ftparchive release . >/root/Release.sums",
  );
  const sums = (await host.run("sed -n '/^MD5Sum\\|^SHA/,$p' /root/Release.sums")).trimEnd();
  writeFileSync(join(work, "Release"), `${release}\nDate: ${new Date().toUTCString()}\n${sums}\n`);
  await run("gpg", [
    "--homedir",
    join(work, "gpg"),
    "--batch",
    "--yes",
    "--clearsign",
    "--output",
    join(work, "InRelease"),
    join(work, "Release"),
  ]);
  await host.put(join(work, "InRelease"), "/srv/archive/InRelease");
}
const debian =
  "Origin: Debian\nLabel: Debian-Security\nSuite: stable-security\nCodename: trixie-security\nArchitectures: all amd64\nComponents: main";

beforeAll(async () => {
  mkdirSync(join(work, "gpg"), { mode: 0o700 });
  const key = ["--quick-generate-key", "security@archive.example", "rsa2048", "sign", "never"];
  await run("gpg", ["--homedir", join(work, "gpg"), "--batch", "--passphrase", "", ...key]);
  await run("gpg", [
    "--homedir",
    join(work, "gpg"),
    "--batch",
    "--export",
    "--output",
    join(work, "key.gpg"),
    "security@archive.example",
  ]);
  await host.start();
  await host.put(join(work, "key.gpg"), "/etc/apt/keyrings/archive.gpg");
  // Nothing but this archive: what Debian has fixed today is not what is looked at.
  await host.run(`rm -f /etc/apt/sources.list.d/* /etc/apt/sources.list; mkdir -p /srv/archive
echo 'deb [signed-by=/etc/apt/keyrings/archive.gpg] file:/srv/archive ./' >/etc/apt/sources.list.d/archive.list
${empty("fixed", "1.0")}
dpkg -i /srv/archive/fixed_1.0.deb >/dev/null`);
});
afterAll(async () => {
  await host.stop();
  rmSync(work, { recursive: true, force: true });
});

test("a host without a source for security updates is refused, and one whose patterns match none", async () => {
  await publish(debian.replaceAll("-security", "").replace("Debian-Security", "Debian"));
  await host.run("apt-get -qq --allow-releaseinfo-change update");
  expect(await apply()).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/takes none, and no security updates/),
  });
  await publish(debian);
  // It fetches lists where there are none.
  await host.run("rm -rf /var/lib/apt/lists/*");
  expect(await apply()).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^security updates by themselves, Docker stays at 26, reboot at 05:00/),
  });
  // The guide's own, in a file behind ours.
  const guides =
    '#clear Unattended-Upgrade::Origins-Pattern;\nUnattended-Upgrade::Allowed-Origins { "${distro_id}:${distro_codename}-security"; };\n';
  const asked = await host.try(`cat >/etc/apt/apt.conf.d/60guide; ${tools}/host-upgrades check`, guides);
  await host.run("rm /etc/apt/apt.conf.d/60guide");
  expect([asked.code, asked.stderr]).toEqual([
    1,
    expect.stringContaining("takes none, and no security updates"),
  ]);
});

test("says which value another file has changed", async () => {
  const { stderr } = await host.try(
    `echo 'APT::Periodic::Unattended-Upgrade "0";' >/etc/apt/apt.conf.d/99off; ${tools}/host-upgrades check`,
  );
  await host.run("rm /etc/apt/apt.conf.d/99off");
  expect(stderr).toContain("APT::Periodic::Unattended-Upgrade is 0, not 1");
});

test("the night brings a fixed package and a fixed Docker, never another major version; the reboot comes at five", async () => {
  const docker = await version("docker.io");
  const newer = `${docker}+night1`;
  await host.loadSmallImage();
  await host.run("docker run --detach --name older --network none small:1 sleep 900");
  await host.run(
    `${empty("fixed", "1.1")}${repack("docker.io", newer)}${repack("docker-cli", newer)}${repack("docker.io", "99.0.1")}${repack("docker-cli", "99.0.1")}${repack("containerd", (await version("containerd")) + "+night1")}`,
  );
  await publish(debian);
  const said = await night();
  expect([
    await version("fixed"),
    await version("docker.io"),
    await version("docker-cli"),
    said.slice(0, 0),
  ]).toEqual(["1.1", newer, newer, ""]);
  // Their maintainers restart containerd and nothing else: Docker's daemon, and what holds a container, are the old ones.
  expect(
    await host.run("sort /run/reboot-required.pkgs; grep -h '^MODE' /run/systemd/shutdown/scheduled"),
  ).toBe("containerd-shim-runc-v2\ndockerd\nMODE=reboot\n");
  // The daemon finds the new containerd a moment later.
  expect(
    await within(90, async () => (await host.try("docker exec older echo here")).stdout === "here\n"),
  ).toBe(true);
  const at = await host.run(
    "date -d @$(($(sed -n 's/^USEC=//p' /run/systemd/shutdown/scheduled) / 1000000)) +%H:%M",
  );
  expect(at).toBe("05:00\n");
  expect(await host.run(`shutdown -c; ${tools}/host-upgrades reboot`)).toMatch(
    /^a reboot is needed since .*\(containerd-shim-runc-v2 dockerd\) and comes at 05:00/,
  );
  expect(await host.run("apt-get -s dist-upgrade | grep -c '^Inst docker' || true")).toBe("0\n");
});

test("without the pin the other major version would come: the check says so", async () => {
  await host.run("mv /etc/apt/preferences.d/clawkeep-docker /root/pin");
  expect((await host.try(`${tools}/host-upgrades check`)).stderr).toMatch(
    /Docker is at 26, and .* holds another major version/,
  );
  expect(await host.run("apt-get -s dist-upgrade | grep -c '^Inst docker'")).toBe("2\n");
  await host.run("mv /root/pin /etc/apt/preferences.d/clawkeep-docker");
  await host.run(`${tools}/host-upgrades check`);
});

test("a reboot that does not come is said", async () => {
  await host.run("touch -d '3 days ago' /run/reboot-required");
  expect((await host.try(`${tools}/host-upgrades reboot`)).stderr).toContain("but has not come");
});

test("Ubuntu's security updates are taken by their own origin", async () => {
  await publish(
    "Origin: Ubuntu\nLabel: Ubuntu\nSuite: noble-security\nCodename: noble\nArchitectures: all amd64\nComponents: main",
  );
  await host.run(`${empty("fixed", "1.2")}
cp /etc/os-release /root/os; rm /etc/os-release
sed 's/^ID=.*/ID=ubuntu/; s/^VERSION_CODENAME=.*/VERSION_CODENAME=noble/' /root/os >/etc/os-release
printf '#!/bin/sh\\ncase $1 in -c|--codename) echo noble ;; -cs) echo noble ;; -is) echo Ubuntu ;; -i) echo Ubuntu ;; *) echo Ubuntu ;; esac\\n' >/usr/local/bin/lsb_release; chmod 0755 /usr/local/bin/lsb_release`);
  await publish(
    "Origin: Ubuntu\nLabel: Ubuntu\nSuite: noble-security\nCodename: noble\nArchitectures: all amd64\nComponents: main",
  );
  await night();
  expect(await version("fixed")).toBe("1.2");
});
