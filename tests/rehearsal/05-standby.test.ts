/**
 * The standby: the same code on a server of its own, everything in place, nothing that polls or serves. Which of the two is the
 * active one is recorded outside both.
 */
import { epochName, epochTarget } from "../../config/active-record";
import { addresses, endpoints, zone } from "../../lab/internet/addresses";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { chatTurn } from "../../lab/rehearsal/public";
import { pulumi, tryPulumi } from "../../lab/rehearsal/pulumi";
import { hostname, writeStackFile } from "../../lab/rehearsal/stacks";
import { containerStates, onVps, tryOnVps } from "../../lab/rehearsal/vps";
import { power } from "../../lab/vps/stand-in";
import { deployStandby, stacks } from "./failover";
import { eventually, services } from "./support";
import { writeToken } from "./tokens";

jest.setTimeout(900_000);
beforeAll(async () => {
  await enterLabEnvironment();
  await deployStandby();
});

async function expectNothingRuns(): Promise<void> {
  const states = await containerStates("standby");
  // They come and go: each time that a snapshot is looked for, and put in place.
  for (const name of ["openclaw-backup", "openclaw-state"]) states.delete(name);
  expect([...states.keys()].sort()).toEqual(services);
  // Snapshots come in through it, where there are backups.
  const others = [...states].filter(([name]) => name !== "openclaw-egress");
  expect(others.filter(([, state]) => state !== "created")).toEqual([]);
  const unit = await onVps("standby", "systemctl is-enabled openclaw-gateway@openclaw.service || true");
  expect(unit.trim()).toBe("disabled");
  const listening = await onVps("standby", "ss -Hltn | awk '{print $4}' | sed 's/.*://' | sort -u");
  expect(listening).not.toMatch(/^443$/m);
}

test("every container is there and none runs but the way by which snapshots come in; images and configuration are in place", async () => {
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
      // That of before stays for as long as a container could mount it.
      "grep -ho 'clawkeep/sandbox:[0-9a-f]*' $(ls -td /opt/openclaw/config/gateway-openclaw/*/ | head -n 1)openclaw.json | sort -u",
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
  // What does not run is as it should be, and stays said so when this stack takes over.
  await eventually("the host has looked at itself", 300, async () => {
    expect(await onVps("standby", "/opt/openclaw/bin/host-boot check")).toMatch(
      /^all came back \d+ s after the boot of .*fenced: prod is recorded as the active stack/,
    );
  });
  await onVps("standby", "systemctl start openclaw-gateway@openclaw.service || true; sleep 2");
  await expectNothingRuns();
});

