/** The running stack saves to an S3 storage, and to a machine by SSH, looks there and restores from there; and it can take nothing away. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { withPlace, type PlaceKind } from "../../lab/backups/places";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { pulumi, pulumiUp } from "../../lab/rehearsal/pulumi";
import { ensureSshIdentity } from "../../lab/rehearsal/ssh";
import { writeStackFile } from "../../lab/rehearsal/stacks";
import { onVps, tryOnVps } from "../../lab/rehearsal/vps";
import { expectRestored, lastRun, make, saySomething } from "./backups";
import { expectAnswering, writeMarker } from "./kept";
import { look } from "./looks";

jest.setTimeout(900_000);
beforeAll(enterLabEnvironment);
afterAll(async () => {
  await writeStackFile("prod", "active", { mode: "hcloud", sshKey: await ensureSshIdentity() });
  await pulumiUp("prod");
});

const places: readonly [PlaceKind, RegExp][] = [
  ["s3", /Access Denied|AccessDenied|403/i],
  // rclone's own words for what --append-only forbids.
  ["ssh", /403 Forbidden|405|not allowed|append/i],
];

test.each(places)("%s: saved, looked at, restored, and not to be deleted", async (kind, refusal) => {
  await withPlace(kind, async ({ settings, secrets, repository }) => {
    await writeStackFile(
      "prod",
      "active",
      { mode: "hcloud", sshKey: await ensureSshIdentity() },
      { "clawkeep:backups": { ...settings, everyMinutes: 1440 } },
      {
        "clawkeep:backupServerPassword": undefined,
        ...Object.fromEntries(Object.entries(secrets).map(([key, value]) => [`clawkeep:${key}`, value])),
      },
    );
    await pulumiUp("prod");
    expect(existsSync(join(repository, "config"))).toBe(true);
    const { words, spentBefore } = await saySomething(kind);
    const id = (await lastRun()).snapshot?.id ?? "";
    expect(readdirSync(join(repository, "snapshots"))).toContain(id);
    expect(await make("backups")).toContain(id.slice(0, 8));
    const rows = await look(({ name }) =>
      ["the repository answers", "the last run has made one"].includes(name),
    );
    expect(rows.map(({ ok }) => ok)).toEqual([true, true]);

    await writeMarker("said later");
    expect(await make("restore", `SNAPSHOT=${id.slice(0, 8)}`)).toContain("openclaw: snapshot");
    await expectAnswering(`restored from ${kind}`);
    await expectRestored(words, spentBefore);
    await onVps("prod", "rm -rf /opt/openclaw/monitoring/backups/replaced-openclaw-*");

    const script = `import sys; sys.path.insert(0, "/opt/openclaw/bin")
from backup_restic import read_order, restic
restic(read_order(), ["forget", "--prune", "${id}"], 90)`;
    const { code, stderr } = await tryOnVps("prod", `python3 -B -c '${script}'`);
    expect([code, stderr]).toEqual([1, expect.stringMatching(refusal)]);
    expect(readdirSync(join(repository, "snapshots"))).toContain(id);
    await pulumi("preview", ["--stack", "prod", "--expect-no-changes"]);
  });
});
