/** A server is replaced behind its address, also one that does not do as it is told, unless somebody has only the wrong key. */
import { docker } from "../../lab/lib/docker";
import { run } from "../../lab/lib/exec";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import {
  nextServers,
  pulumi,
  pulumiUp,
  refreshSshConfig,
  tryPulumi,
  urnOf,
} from "../../lab/rehearsal/pulumi";
import { chatTurn } from "../../lab/rehearsal/public";
import { onVps } from "../../lab/rehearsal/vps";
import { power } from "../../lab/vps/stand-in";
import { expectAnswering, lastTick, serverMade, ticksIn, whatIsKept } from "./kept";
import { noRoomOnce } from "./hetzner";
import { eventually, withHost } from "./support";

jest.setTimeout(900_000);
beforeAll(async () => {
  await enterLabEnvironment();
  await nextServers("warm");
});

const server = "clawkeep-vps-clawkeep-prod";

/** Answered just now, so that nothing of it has got to the disk by the passing of time. */
async function answeredTurns(): Promise<string[]> {
  const words = [1, 2, 3].map((n) => `gone-${Date.now()}-${n}`);
  for (const each of words) expect(await chatTurn(`Say: ${each}`)).toContain(each);
  return words;
}

async function expectBackWith(words: readonly string[], before: string): Promise<void> {
  expect(await serverMade()).not.toBe(before);
  await refreshSshConfig();
  await expectAnswering("on a new server");
  const { integrity, found } = await whatIsKept("prod", words);
  expect([new Set(Object.values(integrity)), found]).toEqual([new Set(["ok"]), [...words].sort()]);
  await pulumi("preview", ["--stack", "prod", "--expect-no-changes"]);
}

const replace = async (): Promise<string[]> => ["--replace", (await urnOf("prod", "host-server")) ?? ""];

test("one that is replaced is shut down first: nothing is lost that anybody was told", async () => {
  const [words, before] = [await answeredTurns(), await serverMade()];
  const ticking = ticksIn("prod", "replaced.txt");
  await eventually("the first numbers", 30, () =>
    Promise.resolve(expect(ticking.heard()).toBeGreaterThan(10)),
  );
  const said = await pulumiUp("prod", ...(await replace()));
  ticking.end();
  expect(said).toContain("shut-down-host: at rest, everything is on the disks");
  await expectBackWith(words, before);
  const kept = await onVps("prod", "findmnt -no SOURCE /opt/openclaw/volume");
  expect(kept.trim()).not.toBe("");
  expect(await lastTick("prod", "replaced.txt")).toBeGreaterThanOrEqual(ticking.heard());
});

test("one that is given another type is shut down first; refused then, it stays off until the same up goes through", async () => {
  const [words, before] = [await answeredTurns(), await serverMade()];
  await withHost({ serverType: "ccx13" }, async () => {
    await noRoomOnce("POST", "/servers/\\d+/actions/change_type");
    const { outcome } = await tryPulumi("up", ["--stack", "prod", "--yes", "--skip-preview"]);
    expect(outcome.code).not.toBe(0);
    expect(outcome.stdout + outcome.stderr).toContain("shut-down-host: at rest");
    expect(await run("docker", ["ps", "--quiet", "--filter", `name=^${server}$`])).toBe("");
    await pulumiUp("prod");
    await expectAnswering("of another type");
  });
  await pulumiUp("prod");
  await expectAnswering("of the first type again");
  expect(await serverMade()).toBe(before);
  const { integrity, found } = await whatIsKept("prod", words);
  expect([new Set(Object.values(integrity)), found]).toEqual([new Set(["ok"]), [...words].sort()]);
  await pulumi("preview", ["--stack", "prod", "--expect-no-changes"]);
});

test("one that is frozen, and one whose power was cut, are replaced as they are; what was answered is there", async () => {
  for (const stop of [() => docker(["pause", server]), () => power("clawkeep-prod", "off")]) {
    const [words, before] = [await answeredTurns(), await serverMade()];
    await stop();
    const said = await pulumiUp("prod", ...(await replace()));
    expect(said).toContain("could not be brought to rest; it goes as it is");
    await expectBackWith(words, before);
  }
});

test("one that lets nobody in is left alone, until it does", async () => {
  const [words, before] = [await answeredTurns(), await serverMade()];
  const inside = (command: string): Promise<string> => run("docker", ["exec", server, "sh", "-ec", command]);
  const running = (): Promise<string> => inside("docker ps --no-trunc --quiet | sort");
  const containers = await running();
  const args = ["--stack", "prod", "--yes", "--skip-preview", ...(await replace())];
  await inside("mv /root/.ssh /root/.ssh-away");
  try {
    const { outcome } = await tryPulumi("up", args);
    expect(outcome.code).not.toBe(0);
    expect(outcome.stdout + outcome.stderr).toMatch(/lets nobody in, so it was not shut down.*ssh-add -l/s);
    expect([await serverMade(), await running()]).toEqual([before, containers]);
  } finally {
    await inside("mv /root/.ssh-away /root/.ssh");
  }
  const said = await pulumi("up", args);
  expect(said).toContain("shut-down-host: at rest");
  await expectBackWith(words, before);
});
