/** tune-host's part that has somebody keep the clock, on hosts with one service, another, and none. */
import { onAHost, possible } from "./on-a-host";

const keep = (loaded: string, enables = 0) =>
  onAHost(`systemctl() {
  case $1 in
    is-active) return 3 ;;
    show) [[ $* = *" ${loaded}.service" ]] && echo loaded || echo not-found ;;
    enable) echo "\${@: -1}"; return ${enables} ;;
  esac
}
. <(sed '/^case \\$1 in$/,$d' /opt/openclaw/bin/tune-host); keep_time`);

(possible ? describe : describe.skip)("keep_time", () => {
  it.each(["systemd-timesyncd", "chrony"])("starts the one that is installed: %s", (service) => {
    expect(keep(service)).toMatchObject({ status: 0, stdout: `${service}.service\n` });
  });

  it("says what to install where none can be started", () => {
    for (const outcome of [keep("none"), keep("chrony", 1)])
      expect(outcome).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("apt-get install systemd-timesyncd"),
      });
  });
});
