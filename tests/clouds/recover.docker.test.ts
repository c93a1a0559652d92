/**
 * An `up` that is killed while a cloud makes something for it: `make recover` and one `up` end where an undisturbed one does.
 * CLAWKEEP_FAULT_SEED chooses the moments.
 */
import { existsSync, readFileSync } from "node:fs";
import { ensureToolchain, toolchainTimeout } from "../lab/toolchain/project";
import { calls, expectWhole, nameOf, seeded } from "./faults";
import { familyOf, killWithAll } from "./kill";
import { CloudStack } from "./stack";

jest.setTimeout(600_000);
beforeAll(ensureToolchain, toolchainTimeout);

const isPlugin = (pid: number): boolean =>
  existsSync(`/proc/${pid}/cmdline`) &&
  readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("pulumi-resource-");

/** Calls that leave something behind. A server that is being made is the one that costs most. */
const making = calls.filter(({ method }) => method === "POST");
const isServer = ({ path }: (typeof making)[number]): boolean => path === "/servers";
const others = making.filter((call) => !isServer(call));
const moments = [
  ...making.filter(isServer).map((call) => ({ call, done: true })),
  ...seeded(others, 2).map((call, index) => ({ call, done: index > 0 })),
];

test.each(moments.map(({ call, done }) => [nameOf(call), done ? "done" : "not done", call, done] as const))(
  "killed at %s, %s",
  async (_, __, call, done) => {
    const stack = new CloudStack();
    await stack.start();
    try {
      await stack.upKilledAt(call, done);
      expect((await stack.up()).text).toMatch(/currently locked by 1 lock/);
      expect((await stack.pending()).join()).toMatch(/creating|updating/);
      const said = await stack.recover();
      expect({ code: said.code, text: said.text }).toEqual({
        code: 0,
        text: expect.stringMatching(
          /the lock of one that has ended is taken away[^]*nothing is in the way of: pulumi up/,
        ),
      });
      expect(await stack.pending()).toEqual([]);
      // A second time there is nothing to do.
      expect(await stack.recover()).toMatchObject({ code: 0 });
      const up = await stack.up();
      expect({ code: up.code, text: up.code === 0 ? "" : up.text }).toEqual({ code: 0, text: "" });
      await expectWhole(stack);
    } finally {
      await stack.stop();
    }
  },
);

/** In a stack of its own, which is whole in the end. */
async function inAStack(work: (stack: CloudStack) => Promise<void>): Promise<void> {
  const stack = new CloudStack();
  await stack.start();
  try {
    await work(stack);
    const up = await stack.up();
    expect({ code: up.code, text: up.code === 0 ? "" : up.text }).toEqual({ code: 0, text: "" });
    await expectWhole(stack);
  } finally {
    await stack.stop();
  }
}
const atServer = { cloud: "hetzner", method: "POST", path: "/servers" } as const;
const serverRemoved = {
  code: 0,
  text: expect.stringMatching(/clawkeep-test \(\d+\) was half made, and is removed/),
};

test("killed, then `pulumi cancel`, which Pulumi's own words name, and a first `make recover` that Hetzner refuses", () =>
  inAStack(async (stack) => {
    await stack.upKilledAt(atServer, true);
    await stack.clearFaults();
    await stack.pulumi("cancel", "--yes");
    expect((await stack.up()).text).toMatch(/make recover STACK=test finds by itself/);
    await stack.fault("hetzner", { method: "GET", path: "/servers", status: 401 });
    expect(await stack.recover()).toMatchObject({ code: 1, text: expect.stringMatching(/Hetzner refuses/) });
    expect(await stack.recover()).toMatchObject(serverRemoved);
    expect(await stack.pending()).toEqual([]);
  }));

test("killed while a server is made in another's place", () =>
  inAStack(async (stack) => {
    expect(await stack.up()).toMatchObject({ code: 0 });
    await stack.upKilledAt(atServer, true, "--replace", await stack.urnOf("host-server"));
    await stack.clearFaults();
    expect(await stack.recover()).toMatchObject(serverRemoved);
  }));

test("killed without its plugins: they are waited for, and named with what ends them", () =>
  inAStack(async (stack) => {
    const up = await stack.upHangingAt(atServer, true);
    const family = familyOf(up.pid ?? 0);
    const ended = new Promise((resolve) => up.once("exit", resolve));
    process.kill(-(up.pid ?? 0), "SIGKILL");
    await ended;
    const recovered = stack.recover();
    // Whoever is still there of those that this `up` has started.
    const left = family.filter((pid) => isPlugin(pid));
    expect(left.length).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    for (const pid of left) process.kill(pid);
    const said = await recovered;
    expect(said).toMatchObject(serverRemoved);
    for (const pid of left) expect(said.text).toMatch(new RegExp(`: kill [\\d ]*\\b${pid}\\b`));
  }));

test("one that runs is left alone", async () => {
  const stack = new CloudStack();
  await stack.start();
  try {
    await stack.configure();
    await stack.fault("hetzner", { method: "POST", path: "/volumes", status: "hang" });
    const up = stack.begin();
    try {
      for (let tries = 0; (await stack.unmet()) > 0 && tries < 300; tries++)
        await new Promise((resolve) => setTimeout(resolve, 200));
      const said = await stack.recover("--unlock");
      expect([said.code, said.text]).toEqual([
        1,
        expect.stringMatching(/pulumi is at work on test \(process \d+ of/),
      ]);
    } finally {
      killWithAll(up.pid ?? 0);
    }
  } finally {
    await stack.stop();
  }
});
