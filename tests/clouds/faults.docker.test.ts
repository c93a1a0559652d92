/**
 * Ten of all faults that a call of an `up` can meet at Hetzner or Cloudflare; which ten, CLAWKEEP_FAULT_SEED says (a
 * number, 1 unless said). All of them: `make test-long NAME=faults-cut` and the rows beside it.
 */
import { ensureToolchain } from "../lab/toolchain/project";
import { calls, callsOfAnUp, faultKinds, meet, nameOf, type FaultKind } from "./faults";

jest.setTimeout(300_000);
beforeAll(ensureToolchain, 30 * 60_000);

const all = calls.flatMap((call) =>
  (Object.keys(faultKinds) as FaultKind[]).map((kind) => [call, kind] as const),
);

/** The beginning of a shuffle by the smallest of generators (Park and Miller). */
function some(count: number, seed: number) {
  const left = [...all];
  let state = seed % 2147483647 || 1;
  return Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return left.splice(state % left.length, 1)[0] ?? all[0];
  }).filter((each) => each !== undefined);
}

test("the calls of an `up` are those that faults are made of", async () => {
  expect((await callsOfAnUp()).sort()).toEqual(calls.map(nameOf).sort());
});

const seed = Number(process.env["CLAWKEEP_FAULT_SEED"] ?? 1);
test.each(some(10, seed).map(([call, kind]) => [nameOf(call), kind, call] as const))(
  "%s %s: the next `up`, and what it says to type, end in a whole stack",
  async (_, kind, call) => {
    await meet(call, kind);
  },
);
