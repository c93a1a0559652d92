/** Files of a host, on a stand-in with real systemd: what is written, and read back. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { firewallUnitFiles, hostUnitFiles, hostTools } from "../../../config-files/host/tools";
import { docker } from "../../../lab/lib/docker";
import { attempt, run } from "../../../lab/lib/exec";
import * as vps from "../../../lab/vps/stand-in";

jest.setTimeout(120_000);
const name = "host-files";
const standIn = `clawkeep-vps-${name}`;
let lab: string;

const tryInside = (command: string, input = ""): ReturnType<typeof attempt> =>
  attempt("docker", ["exec", "--interactive", standIn, "bash", "-c", command], { input });
const inside = (command: string, input = ""): Promise<string> =>
  docker(["exec", "--interactive", standIn, "bash", "-ec", command], { input });
beforeAll(async () => {
  lab = mkdtempSync(join(tmpdir(), "clawkeep-host-files-"));
  process.env["CLAWKEEP_LAB"] = lab;
  await run(join(__dirname, "../../../lab/engine/up.sh"), []);
  await vps.destroy(name);
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(lab, "id")]);
  const authorizedKeys = [readFileSync(join(lab, "id.pub"), "utf8").trim()];
  await vps.boot({ name, ipv4: "103.22.206.220", memoryMiB: 1500, disk: "warm", authorizedKeys });
  const deadline = Date.now() + 60_000;
  while (!(await tryInside("cloud-init status")).stdout.includes("status: done")) {
    if (Date.now() > deadline) throw new Error("the stand-in's first boot took a minute");
    await new Promise((wake) => setTimeout(wake, 300));
  }
  await inside("mkdir -p /opt/openclaw/bin; bash -s -- /opt/openclaw/bin", hostTools());
});

afterAll(async () => {
  await vps.destroy(name);
  rmSync(lab, { recursive: true, force: true });
});

describe("install-archive", () => {
  const tools = "/opt/openclaw/bin";
  const units = "/etc/systemd/system";

  it("brings the tools to a bare host, itself among them, and leaves nothing else", async () => {
    const said = await inside(
      `rm -rf ${tools}; mkdir ${tools}; bash -s -- ${tools}; ls -A ${tools}; stat -c %a ${tools}/mount-volume`,
      hostTools(),
    );
    const names = said.split("\n");
    expect(names).toContain("install-archive");
    expect(names.filter((each) => each.startsWith("."))).toEqual([]);
    expect(names.at(-2)).toBe("755");
  });

  it("puts units of two archives into one directory at the same time, folders included", async () => {
    await inside(`mkdir -p /tmp/in; cat >/tmp/in/one`, hostUnitFiles());
    await inside(`cat >/tmp/in/two`, firewallUnitFiles());
    await inside(`${tools}/install-archive ${units} </tmp/in/one & a=$!
${tools}/install-archive ${units} </tmp/in/two; wait $a`);
    const there = await inside(`cd ${units}; ls -d .clawkeep-new 2>/dev/null || true
stat -c '%a %n' openclaw-gateway@.service clawkeep-firewall.service docker.service.d/clawkeep-firewall.conf`);
    expect(there).toBe(
      "644 openclaw-gateway@.service\n644 clawkeep-firewall.service\n644 docker.service.d/clawkeep-firewall.conf\n",
    );
  });

  it("changes nothing when the archive is cut short, and clears up what a power cut has left", async () => {
    await inside(`echo before >${units}/openclaw-gateway@.service`);
    const cut = await tryInside(`${tools}/install-archive ${units}`, hostUnitFiles().slice(0, 900));
    expect(cut.code).not.toBe(0);
    const none = await tryInside(`${tools}/install-archive ${units}`);
    expect(none.code).not.toBe(0);
    expect(await inside(`cat ${units}/openclaw-gateway@.service`)).toBe("before\n");
    await inside(`${tools}/install-archive ${units}`, hostUnitFiles());
    expect(await inside(`cat ${units}/openclaw-gateway@.service; ls -A ${units} | grep new || true`)).toBe(
      readFileSync(join(__dirname, "../../../config-files/host/systemd/openclaw-gateway@.service"), "utf8"),
    );
  });

  it("fails when the directory does not hold what was written", async () => {
    // As if the disk had lost it: sync is the last thing before it is read back.
    const loses = `sync() { : >${units}/openclaw-gateway@.service; }; export -f sync`;
    const { code, stderr } = await tryInside(`${loses}; ${tools}/install-archive ${units}`, hostUnitFiles());
    expect(code).toBe(1);
    expect(stderr).toMatch(/openclaw-gateway@.service: Size differs.*does not hold what was written/s);
  });
});

describe("put-file", () => {
  const put = "/opt/openclaw/bin/put-file";

  it("replaces the file by another one, with its mode, and follows no link", async () => {
    const shown = await inside(
      `cd /tmp; echo old >target; ln -s target link; printf 'a\\0b' | ${put} /tmp/link 0600; stat -c '%a %F %s' link; cat target; ls | grep new || true`,
    );
    expect(shown).toBe("600 regular file 3\nold\n");
  });

  it("leaves what was there when nothing comes of the new", async () => {
    const { code } = await tryInside(
      `echo old >/tmp/kept; ulimit -f 1; head -c 1M /dev/zero | ${put} /tmp/kept`,
    );
    expect([code === 0, await inside("cat /tmp/kept")]).toEqual([false, "old\n"]);
  });
});
