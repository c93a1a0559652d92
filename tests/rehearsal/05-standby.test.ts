/** The standby: the same code on a server of its own, everything in place, nothing that polls or serves. */
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { nextServers, pulumi, pulumiUp, refreshSshConfig } from "../../lab/rehearsal/pulumi";
import { writeStackFile } from "../../lab/rehearsal/stacks";
import { containerStates, onVps } from "../../lab/rehearsal/vps";
import { power } from "../../lab/vps/stand-in";
import { eventually, services } from "./support";

jest.setTimeout(900_000);
beforeAll(async () => {
  await enterLabEnvironment();
  await writeStackFile("standby", "standby", { mode: "hcloud", sshKey: "clawkeep-prod" });
  await nextServers("warm");
  await pulumiUp("standby");
  await refreshSshConfig();
});

async function expectNothingRuns(): Promise<void> {
  const states = await containerStates("standby");
  expect([...states.keys()].sort()).toEqual(services);
  expect([...states.values()].filter((state) => state !== "created")).toEqual([]);
  const unit = await onVps("standby", "systemctl is-enabled openclaw-gateway@openclaw.service || true");
  expect(unit.trim()).toBe("disabled");
  const listening = await onVps("standby", "ss -Hltn | awk '{print $4}' | sed 's/.*://' | sort -u");
  expect(listening).not.toMatch(/^443$/m);
}

test("every container is there and none runs; images and configuration are in place", async () => {
  await expectNothingRuns();
  const files = await onVps(
    "standby",
    "cat /opt/openclaw/config/gateway-openclaw/*/openclaw.json | head -c 20",
  );
  expect(files).toContain("gateway");
  // An update leaves the images of before on prod, so the ones in use are compared.
  const images = (name: string) =>
    onVps(name, "docker ps -a --format '{{.Names}} {{.Image}}' | grep -vE '^openclaw([.]|-canary)' | sort");
  expect(await images("standby")).toBe(await images("prod"));
  const sandbox = (name: string) =>
    onVps(
      name,
      "grep -ho 'clawkeep/sandbox:[0-9a-f]*' /opt/openclaw/config/gateway-openclaw/*/openclaw.json | sort -u",
    );
  expect(await sandbox("standby")).toBe(await sandbox("prod"));
  await onVps("standby", `docker image inspect ${(await sandbox("standby")).trim()}`);
});

test("the standby holds the values that have to survive a failover", async () => {
  // The newest revision of each service: an older one may be there as long as something could mount it.
  const newest = "for d in /opt/openclaw/secrets/*; do cat $d/$(ls -t $d | head -1)/*; done | sha256sum";
  const hash = (name: string) => onVps(name, newest);
  expect(await hash("standby")).toBe(await hash("prod"));
});

test("a second up changes nothing", async () => {
  await pulumi("up", ["--stack", "standby", "--yes", "--skip-preview", "--expect-no-changes"]);
});

test("nothing runs after its reboot either, not even when somebody starts the unit", async () => {
  await power("clawkeep-standby", "reboot");
  await eventually("ssh after the reboot", 120, async () => {
    await onVps("standby", "docker info >/dev/null && systemctl is-system-running --wait >/dev/null || true");
  });
  await expectNothingRuns();
  await onVps("standby", "systemctl start openclaw-gateway@openclaw.service || true; sleep 2");
  await expectNothingRuns();
});
