/** A power cut of a stand-in takes what was not synced, and only that; a plain end of its processes would take nothing. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { docker } from "../../../lab/lib/docker";
import { attempt, run } from "../../../lab/lib/exec";
import * as vps from "../../../lab/vps/stand-in";

jest.setTimeout(120_000);
const name = `power-${process.pid}`;
const container = `clawkeep-vps-${name}`;
const volumeId = 9_500_000 + process.pid;
const device = `/dev/disk/by-id/scsi-0HC_Volume_${volumeId}`;
const lab = mkdtempSync(join(tmpdir(), "clawkeep-power-test-"));

const must = (command: string): Promise<string> => docker(["exec", container, "bash", "-ec", command]);
/** Files that hold something: a name may have got to the disk before what belongs into it. */
const filled = async (mark: string): Promise<string[]> =>
  (await must(`cd /srv; find volume inner -name '*-${mark}' -size +0`)).trim().split("\n").sort();
const synced = (mark: string): string[] => [
  `inner/kept-by-file-${mark}`,
  `inner/kept-by-system-${mark}`,
  `inner/kept-renamed-${mark}`,
  `volume/kept-by-file-${mark}`,
  `volume/kept-renamed-${mark}`,
];

/** The volume, and a file system in a file on it, as the program makes them. */
async function mountBoth(): Promise<void> {
  await must(`until systemctl is-system-running --wait | grep -qE 'running|degraded'; do sleep 0.2; done
    mkdir -p /srv/volume /srv/inner
    mount ${device} /srv/volume; mount -o loop /srv/volume/inner.ext4 /srv/inner`);
}

/** In each of the two: files synced in the three ways that our scripts use, and files that nobody has synced. */
async function writeFiles(mark: string): Promise<void> {
  await must(`cd /srv
    for where in volume inner; do
      echo ${mark} >$where/kept-by-file-${mark}; sync $where/kept-by-file-${mark}; sync $where
      echo old >$where/kept-renamed-${mark}; sync $where/kept-renamed-${mark}
      echo ${mark} >$where/draft; sync $where/draft; mv $where/draft $where/kept-renamed-${mark}; sync $where
    done
    echo ${mark} >inner/kept-by-system-${mark}; sync -f inner
    for where in volume inner; do echo ${mark} >$where/lost-${mark}; done`);
}

beforeAll(async () => {
  process.env["CLAWKEEP_LAB"] = lab;
  await run(join(__dirname, "../../../lab/engine/up.sh"), []);
  await vps.boot({ name, ipv4: "103.22.206.231", authorizedKeys: [], disk: "bare" });
  await vps.attachVolume(name, volumeId, 1);
  await must(`mkfs.ext4 -q ${device}; mkdir -p /srv/volume /srv/inner; mount ${device} /srv/volume
    fallocate -l 64M /srv/volume/inner.ext4; mkfs.ext4 -q -E nodiscard -F /srv/volume/inner.ext4; sync`);
  await must("umount /srv/volume");
});

afterAll(async () => {
  await vps.destroy(name);
  await vps.deleteVolume(volumeId);
  rmSync(lab, { recursive: true, force: true });
});

test("without the cut of the disks, ended processes lose nothing: that is no power cut", async () => {
  await mountBoth();
  await writeFiles("killed");
  await docker(["kill", container]);
  await vps.power(name, "on");
  await mountBoth();
  expect(await filled("killed")).toEqual(
    [...synced("killed"), "inner/lost-killed", "volume/lost-killed"].sort(),
  );
});

test("a power cut keeps what was synced, in the volume and in a file system on it, and loses the rest", async () => {
  await writeFiles("cut");
  await vps.power(name, "off");
  expect(
    await run("losetup", ["--noheadings", "--associated", join(lab, "volumes", `${volumeId}.img`)]),
  ).toBe("");
  await vps.power(name, "on");
  await mountBoth();
  expect(await filled("cut")).toEqual(synced("cut"));
  expect(await must("cat /srv/*/kept-renamed-cut")).toBe("cut\ncut\n");
  expect(await must("dumpe2fs -h /srv/volume/inner.ext4 2>/dev/null | grep -i 'filesystem state'")).toContain(
    "clean",
  );
});

test("so does a server deleted at the provider, frozen or not, and the machine outside keeps its own disks", async () => {
  await writeFiles("deleted");
  await docker(["pause", container]);
  await vps.destroy(name);
  await vps.boot({ name, ipv4: "103.22.206.231", authorizedKeys: [], disk: "bare" });
  await vps.attachVolume(name, volumeId, 1);
  await mountBoth();
  expect(await filled("deleted")).toEqual(synced("deleted"));
  await run("sh", ["-c", `echo still >${join(lab, "written")}; sync ${join(lab, "written")}`]);
});

test("asked to shut down, a server switches itself off and loses nothing", async () => {
  await writeFiles("asked");
  await vps.shutdown(name);
  const deadline = Date.now() + 60_000;
  while (await vps.isOn(name)) {
    if (Date.now() > deadline) throw new Error("still on after a minute");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await vps.power(name, "on");
  await mountBoth();
  expect(await filled("asked")).toEqual([...synced("asked"), "inner/lost-asked", "volume/lost-asked"].sort());
  expect((await attempt("docker", ["exec", container, "true"])).code).toBe(0);
});
