/** `make verify` on the deployed stack: everything holds, and nothing is changed. */
import { join } from "node:path";
import { attempt } from "../../lab/lib/exec";
import { repoDir } from "../../lab/lib/paths";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { labSecrets } from "../../lab/rehearsal/stacks";
import { onVps } from "../../lab/rehearsal/vps";
import type { Result } from "../../tools/verify/row";

jest.setTimeout(300_000);
const tsx = join(repoDir, "node_modules", ".bin", "tsx");
beforeAll(enterLabEnvironment);

/** What a look at the host must leave as it was: containers, files of ours, rules, units. */
const fingerprint = (): Promise<string> =>
  onVps(
    "prod",
    `docker ps -a --no-trunc --format '{{.ID}} {{.Names}}' | sort
docker inspect --format '{{.Name}} {{.State.StartedAt}} {{.RestartCount}}' $(docker ps -q) | sort
find /opt/openclaw/bin /opt/openclaw/config /opt/openclaw/secrets /etc/clawkeep /etc/systemd/system -type f -printf '%p %m %T@ %s\\n' | sort
nft list tables; docker network ls --no-trunc -q | sort`,
  );

test("everything holds, as JSON; the host is as it was, and no secret is in what is printed", async () => {
  const before = await fingerprint();
  const json = await attempt(tsx, [join(repoDir, "tools/verify.ts"), "prod", "--json"]);
  for (const value of Object.values(await labSecrets()))
    expect(json.stdout + json.stderr).not.toContain(value);
  const report = JSON.parse(json.stdout) as { ok: boolean; results: Result[] };
  expect(report.results.filter(({ ok }) => !ok)).toEqual([]);
  expect([json.code, report.ok]).toEqual([0, true]);
  expect(report.results.length).toBeGreaterThan(60);
  expect(await fingerprint()).toBe(before);
});

test("a stack that cannot be asked: exit code 2; one that falls short: 1, and the table says what", async () => {
  const none = await attempt(tsx, [join(repoDir, "tools/verify.ts"), "no-such-stack"]);
  expect(none.code).toBe(2);
  await onVps("prod", "docker pause openclaw-caddy");
  try {
    const short = await attempt(tsx, [join(repoDir, "tools/verify.ts"), "prod"]);
    expect(short.code).toBe(1);
    expect(short.stdout).toMatch(/FAILED openclaw-caddy is healthy/);
    expect(short.stdout).toMatch(/it is paused/);
  } finally {
    await onVps("prod", "docker unpause openclaw-caddy");
  }
});
