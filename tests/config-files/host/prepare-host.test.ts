/** prepare-host and the memory of a host, with /proc/meminfo as it says; it is stopped before it makes anything. */
import { tiers, memoryBudget } from "../../../config/tiers";
import { onAHost, possible } from "./on-a-host";

const { totalMiB } = memoryBudget(tiers.starter, 1);
const prepare = (memoryMiB: number, needed = totalMiB) =>
  onAHost(`printf 'MemTotal: %d kB\\n' ${memoryMiB * 1024} >/opt/meminfo; mount --bind /opt/meminfo /proc/meminfo
apt-get() { :; }; install() { echo goes on; exit 0; }; export -f apt-get install
bash -s -- ${needed} <"/opt/openclaw/bin/prepare-host"; exit $?`);

(possible ? describe : describe.skip)("prepare-host", () => {
  it("refuses a host with less memory than is needed, with both numbers, before anything is made", () => {
    const { status, stdout, stderr } = prepare(7400);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(
      `this host has 7400 MiB (MemTotal), and what is to run on it needs ${totalMiB} MiB`,
    );
    expect(stderr).toMatch(/memoryMiB is the memory that a host is sold with .* gives it no more/);
  });

  it.each([7.6, 7.9])("takes a host of 8 GB, which shows %d GiB", (shown) => {
    expect(prepare(Math.floor(shown * 1024)).stdout).toBe("goes on\n");
  });

  it("refuses a host of 8 GB for two gateways", () => {
    expect(prepare(8192, memoryBudget(tiers.starter, 2).totalMiB).status).toBe(1);
  });
});
