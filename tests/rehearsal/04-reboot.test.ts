/** After a reboot everything comes back by itself, in the order that the parts need. */
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { chatTurn } from "../../lab/rehearsal/public";
import { containerStates, onVps } from "../../lab/rehearsal/vps";
import { power } from "../../lab/vps/stand-in";
import { eventually } from "./support";

jest.setTimeout(600_000);
beforeAll(enterLabEnvironment);

test("the gateway starts after what it needs, and answers", async () => {
  await power("clawkeep-prod", "reboot");
  await eventually("a chat turn after the reboot", 240, async () => {
    expect(await chatTurn("Say: back again")).toContain("back again");
  });
  const started = async (name: string): Promise<number> =>
    Date.parse((await onVps("prod", `docker inspect --format '{{.State.StartedAt}}' ${name}`)).trim());
  const gateway = await started("openclaw");
  for (const needed of ["openclaw-docker-proxy", "openclaw-egress", "openclaw-litellm", "openclaw-redis"]) {
    expect(await started(needed)).toBeLessThan(gateway);
  }
});

test("the file systems have their flags and the containers their limits again", async () => {
  const mounts = await onVps("prod", "findmnt -rno TARGET,OPTIONS | grep /opt/openclaw/gateways/openclaw");
  expect(mounts).toMatch(/\/state \S*nosuid\S*nodev/);
  expect(mounts).toMatch(/\/sandboxes\/workspaces \S*nosuid\S*nodev\S*nosymfollow/);
  const pids = await onVps(
    "prod",
    "docker inspect --format '{{.HostConfig.PidsLimit}}' openclaw openclaw-litellm",
  );
  expect(
    pids
      .trim()
      .split("\n")
      .map(Number)
      .every((limit) => limit > 0),
  ).toBe(true);
  await eventually("every container healthy", 90, async () => {
    const states = [...(await containerStates("prod"))].filter(([name]) => !name.startsWith("openclaw-sbx-"));
    expect(states.filter(([, state]) => state !== "healthy")).toEqual([]);
  });
});
