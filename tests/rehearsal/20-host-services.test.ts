/** Services of the host are restarted, as a package update or an operator does: afterwards a turn that uses a tool works. */
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { onVps } from "../../lab/rehearsal/vps";
import { script } from "../../lab/rehearsal/world";
import { eventually, services, turnWithTool } from "./support";

jest.setTimeout(600_000);
beforeAll(enterLabEnvironment);
afterAll(() => script("anthropic", []));

/** Of every container but the gateway's own, which its unit starts, and sandboxes. */
const starts = (): Promise<string> =>
  onVps(
    "prod",
    `docker inspect --format '{{.Name}} {{.State.StartedAt}}' ${services.filter((name) => name !== "openclaw").join(" ")}`,
  );

test.each([
  ["Docker is restarted", "systemctl restart docker"],
  [
    "Docker and its socket are stopped and started",
    "systemctl stop docker.socket docker.service && systemctl start docker",
  ],
  ["systemd is started anew", "systemctl daemon-reexec"],
  ["nftables is restarted, which empties every table of the host", "systemctl restart nftables"],
])("%s: a turn with a tool works, and nothing else was restarted", async (_, command) => {
  await turnWithTool();
  const before = await starts();
  await onVps("prod", command);
  await eventually("a turn with a tool", 240, turnWithTool);
  expect(await starts()).toBe(before);
  expect(
    await onVps("prod", "/opt/openclaw/bin/apply-firewall check && /opt/openclaw/bin/docker-settings check"),
  ).toMatch(/holds the confirmed ruleset.*as ordered/s);
});
