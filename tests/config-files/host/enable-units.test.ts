/** enable-units, on a host with gateways and on one without. */
import { onAHost, possible } from "./on-a-host";

const enable = (prepare: string) =>
  onAHost(`mount -t tmpfs none /etc/systemd/system; mkdir /etc/systemd/system/multi-user.target.wants
cd /etc/systemd/system/multi-user.target.wants; ${prepare}
/opt/openclaw/bin/enable-units 0123456789ab`);
const always = ["enable --quiet --now clawkeep-stop.service", "enable --quiet clawkeep-boot.service"];

(possible ? describe : describe.skip)("enable-units", () => {
  it("enables what a boot begins with, on a host that has no gateway yet", () => {
    expect(enable(":")).toMatchObject({ status: 0, stderr: "", systemctl: always });
  });

  it("enables again each gateway that is enabled, and nothing else", () => {
    const { status, systemctl } = enable(
      `for each in openclaw-gateway@one openclaw-gateway@two openclaw-gateway@ ssh; do ln -s ../x "$each.service"; done
      : >openclaw-gateway@file.service`,
    );
    expect([status, systemctl]).toEqual([
      0,
      [
        ...always,
        "reenable --quiet openclaw-gateway@one.service",
        "reenable --quiet openclaw-gateway@two.service",
      ],
    ]);
  });
});
