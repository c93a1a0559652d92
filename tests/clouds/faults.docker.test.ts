/**
 * Ten of all faults that a call of an `up` can meet at Hetzner or Cloudflare; which ten, CLAWKEEP_FAULT_SEED says (a
 * number, 1 unless said). All of them: `make test-long NAME=faults-cut-reads` and the rows beside it.
 */
import { ensureToolchain } from "../lab/toolchain/project";
import { calls, callsOfAnUp, faultKinds, meet, nameOf, refusals, seeded, type FaultKind } from "./faults";

jest.setTimeout(600_000);
beforeAll(ensureToolchain, 30 * 60_000);

const all = calls.flatMap((call) =>
  (Object.keys(faultKinds) as FaultKind[]).map((kind) => [call, kind] as const),
);

test("the calls of an `up` are those that faults are made of", async () => {
  expect((await callsOfAnUp()).sort()).toEqual(calls.map(nameOf).sort());
});

test.each(seeded(all, 10).map(([call, kind]) => [nameOf(call), kind, call] as const))(
  "%s %s: the next `up`, and what it says to type, end in a whole stack",
  async (_, kind, call) => {
    await meet(call, kind);
  },
);

test.each(seeded(refusals, 3).map(([call, fault, said]) => [nameOf(call), fault, call, said] as const))(
  "%s is refused with %j: the `up` says why, and the next ones end in a whole stack",
  async (_, fault, call, said) => {
    const { first } = await meet(call, fault);
    // Hetzner's plugin tries some of them again, and then nothing is to be said.
    if (first.code !== 0) expect(first.text).toMatch(said);
  },
);
