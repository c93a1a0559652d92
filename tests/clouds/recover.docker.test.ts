/**
 * An `up` that is killed while a cloud makes something for it: `make recover` and one `up` end where an undisturbed one does.
 * CLAWKEEP_FAULT_SEED chooses the moments.
 */
import { ensureToolchain, toolchainTimeout } from "../lab/toolchain/project";
import { calls, expectWhole, nameOf, seeded } from "./faults";
import { CloudStack } from "./stack";

jest.setTimeout(240_000);
beforeAll(ensureToolchain, toolchainTimeout);

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
      process.kill(-(up.pid ?? 0), "SIGKILL");
    }
  } finally {
    await stack.stop();
  }
});
