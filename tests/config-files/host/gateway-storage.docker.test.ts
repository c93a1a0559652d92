/** gateway-storage on a volume that is too small for it. Skipped without loop devices. */
import { Disk, possible } from "./on-a-disk";

jest.setTimeout(60_000);
const volume = "/opt/openclaw/volume";
const images = `${volume}/gateways/gw`;
const storage = (state: number, sandboxes: number, reserve = 1): string =>
  `/opt/openclaw/bin/gateway-storage gw ${state} ${sandboxes} ${reserve}`;
const begin = `mount "$device" ${volume}`;
const shown = `(cd ${images} && stat -c '%n %s' * && stat -c '%n %b' * | awk '$2 < 2097152 {print "holes in", $1}')`;
const free = `df --output=avail -B1M ${volume} | tail -1`;
/** A fallocate that meets a full disk half way, whatever the real one would say. */
const halfWay = `cat >/opt/fallocate <<'FAKE'
#!/bin/bash
/usr/bin/fallocate --keep-size -l 1200M "\${@: -1}"; echo 'No space left on device' >&2; exit 1
FAKE
chmod +x /opt/fallocate; PATH=/opt:$PATH`;

(possible ? describe : describe.skip)("gateway-storage", () => {
  let disk: Disk;
  beforeEach(() => {
    disk = new Disk(5 * 1024);
    disk.prepare(`mkfs.ext4 -q -m 1 "$device"`);
  });
  afterEach(() => disk.end());

  it("makes both, reserved in full; a second time and with a reserve that is used by now nothing changes", () => {
    const { status, stdout, stderr } = disk.onHost(
      `${begin}; ${storage(1, 1)}; fallocate -l 2G ${volume}/redis; ${shown}; ${storage(1, 1)}; ${shown}
for f in ${images}/*; do echo "left to clear: $(dumpe2fs "$f" 2>/dev/null | grep '^Group [0-9]' | grep -vc ITABLE_ZEROED)"; done
findmnt -no OPTIONS /opt/openclaw/gateways/gw/sandboxes/workspaces; ls /etc/systemd/system`,
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const once = `/opt/openclaw/gateways/gw: state 1 GiB, sandboxes 1 GiB\nsandboxes.ext4 1073741824\nstate.ext4 1073741824\n`;
    expect(stdout.startsWith(once + once)).toBe(true);
    // What the kernel has to clear after the mount it clears by holes.
    expect(stdout.match(/left to clear: 0\n/g)).toHaveLength(2);
    expect(stdout).toMatch(/nosuid,nodev\S*nosymfollow/);
    expect(stdout).toMatch(/gateways-gw-state\.mount\n$/);
  });

  it("makes nothing where the reserve would not stay free, and says what is missing", () => {
    const { status, stdout, stderr } = disk.onHost(
      `${begin}; before=$(${free}); ${storage(3, 1)} || echo "refused $?"; echo $((before - $(${free}))); ls ${images}`,
    );
    expect([status, stdout]).toEqual([0, "refused 1\n0\n"]);
    expect(stderr).toMatch(
      /gateway gw need 4096 MiB more and 1 GiB have to stay free, the volume has \d+ MiB: .*Nothing was changed/,
    );
  });

  it("grows nothing where the reserve would not stay free, and takes the sizes of before again", () => {
    const { status, stdout, stderr } = disk.onHost(
      `${begin}; ${storage(1, 1)}; before=$(${free}); ${storage(1, 3)} || echo "refused $?"
echo $((before - $(${free}))); ${shown}; ${storage(1, 1)}`,
    );
    expect(status).toBe(0);
    expect(stderr).toMatch(/need 204[78] MiB more/);
    expect(stdout).toMatch(/refused 1\n0\nsandboxes.ext4 1073741824\nstate.ext4 1073741824\n.*1 GiB\n$/s);
  });

  it("gives back what it took when the disk is full half way, and takes the sizes of before again", () => {
    const { status, stdout, stderr } = disk.onHost(
      `${begin}; ${storage(1, 1)}; before=$(${free}); (${halfWay}; ${storage(2, 1)} || echo "refused $?")
sync -f ${volume}; echo $((before - $(${free}))); ${shown}; ${storage(1, 1)}`,
    );
    expect(status).toBe(0);
    expect(stderr).toMatch(/no room for the 2147483648 bytes .*1073741824 bytes as before: No space left/);
    expect(stdout).toMatch(/refused 1\n0\nsandboxes.ext4 1073741824\nstate.ext4 1073741824\n.*1 GiB\n$/s);
  });

  it("grows what is there with all that is in it, and never shrinks it", () => {
    const { status, stdout, stderr } = disk.onHost(
      `${begin}; ${storage(1, 1)}; echo kept >/opt/openclaw/gateways/gw/state/file; ${storage(2, 1)}
cat /opt/openclaw/gateways/gw/state/file; findmnt -bno SIZE /opt/openclaw/gateways/gw/state; ${storage(1, 1)} || echo "refused $?"; ${shown}`,
    );
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /state.ext4 has 2147483648 bytes already, it cannot shrink to 1073741824: ask for 2 GiB/,
    );
    expect(stdout).toMatch(/kept\n20\d{8}\nrefused 1\nsandboxes.ext4 1073741824\nstate.ext4 2147483648\n/);
  });
});
