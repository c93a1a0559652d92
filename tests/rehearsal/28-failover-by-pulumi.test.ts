/**
 * The standby takes over by the commands that docs/runbooks/failover.md gives for whoever has no tool of ours, typed as they stand
 * there: one poller at each moment, and nothing of the last snapshot is lost. Ends with prod active.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { endpoints, zone } from "../../lab/internet/addresses";
import { attempt, type Outcome } from "../../lab/lib/exec";
import { repoDir } from "../../lab/lib/paths";
import { chatTurn } from "../../lab/rehearsal/public";
import { urnOf } from "../../lab/rehearsal/pulumi";
import { hostname } from "../../lab/rehearsal/stacks";
import { onVps } from "../../lab/rehearsal/vps";
import {
  addressOf,
  conflicts,
  followingPair,
  lying,
  make,
  onePoll,
  pollersSince,
  prodIsHome,
  said,
} from "./failover";
import { whatIsKept } from "./kept";
import { eventually } from "./support";
import { writeToken } from "./tokens";

jest.setTimeout(1_500_000);
beforeAll(followingPair);
afterAll(prodIsHome);

const text =
  readFileSync(join(repoDir, "docs", "runbooks", "failover.md"), "utf8").split("## By Pulumi alone")[1] ?? "";
/** Commands of the step with that number. */
const step = (number: number): string[] => {
  const [, part = ""] = text.split(new RegExp(`^${number}\\. `, "m"));
  const [own = ""] = part.split(/^\d\. /m);
  return [...own.matchAll(/^ {7}(\S.*)$/gm)].map(([, command = ""]) => command);
};
const typed = (command: string): Promise<Outcome> =>
  attempt("sh", ["-c", command], {
    cwd: repoDir,
    env: { PULUMI_SKIP_CONFIRMATIONS: "true" },
    timeoutSeconds: 600,
  });

test("each command as it stands there: the standby serves what was saved, and the name leads to it", async () => {
  await chatTurn("Say: said before the last snapshot");
  const asked = Date.now();
  await eventually("a snapshot since then lies at the standby", 240, async () => {
    expect((await lying("standby")).seconds ?? Infinity).toBeLessThan((Date.now() - asked) / 1000);
  });
  const [before, began] = [await conflicts(), Date.now() - onePoll];
  const epoch =
    Number(/epoch (\d+)/.exec(await onVps("standby", "/opt/openclaw/bin/active-record"))?.[1]) + 1;

  expect(step(1)).toHaveLength(1);
  for (const command of step(1)) expect(await onVps("prod", command)).toMatch(/^down, and stays down/m);

  const [create = ""] = step(2).map((command) =>
    command
      .replaceAll("EPOCH", String(epoch))
      .replaceAll("NAME", hostname)
      .replaceAll("ZONE", zone.id)
      .replaceAll("https://api.cloudflare.com/client/v4", endpoints.cloudflare)
      .replaceAll("$CLOUDFLARE_API_TOKEN", writeToken("cloudflare")),
  );
  expect(said(await typed(create))).toMatch(/^0\n.*"success": ?true/s);
  // Who comes second is told.
  expect(said(await typed(create))).toMatch(/81053/);

  expect(step(3)).toHaveLength(1);
  for (const command of step(3)) await onVps("standby", command);

  const [up = "", ...settings] = step(4).reverse();
  for (const command of settings.reverse()) expect(said(await typed(command))).toMatch(/^0\n/);
  const refused = said(await typed(up));
  expect(refused).not.toMatch(/^0\n/);
  const [, takeOver = ""] = /(pulumi import --stack standby \S+ \S+ \S+)/.exec(refused) ?? [];
  expect(said(await typed(takeOver))).toMatch(/^0\n/);
  expect(said(await typed(up))).toMatch(/^0\n/);

  const urn = (await urnOf("prod", "reverse-proxy-public-record")) ?? "";
  for (const command of step(5))
    expect(said(await typed(command.replace("URN", `'${urn}'`)))).toMatch(/^0\n/);

  expect(await chatTurn("Say: by hand")).toContain("by hand");
  expect((await whatIsKept("standby", ["said before the last snapshot"])).found).toHaveLength(1);
  expect((await conflicts()) - before).toBe(0);
  expect(await pollersSince(began)).toEqual([await addressOf("prod"), await addressOf("standby")]);
  const verified = await typed("make --silent verify STACK=standby LAB=1");
  expect(said(verified)).toMatch(/^0\n/);
});

test("and home by the tool", async () => {
  expect(said(await make("failback", "STACK=prod"))).toMatch(/^0\n/);
  expect(await chatTurn("Say: home again")).toContain("home again");
});
