/** mount-volume against real disks in files: blank, with data of every kind, grown. Skipped without loop devices. */
import { Disk, possible } from "./on-a-disk";

jest.setTimeout(60_000);
const mount = (gib: number): string => `/opt/openclaw/bin/mount-volume "$device" ${gib}`;
const gib = 1024;
const disks: Disk[] = [];
const disk = (mebibytes: number): Disk => {
  const made = new Disk(mebibytes);
  disks.push(made);
  return made;
};
afterEach(() => disks.splice(0).forEach((each) => each.end()));

const size = `dumpe2fs -h "$device" 2>/dev/null | awk '/^Block count/ {b=$3} /^Block size/ {s=$3} END {printf "%.0f", b*s}'`;
const partitions =
  // A table of the old kind, written byte by byte: one Linux partition from sector 2048 on, and the mark.
  `printf '\\0\\0\\0\\0\\203\\0\\0\\0\\0\\010\\0\\0\\0\\0\\010\\0' | dd of="$device" bs=1 seek=446 conv=notrunc status=none
printf '\\125\\252' | dd of="$device" bs=1 seek=510 conv=notrunc status=none`;

(possible ? describe : describe.skip)("mount-volume", () => {
  it("formats a blank disk and mounts it; a second time nothing changes, a file is kept", () => {
    const blank = disk(gib);
    const first = blank.onHost(`${mount(1)}; echo kept >/opt/openclaw/volume/file; ${mount(1)} >/dev/null; 
cat /opt/openclaw/volume/file; findmnt -no FSTYPE,OPTIONS /opt/openclaw/volume; stat -c %a /opt/openclaw/volume`);
    expect(first.stderr).toBe("");
    expect(first.stdout).toMatch(
      /^\/opt\/openclaw\/volume: \S+, 1073741824 bytes\nkept\next4 +rw,nosuid,nodev,noexec\S*\n700\n$/,
    );
    expect(blank.onHost(`${mount(1)} >/dev/null; cat /opt/openclaw/volume/file`)).toEqual({
      status: 0,
      stderr: "",
      stdout: "kept\n",
    });
  });

  it.each<[string, string, RegExp]>([
    ["a partition table, which has no type", partitions, /PTTYPE=dos.*wipefs finds: 0x1fe +dos/s],
    [
      "signatures of two kinds, which have none either",
      `mkfs.ext4 -q "$device"; mkswap -q "$device" 2>/dev/null
printf '\\123\\357' | dd of="$device" bs=1 seek=1080 conv=notrunc status=none`,
      /blkid ends with 8: nothing; wipefs finds: 0xff6 +swap\n0x438 +ext/s,
    ],
    ["swap", `mkswap -q "$device"`, /TYPE=swap/],
  ])("refuses %s, says what it found, and leaves it alone", (_, fill, message) => {
    const full = disk(gib);
    full.prepare(fill);
    const before = full.fingerprint();
    const { status, stderr } = full.onHost(mount(1));
    expect(status).toBe(1);
    expect(stderr).toMatch(/neither blank nor one ext4 file system; refusing to touch it/);
    expect(stderr).toMatch(message);
    expect(full.fingerprint()).toBe(before);
  });

  it("grows the file system with its volume, and keeps what is on it", () => {
    const small = disk(gib);
    expect(small.onHost(`${mount(1)}; echo kept >/opt/openclaw/volume/file`).status).toBe(0);
    small.grow(2 * gib);
    const { status, stdout, stderr } = small.onHost(`${mount(2)}; cat /opt/openclaw/volume/file`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/ 2147483648 bytes\nkept\n$/);
    expect(small.prepare(size)).toBe("2147483648");
  });

  it("says so when the volume has not the size that it was given", () => {
    const small = disk(gib);
    // Nothing to wait for in a test.
    const impatient =
      "sed -i 's/^PATIENCE_SECONDS = .*/PATIENCE_SECONDS = 0/' /opt/openclaw/bin/mount-volume";
    const { status, stderr } = small.onHost(`${impatient}; ${mount(2)}`);
    expect(status).toBe(1);
    expect(stderr).toMatch(/has 1073741824 bytes, not the 2147483648 of 2 GiB/);
  });

  it("fails when the file system was not grown, whatever resize2fs says", () => {
    const small = disk(gib);
    expect(small.onHost(mount(1)).status).toBe(0);
    small.grow(2 * gib);
    const idle = small.onHost(mount(2), { RESIZE2FS: "idle" });
    expect(idle.status).toBe(1);
    expect(idle.stderr).toMatch(/has 1073741824 bytes of the volume's 2147483648 after it was grown/);
  });

  it("fails when resize2fs fails, with its words", () => {
    const small = disk(gib);
    expect(small.onHost(mount(1)).status).toBe(0);
    small.grow(2 * gib);
    // Where the kernel lets root grow it, there is no failure to see: then it has to be grown.
    const { status, stdout, stderr } = small.onHost(mount(2), { RESIZE2FS: "real" });
    const outcome = `${status} ${stdout}${stderr}`;
    expect(outcome).toMatch(
      /^(1 mount-volume: .* cannot be grown to the volume's 2147483648 bytes: .*Permission denied|0 .* 2147483648 bytes)/s,
    );
  });
});
