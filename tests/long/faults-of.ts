/** One kind of fault at each call of an `up`. */
import { calls, meet, nameOf, type FaultKind } from "../clouds/faults";
import { ensureToolchain } from "../lab/toolchain/project";

export function faultsOf(kind: FaultKind): void {
  jest.setTimeout(300_000);
  beforeAll(ensureToolchain, 30 * 60_000);
  test.each(calls.map((call) => [nameOf(call), call] as const))(
    `%s ${kind}: the next \`up\`, and what it says to type, end in a whole stack`,
    async (_, call) => {
      await meet(call, kind);
    },
  );
}
