/** One kind of fault at each call of an `up`, those that read or those that make something. */
import { calls, meet, nameOf, type FaultKind } from "../clouds/faults";
import { ensureToolchain } from "../lab/toolchain/project";

export function faultsOf(kind: FaultKind, method: "GET" | "POST"): void {
  // Six runs of pulumi at most, on cores that others use too.
  jest.setTimeout(600_000);
  beforeAll(ensureToolchain, 30 * 60_000);
  const chosen = calls.filter((call) => call.method === method);
  test.each(chosen.map((call) => [nameOf(call), call] as const))(
    `%s ${kind}: the next \`up\`, and what it says to type, end in a whole stack`,
    async (_, call) => {
      await meet(call, kind);
    },
  );
}
