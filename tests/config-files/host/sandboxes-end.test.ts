/** sandboxes-end, with a Docker that has sandboxes, keeps some, or does not answer. */
import { onAHost, possible } from "./on-a-host";

jest.setTimeout(60_000);
const home = "/opt/openclaw/gateways/gw";

/** A Docker of its own: a file for each container, in a folder for each gateway. */
const fake = `mkdir -p ${home}/of-sandboxes/workspaces /opt/fake /opt/has/gw /opt/has/other
cat >/opt/fake/docker <<'END'
#!/bin/bash
echo "$*" >>/opt/asked
case $1 in
  ps) [ ! -e /opt/deaf ] || exec sleep 60
    last=\${@: -1}; cd "/opt/has/\${last##*=}" && ls; [ ! -e /opt/late ] || { rm /opt/late; touch late; } ;;
  rm) shift 2; for each; do rm -f /opt/has/*/"$each"; done; [ ! -e /opt/keeps ] || { touch /opt/has/gw/kept; printf 'busy\\033[2J\\n' >&2; exit 1; } ;;
esac
END
chmod +x /opt/fake/docker; PATH=/opt/fake:$PATH
# The time limits are the script's own, in a tenth of the time.
sed -i 's/^SECONDS = 90/SECONDS = 3/; s/^ONE = 30/ONE = 1/' /opt/openclaw/bin/sandboxes-end
`;
const run = (text: string) => onAHost(`${fake}${text}`);
const end = "/opt/openclaw/bin/sandboxes-end";

(possible ? describe : describe.skip)("sandboxes-end", () => {
  it("closes the filter first, removes this gateway's sandboxes and no others, and looks whether they are gone", () => {
    const { status, stdout, stderr } = run(`touch /opt/has/gw/{a,b} /opt/has/other/c
      ${end} close gw && echo 0 || echo 1; ls ${home}/of-sandboxes /opt/has/*; cat /opt/asked`);
    expect([status, stderr]).toEqual([0, ""]);
    const looked = "ps --all --quiet --no-trunc --filter label=clawkeep.gateway=gw\n";
    expect(stdout).toBe(
      `0\n/opt/has/gw:\n\n/opt/has/other:\nc\n\n${home}/of-sandboxes:\nclosed\nworkspaces\n${looked}rm --force a b\n${looked}${looked}`,
    );
  });

  it("finds one that was on its way when it was closed", () => {
    const { status, stdout } = run(
      `touch /opt/late; ${end} close gw; ls /opt/has/gw; cut -d" " -f1,3 /opt/asked`,
    );
    expect([status, stdout]).toEqual([0, "ps --quiet\nps --quiet\nrm late\nps --quiet\nps --quiet\n"]);
  });

  it("says what is left, shows what Docker said without doing it, and ends in time", () => {
    const { stdout, stderr } = run(`touch /opt/has/gw/a /opt/keeps; ${end} close gw && echo 0 || echo 1`);
    expect(stdout).toBe("1\n");
    expect(stderr).toMatch(
      /^sandboxes-end: sandboxes of gw: 1 are there still: kept: busy\\x1b\[2J\. Look at: docker ps/,
    );
  });

  it("is not content where Docker does not answer, and stays closed", () => {
    const { stdout, stderr } = run(
      `touch /opt/deaf; ${end} close gw && echo 0 || echo 1; ls ${home}/of-sandboxes`,
    );
    expect(stdout).toBe("1\nclosed\nworkspaces\n");
    expect(stderr).toMatch(/docker does not say which there are: did not end within 1 s/);
  });

  it("opens again, also where it was open", () => {
    const { status, stdout } = run(
      `${end} close gw; ${end} open gw; ${end} open gw; ls ${home}/of-sandboxes`,
    );
    expect([status, stdout]).toEqual([0, "workspaces\n"]);
  });

  it("has nothing to close where there never was a filter", () => {
    expect(run(`mkdir /opt/has/new; ${end} close new; ls /opt/openclaw/gateways`)).toMatchObject({
      ...{ status: 0, stdout: "gw\n", stderr: "" },
    });
  });

  it("follows no link in place of its mark", () => {
    const { stdout } = run(`ln -s /opt/target ${home}/of-sandboxes/closed; ${end} close gw; ls /opt/target`);
    expect(stdout).toBe("");
  });

  it.each(["close", "shut gw", "close ../gw", "close 'gw -a'", ""])("says how it is used: %s", (words) => {
    const { status, stderr } = run(`${end} ${words}`);
    expect([status, stderr]).toEqual([1, expect.stringContaining("Usage: sandboxes-end close NAME")]);
  });
});
