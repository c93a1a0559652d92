/**
 * The short form of the four gateways (30-four-gateways.test.ts): the rehearsal's one gateway does some of the worst, and what
 * every gateway of a host uses goes on: LiteLLM, the relay, the proxies, Docker, sshd.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { script } from "../../lab/rehearsal/world";
import { containerStates, onVps } from "../../lab/rehearsal/vps";
import { cleanUp, during } from "./load/attacker";
import type { Hostile } from "./load/gateway-prelude";
import { machineOf, whatRuns } from "./load/machine";
import { worstThings } from "./load/worst-things";
import { eventually, services, turnWithTool } from "./support";

jest.setTimeout(300_000);

const hostile: Hostile = {
  ...{ name: "openclaw", slot: 0, release: "2026.9" },
  machine: "clawkeep-vps-clawkeep-prod",
};
/** Of each, for as long as something else would notice it. */
const seconds = 4;
const some = worstThings.filter(({ name }) =>
  /^burns CPU$|^forks|^takes memory to its limit$|^writes without end|^sandboxes made|at LiteLLM|own log/.test(
    name,
  ),
);
const look = (): Promise<string[]> =>
  whatRuns(machineOf(hostile.machine), hostile.name, ["docker.service", "containerd.service", "ssh.service"]);
let before: string[] = [];

beforeAll(async () => {
  await enterLabEnvironment();
  // One that OpenClaw made counts among the three.
  await cleanUp(hostile);
  before = await look();
});
afterAll(async () => {
  await cleanUp(hostile);
  await script("anthropic", []);
});

test("there are some, from its sandboxes and from its process", () => {
  expect(some).toHaveLength(7);
  expect(new Set(some.map(({ from }) => from)).size).toBe(2);
  expect(before.length).toBeGreaterThan(6);
});

test.each(some)("$from: $name: sshd lets root in meanwhile", async (thing) => {
  await during(hostile, thing, async () => {
    await sleep(seconds * 1000);
    const began = Date.now();
    await onVps("prod", "true");
    expect(Date.now() - began).toBeLessThan(15_000);
  });
});

test("nothing that others use was started anew, all of it is healthy, and the gateway answers with a tool", async () => {
  await cleanUp(hostile);
  expect(await look()).toEqual(before);
  await eventually("all to be healthy", 90, async () => {
    const states = await containerStates("prod");
    const ill = services.filter((name) => states.get(name) !== "healthy");
    expect(ill).toEqual([]);
  });
  await eventually("a turn with a tool", 120, turnWithTool);
});
