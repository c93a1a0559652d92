/** What keeps the traces of how somebody came. */
import { controlsOf, type Control } from "../control";

export const traceControls: readonly Control[] = controlsOf(
  {
    threat: "What containers log is kept in files of root's",
    file: "config-files/host/bin/keep-traces",
    test: "tests/config-files/host/keep-traces.test.ts",
  },
  [
    {
      name: "traces-stay",
      from: "> most_bytes(kind, now.hour) + spare:",
      to: "> 1 << 40:",
      failing: "a flood takes the place of nothing",
    },
    {
      name: "traces-of-each-gateway",
      from: 'whose(text, self.gateways) if log.name in SAYS_WHOSE else ""',
      to: '""',
      failing: "what one gateway logs .* takes nothing from another",
    },
    {
      name: "traces-refusals-apart",
      from: '*([kind] if kind == "refused" else [])',
      to: "*([])",
      failing: "one gateway's refusals hide none of its calls",
    },
    {
      name: "traces-later-hours",
      from: " * (24 + hour + 1) // 48",
      to: "",
      failing: "early refusals no later ones",
    },
    {
      name: "traces-known-gateways",
      from: ' and name in gateways else ""',
      to: ' else ""',
      failing: "a name makes a file where it is a gateway's",
    },
    {
      name: "traces-over-a-rotation",
      from: '            self.keep(log, "refused", MISSING)\n            os.close(log.descriptor)\n',
      to: "            os.close(log.descriptor)\n",
      failing: "goes on over rotations",
    },
  ],
);
