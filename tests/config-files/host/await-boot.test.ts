/** await-boot, against a cloud-init that ends as it is told to. */
import { onAHost, possible } from "./on-a-host";

const boot = (mode: string, code: number, limit = 600) =>
  onAHost(`cloud-init() { echo ....; echo "status: done"; echo "errors: [the disk is odd]"; return ${code}; }
timeout() { [ "$1" = ${limit} ] && shift && "$@"; }
export -f cloud-init timeout
bash -s -- ${mode} <"/opt/openclaw/bin/await-boot"; exit $?`);

(possible ? describe : describe.skip)("await-boot", () => {
  it("is silent when all went well", () => {
    expect(boot("made", 0)).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });

  it.each([
    ["made", 1, 1],
    ["made", 124, 1],
    ["made", 2, 0],
    ["existing", 1, 0],
  ])("on a host that is %s, cloud-init's %d ends with %d and its own words", (mode, code, status) => {
    const outcome = boot(mode, code);
    expect([outcome.status, outcome.stdout]).toEqual([status, ""]);
    expect(outcome.stderr).toContain("cloud-init says");
    expect(outcome.stderr).toContain("errors: [the disk is odd]");
    expect(outcome.stderr.includes("not through after 600 s")).toBe(code === 124);
    expect(outcome.stderr.includes("run pulumi up again")).toBe(status === 1);
  });

  it("does not wait for a first boot that never begins, on a host that was there", () => {
    const waiting = (mode: string, status: string) =>
      onAHost(`cloud-init() { [ "$*" = status ] || { echo waited; return 0; }; echo "status: ${status}"; }
timeout() { shift; echo waited >&3; "$@"; }
export -f cloud-init timeout
bash -s -- ${mode} <"/opt/openclaw/bin/await-boot" 3>&1`).stdout;
    expect(["not started", "not run", "running"].map((status) => waiting("existing", status))).toEqual([
      "",
      "",
      "waited\n",
    ]);
    expect(waiting("made", "not started")).toBe("waited\n");
  });

  it("asks nothing where there is no cloud-init", () => {
    expect(
      onAHost("PATH=/bin; type cloud-init && exit 0; bash -s -- made </opt/openclaw/bin/await-boot").status,
    ).toBe(0);
  });
});
