/** A cold restore, cut off after each thing that it does, and typed again. */
import { coldRestore, type ColdWorld } from "../../../tools/restore/cold";

/** What there is outside: a gateway is `absent`, `waits`, `restored` (and down), or `serves` with or without its data. */
interface Outside {
  known: boolean;
  gateway: "absent" | "waits" | "restored" | "serves";
  data: boolean;
  /** It has run without its data. */
  ranEmpty: boolean;
  saved: number;
}
class Cut extends Error {}

const nothing = (): Outside => ({ known: false, gateway: "absent", data: false, ranEmpty: false, saved: 0 });

/** The host's part as config-files/host/bin has it. @param cutAfter number of the thing after which all is cut off; 0: of none */
function worldOf(outside: Outside, cutAfter = 0, fails: Partial<Record<keyof ColdWorld, boolean>> = {}) {
  let done = 0;
  const did = async (): Promise<void> => {
    await Promise.resolve();
    done++;
    if (done === cutAfter) throw new Cut();
  };
  const world: ColdWorld = {
    known: () => Promise.resolve(outside.known),
    refusal: () => Promise.resolve(undefined),
    begin: async () => {
      if (fails.begin === true) return false;
      outside.known = true;
      await did();
      return true;
    },
    up: async (awaiting) => {
      // Everything but the gateways: it may be cut off in the middle.
      await did();
      if (fails.up === true) return false;
      if (awaiting) outside.gateway = "waits";
      // gateway-activate refuses.
      else if (outside.gateway === "waits") return false;
      else {
        outside.gateway = "serves";
        outside.ranEmpty ||= !outside.data;
      }
      await did();
      return true;
    },
    restore: async () => {
      if (fails.restore === true) throw new Error("there is no snapshot");
      outside.data = true;
      await did();
      if (outside.gateway === "waits") outside.gateway = "restored";
      await did();
    },
    save: async () => {
      outside.saved++;
      await did();
    },
  };
  return { world, done: () => done };
}

it("begins a stack that is not known, and starts its gateways once they have their data", async () => {
  const outside = nothing();
  await coldRestore("prod", worldOf(outside).world);
  expect(outside).toEqual({ known: true, gateway: "serves", data: true, ranEmpty: false, saved: 1 });
});

it("cut off after each thing that it does: no gateway has run empty, and typed again it comes to the same end", async () => {
  const whole = worldOf(nothing());
  await coldRestore("prod", whole.world);
  expect(whole.done()).toBeGreaterThan(6);
  for (let cut = 1; cut <= whole.done(); cut++) {
    const outside = nothing();
    await expect(coldRestore("prod", worldOf(outside, cut).world)).rejects.toThrow();
    expect([cut, outside.ranEmpty]).toEqual([cut, false]);
    // Somebody types pulumi up in between: it starts what is restored, and nothing else.
    if (outside.gateway !== "absent") await worldOf(outside).world.up(false);
    expect([cut, outside.ranEmpty]).toEqual([cut, false]);
    await coldRestore("prod", worldOf(outside).world);
    expect([cut, outside.gateway, outside.data, outside.ranEmpty]).toEqual([cut, "serves", true, false]);
  }
});

it.each([
  ["begin", "absent", /none could be begun: pulumi stack init prod$/],
  ["up", "absent", /nothing was restored.*make recover STACK=prod.*then: make restore STACK=prod COLD=1\n.*--give-up && pulumi up --stack prod$/],
  ["restore", "waits", /^there is no snapshot\nThe gateways are down .*: make restore STACK=prod COLD=1\n.*--give-up && pulumi up --stack prod$/],
] as const)("where %s goes wrong the gateway %s, and what to type is said", async (part, gateway, says) => {
  const outside = nothing();
  await expect(coldRestore("prod", worldOf(outside, 0, { [part]: true }).world)).rejects.toThrow(says);
  expect([outside.gateway, outside.saved]).toEqual([gateway, 0]);
}); // prettier-ignore

it("a host that was never lost is asked first, and goes on as it was", async () => {
  const outside: Outside = { ...nothing(), known: true, gateway: "serves", data: true };
  const { world, done } = worldOf(outside);
  const refusal = () => Promise.resolve("this host has made all 7 snapshots itself");
  await expect(coldRestore("prod", { ...world, refusal })).rejects.toThrow(
    /^this host has made all 7 snapshots itself\nNothing was touched, and the gateways go on$/,
  );
  expect([outside.gateway, done()]).toEqual(["serves", 0]);
});

it("a stack that nobody knows has no host that could be asked", async () => {
  const { world } = worldOf(nothing());
  const refusal = () => Promise.reject(new Error("there is no such stack"));
  await expect(coldRestore("prod", { ...world, refusal })).resolves.toBeUndefined();
});

it("where the last up goes wrong all of it is restored, and pulumi up is what is left", async () => {
  const outside = nothing();
  const { world } = worldOf(outside);
  const up = async (awaiting: boolean): Promise<boolean> => awaiting && (await world.up(true));
  await expect(coldRestore("prod", { ...world, up })).rejects.toThrow(/then: pulumi up --stack prod$/);
  expect(outside.gateway).toBe("restored");
});
