/** gateway-storage on a volume that is too small for it. Skipped without loop devices. */
import { Disk, possible } from "./on-a-disk";

jest.setTimeout(60_000);
const volume = "/opt/openclaw/volume";
const images = `${volume}/gateways/gw`;
const home = "/opt/openclaw/gateways/gw";
const storage = (state: number, sandboxes: number, reserve = 1, slot = 7): string =>
  `/opt/openclaw/bin/gateway-storage gw ${state} ${sandboxes} ${reserve} ${59000 + slot} ${59100 + slot} ${59200 + slot}`;
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
findmnt -no OPTIONS ${home}/sandboxes/workspaces; ls /etc/systemd/system`,
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const once = `/opt/openclaw/gateways/gw: state 1 GiB, sandboxes 1 GiB\nsandboxes.ext4 1073741824\nstate.ext4 1073741824\n`;
    expect(stdout.startsWith(once + once)).toBe(true);
    // What the kernel has to clear after the mount it clears by holes.
    expect(stdout.match(/left to clear: 0\n/g)).toHaveLength(2);
    expect(stdout).toMatch(/nosuid,nodev\S*nosymfollow/);
    expect(stdout).toMatch(/gateways-gw-state\.mount\n$/);
  });

  it("shows each user the same files as its own, and writes the one owner of all to the disk", () => {
    const as = (user: number, command: string): string =>
      `setpriv --reuid ${user} --regid ${user} --clear-groups sh -c '${command}'`;
    const files = `find . -mindepth 1 -name lost+found -prune -o -mindepth 1 -printf '%U:%G %P\\n' | sort -k2`;
    const { status, stdout, stderr } = disk.onHost(`${begin}; ${storage(1, 1)} >&2; cd ${home}
${as(59007, "chmod 0700 of-gateway/*; echo memory >of-gateway/state/a; mkdir -m 0700 of-gateway/workspaces/w; echo theirs >of-gateway/workspaces/w/f")}
${as(59107, "echo more >>of-sandboxes/workspaces/w/f; echo own >of-sandboxes/workspaces/w/g")}
for place in state of-gateway/state sandboxes/workspaces of-gateway/workspaces of-sandboxes/workspaces; do
  echo $place; (cd $place; ${files}); done
cat of-gateway/workspaces/w/*
${as(59107, "cat of-gateway/state/a of-gateway/workspaces/w/f; ls of-gateway/state sandboxes/workspaces/w")} 2>&1 | sed 's/.*: //'`);
    expect([stderr, status]).toEqual([`${home}: state 1 GiB, sandboxes 1 GiB\n`, 0]);
    const workspaces = (user: number): string =>
      ["w", "w/f", "w/g"].map((name) => `${user}:${user} ${name}\n`).join("");
    expect(stdout).toBe(
      `state\n1000:1000 a\nof-gateway/state\n59007:59007 a\nsandboxes/workspaces\n${workspaces(1000)}` +
        `of-gateway/workspaces\n${workspaces(59007)}of-sandboxes/workspaces\n${workspaces(59107)}theirs\nmore\nown\n` +
        "Permission denied\n".repeat(4),
    );
  });

  it("another slot is another user of the same files; a second time nothing is mounted again", () => {
    const { status, stdout, stderr } = disk.onHost(
      `${begin}; cd ${home}/.. 2>/dev/null || cd /
look() { grep of- /proc/self/mountinfo | cut -d' ' -f1 | sort | tr '\\n' ' '; stat -c %u ${home}/of-gateway/state/kept; }
${storage(1, 1)}; echo kept >${home}/state/kept; chown 1000:1000 ${home}/state/kept; look; ${storage(1, 1)}; look; ${storage(1, 1, 1, 8)}; look`,
      // Growing would mount it anew.
      { RESIZE2FS: "idle" },
    );
    expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
    const [first, second, third] = stdout.match(/^(?:\d+ ){3}\d+$/gm) ?? [];
    expect([first, second]).toEqual([second, expect.stringMatching(/ 59007$/)]);
    expect(third).toMatch(/ 59008$/);
  });

  it("says what the host lacks where nothing maps owners", () => {
    const { status, stderr } = disk.onHost(
      `${begin}; mkdir /opt/older; cp -r \${PATH%%:*}/. /opt/older; printf '#!/bin/sh\nexec mount --bind "$1" "$2"' >/opt/older/mount-as
PATH=/opt/older:$PATH; ${storage(1, 1)}`,
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /of-gateway\/state belongs to 1000:1000, not to 59007: mounts that map owners need Linux 5\.12/,
    );
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
    expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
    expect(stderr).toMatch(/need 204[78] MiB more/);
    expect(stdout).toMatch(/refused 1\n0\nsandboxes.ext4 1073741824\nstate.ext4 1073741824\n.*1 GiB\n$/s);
  });

  it("gives back what it took when the disk is full half way, and takes the sizes of before again", () => {
    const { status, stdout, stderr } = disk.onHost(
      `${begin}; ${storage(1, 1)}; before=$(${free}); (${halfWay}; ${storage(2, 1)} || echo "refused $?")
sync -f ${volume}; echo $((before - $(${free}))); ${shown}; ${storage(1, 1)}`,
    );
    expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
    expect(stderr).toMatch(/no room for the 2147483648 bytes .*1073741824 bytes as before: No space left/);
    expect(stdout).toMatch(/refused 1\n0\nsandboxes.ext4 1073741824\nstate.ext4 1073741824\n.*1 GiB\n$/s);
  });

  it("grows what is there with all that is in it, and never shrinks it", () => {
    const { status, stdout, stderr } = disk.onHost(
      `${begin}; ${storage(1, 1)}; echo kept >/opt/openclaw/gateways/gw/state/file; ${storage(2, 1)}
cat /opt/openclaw/gateways/gw/state/file; findmnt -bno SIZE /opt/openclaw/gateways/gw/state; ${storage(1, 1)} || echo "refused $?"; ${shown}`,
    );
    expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
    expect(stderr).toMatch(
      /state.ext4 has 2147483648 bytes already, it cannot shrink to 1073741824: ask for 2 GiB/,
    );
    expect(stdout).toMatch(/kept\n20\d{8}\nrefused 1\nsandboxes.ext4 1073741824\nstate.ext4 2147483648\n/);
  });
});