describe("who is the active one", () => {
  const unit = "openclaw-gateway@openclaw.service";
  const asked = (stack: string): Promise<string> => onVps(stack, "/opt/openclaw/bin/active-record");
  const records = `${endpoints.cloudflare}/zones/${zone.id}/dns_records`;
  const cloudflare = async (method: string, url: string, body?: object): Promise<{ id: string }> => {
    const answer = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${writeToken("cloudflare")}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return ((await answer.json()) as { result: { id: string } }).result;
  };
  const state = async (): Promise<string> =>
    (await onVps("prod", `systemctl show --property=ActiveState --value ${unit}`)).trim();
  const epochOf = async (): Promise<number> => Number(/epoch (\d+)/.exec(await asked("prod"))?.[1]);

  test("both hosts read that it is prod, which its first up has recorded", async () => {
    for (const stack of ["prod", "standby"]) expect(await asked(stack)).toMatch(/^prod, epoch \d+\n$/);
  });

  test("a role that is changed by hand to active is refused before anything is touched", async () => {
    await writeStackFile("standby", "active", { mode: "hcloud", sshKey: "clawkeep-prod" });
    try {
      const { outcome } = await tryPulumi("up", ["--stack", "standby", "--yes", "--skip-preview"]);
      expect(outcome.code).not.toBe(0);
      expect(outcome.stdout + outcome.stderr).toMatch(
        /prod is recorded as the active stack .*two would poll one bot.*Nothing was touched/s,
      );
    } finally {
      await writeStackFile("standby", "standby", { mode: "hcloud", sshKey: "clawkeep-prod" });
    }
    await expectNothingRuns();
    await pulumi("up", ["--stack", "standby", "--yes", "--skip-preview", "--expect-no-changes"]);
  });

  test("where the standby has the next epoch, prod's gateway stays down, its up is refused, and no list without it is believed", async () => {
    const epoch = (await epochOf()) + 1;
    const journal = (): Promise<string> => onVps("prod", `journalctl -u ${unit} -n 20 -o cat`);
    const { id } = await cloudflare("POST", records, {
      ...{ type: "CNAME", name: epochName(hostname, epoch), content: epochTarget(hostname, "standby") },
      ...{ proxied: false, ttl: 1 },
    });
    try {
      await onVps("prod", `systemctl restart ${unit} || true`);
      expect(await state()).toBe("inactive");
      expect(await journal()).toContain(
        `openclaw stays down: standby is recorded as the active stack (epoch ${epoch})`,
      );
      const { outcome } = await tryPulumi("up", ["--stack", "prod", "--yes", "--skip-preview"]);
      expect(outcome.stdout + outcome.stderr).toMatch(/standby is recorded .*Nothing was touched/s);
      expect(await state()).toBe("inactive");
    } finally {
      await cloudflare("DELETE", `${records}/${id}`);
    }
    const doubt =
      `Cloudflare answers with epoch ${epoch - 1} (prod), and this host has read epoch ${epoch} (standby) before: the answer is an ` +
      `older one, or somebody has deleted or changed the record ${epochName(hostname, epoch)}.`;
    try {
      await onVps("prod", `systemctl start --no-block ${unit}; sleep 12`);
      expect(await state()).toBe("activating");
      expect(await journal()).toContain(`waits for the record of the active stack: ${doubt}`);
      const { code, stderr } = await tryOnVps("prod", "/opt/openclaw/bin/active-record");
      expect([code, stderr]).toEqual([1, expect.stringContaining(`active-record: ${doubt}`)]);
      expect(await onVps("prod", "/opt/openclaw/bin/active-record forget")).toBe(
        `forgotten: epoch ${epoch} (standby) of ${hostname}\n`,
      );
      await eventually("the gateway that has waited serves", 240, async () => {
        expect(await chatTurn("Say: believed again")).toContain("believed again");
      });
      expect(await onVps("prod", "/opt/openclaw/bin/active-record remembered")).toBe(
        `prod, epoch ${epoch - 1}\n`,
      );
    } finally {
      // The standby may have read it too. Else no later test would find who is the active one.
      for (const stack of stacks) await onVps(stack, "/opt/openclaw/bin/active-record forget");
    }
  });

  test("where nobody answers, it waits, until the operator says so", async () => {
    const rule = `ip daddr ${addresses.admin} tcp dport ${endpoints.cloudflarePort} reject`;
    await onVps("prod", `systemctl stop ${unit}`);
    await onVps(
      "prod",
      `nft add table inet deaf; nft add chain inet deaf out '{ type filter hook output priority 0; }'
nft add rule inet deaf out ${rule}; rm -f /run/clawkeep/active-record; systemctl start --no-block ${unit}; sleep 12`,
    );
    try {
      expect(await state()).toBe("activating");
      expect(await onVps("prod", `journalctl -u ${unit} -n 20 -o cat`)).toMatch(
        /waits for the record of the active stack: Cloudflare cannot be asked/,
      );
      await onVps("prod", "/opt/openclaw/bin/active-record start-anyway");
      await eventually("the gateway is started anyway", 120, async () =>
        expect(await state()).toBe("active"),
      );
    } finally {
      await onVps("prod", "nft delete table inet deaf; rm -f /run/clawkeep/start-anyway");
      await onVps("prod", `systemctl restart ${unit}`);
    }
    await eventually("a chat turn", 120, async () => {
      expect(await chatTurn("Say: prod serves again")).toContain("prod serves again");
    });
  });
});
