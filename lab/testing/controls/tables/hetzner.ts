/** What Hetzner would refuse, or would make of a server that is there: seen before anything is ordered or touched. */
import { controlsOf, type Control } from "../control";

const project = "tests/config/hetzner-project.test.ts";

export const hetznerControls: readonly Control[] = controlsOf(
  { threat: undefined, file: "config/hetzner-project.ts", test: project },
  [
    {
      name: "hetzner-names",
      from: "if (found === undefined || found.id === usable?.id) continue;",
      to: "if (found !== undefined || kind === first) continue;",
      failing: "names all that is in the way at once",
    },
    {
      name: "hetzner-key-once",
      from: "if (usable !== undefined)",
      to: "if (false)",
      failing: "names all that is in the way at once",
    },
    {
      name: "hetzner-stock",
      from: "...(asked(server) ? stockProblem() : [])",
      to: "",
      failing: "looks at the stock before the server",
    },
    {
      name: "hetzner-location-of-data",
      from: "if (found.location !== undefined && found.location !== host.location)",
      to: "if (false)",
      failing: "refuses another location than that of the stack's own",
    },
    {
      name: "hetzner-own-are-left",
      from: "if (kind !== place.type && isOwn(found, at)) {",
      to: "if (false) {",
      failing: "leaves the stack's own volume, address, key and server to their own turn",
    },
    {
      name: "hetzner-asked",
      file: "components/hcloud-server.ts",
      from: "hooks: { beforeCreate: [ready], beforeUpdate",
      to: "hooks: { beforeUpdate",
      test: "tests/components/options.test.ts",
      failing: "every use of a resource option",
    },
  ],
);
