/** What Hetzner would refuse, or would make of a server that is there: seen before anything is ordered or touched. */
import { controlsOf, type Control } from "../control";

const project = "tests/config/hetzner-project.test.ts";
const configuration = "tests/config/parse.test.ts";

export const hetznerControls: readonly Control[] = controlsOf(
  { threat: undefined, file: "config/hetzner-project.ts", test: project },
  [
    {
      name: "hetzner-names",
      from: "problems.push(`name: the project has",
      to: "void (`name: the project has",
      failing: "names all that is in the way at once",
    },
    {
      name: "hetzner-key-once",
      from: "if (usable !== undefined)",
      to: "if (false)",
      failing: "names all that is in the way at once",
    },
    {
      name: "hetzner-any-name-of-a-key",
      file: "config/host-schema.ts",
      from: "/^(ssh|sk|ecdsa)-\\S+ AAAA/.test(sshKey)",
      to: "/^ssh-| /.test(sshKey)",
      failing: "names a key that is called My MacBook",
    },
    {
      name: "hetzner-name-of-a-key-quoted",
      from: "/^[A-Za-z0-9._@:+-]+$/.test(value) ? value",
      to: "value !== '' ? value",
      failing: "names a key that is called My MacBook",
    },
    {
      name: "hetzner-token-is-not-blamed",
      file: "config/hetzner-api.ts",
      from: "if (status === 401 || ofTheToken.includes(code))",
      to: "if (status !== 200)",
      failing: "blames no token",
    },
    {
      name: "hetzner-another-key-is-not-taken-over",
      from: "if (kind === key && found.fingerprint",
      to: "if (kind === server && found.fingerprint",
      failing: "has a key of the stack's own deleted",
    },
    {
      name: "hetzner-stock",
      from: "asked(server) && !serves ? stockProblem(at, stock, staysHere) : undefined",
      to: "undefined as string | undefined",
      failing: "looks at the stock before the server",
    },
    {
      name: "hetzner-no-stock-for-a-firewall",
      from: "asked(server) && !serves",
      to: "asked(server)",
      failing: "asks for no stock while the stack has its server",
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
      name: "hetzner-replaced-is-no-leftover",
      from: "if (preview && kind === server && isOwn(found, at)) continue;",
      to: "",
      failing: "in a preview says nothing of the stack's own server",
    },
    {
      name: "hetzner-name-of-a-server",
      file: "config/cross-checks.ts",
      from: "if (name.length <= 63 && serverName.test(name)) return [];",
      to: "if (name !== '') return [];",
      test: configuration,
      failing: "refuses a stack that no server can be called by",
    },
    {
      name: "hetzner-asked",
      file: "components/hcloud-server.ts",
      from: "beforeCreate: [ready.beforeMaking, ...args.beforeAnything]",
      to: "beforeCreate: [...args.beforeAnything]",
      test: "tests/components/options.test.ts",
      failing: "every use of a resource option",
    },
    {
      name: "server-keeps-port-key-image-location",
      file: "components/hcloud-server.ts",
      from: "beforeUpdate: [ready.serverStays, ready.beforeAnotherType]",
      to: "beforeUpdate: [ready.beforeAnotherType]",
      test: "tests/components/options.test.ts",
      failing: "every use of a resource option",
    },
    {
      name: "server-type-sold-out-before-power-off",
      file: "components/hcloud-server.ts",
      from: "beforeUpdate: [ready.serverStays, ready.beforeAnotherType]",
      to: "beforeUpdate: [ready.serverStays]",
      test: "tests/components/options.test.ts",
      failing: "every use of a resource option",
    },
    {
      name: "server-what-was-never-made",
      file: "components/server-stays.ts",
      from: "return was === undefined || was === changed.is ? undefined : { was, is: changed.is };",
      to: "return was === null ? undefined : changed;",
      test: "tests/components/hetzner-there.test.ts",
      failing: "takes another value of what was never made",
    },
    {
      name: "server-type-of-before-needs-no-stock",
      file: "components/hetzner-project-is-ready.ts",
      from: "if ((await whatIsThere(api, at)).server?.type === type) return [];",
      to: "",
      test: "tests/components/hetzner-there.test.ts",
      failing: "takes the old type back",
    },
    ...(
      [
        [
          "server-type-looked-at",
          "if (server.type === is)",
          "if (server.type === '')",
          "not refreshed: says so",
        ],
        ["server-power-not-cut", "if (shutDown || server", "if (!shutDown || server", "its power is not cut"],
        [
          "server-started-again",
          "if (server === undefined || (server",
          "if (server !== null || (server",
          "shut down for nothing, it is started|is started before anybody logs in",
        ],
        [
          "volume-size-looked-at",
          "if (volume === undefined || volume",
          "if (volume !== null || volume",
          "is what Pulumi has to hear of",
        ],
      ] as const
    ).map(([name, from, to, failing]) => ({
      ...{ name, from, to, failing, file: "config/hetzner-there.ts" },
      test: "tests/components/hetzner-there.test.ts",
    })),
    ...(
      [
        [
          "server-type-hook",
          "hooks: { beforeCreate: [ready.beforeMaking], beforeUpdate: [ready.beforeTypeChange] },",
        ],
        ["server-started-hook", "hooks: { beforeCreate: [ready.afterShutdown] },"],
        [
          "volume-size-hook",
          "hooks: { beforeCreate: [ready.beforeMaking], beforeUpdate: [ready.beforeResize] },",
        ],
      ] as const
    ).map(([name, from]) => ({
      ...{ name, from, to: "", file: "components/hcloud-server.ts" },
      ...{ test: "tests/components/options.test.ts", failing: "every use of a resource option" },
    })),
    {
      name: "hetzner-token-of-another-project",
      file: "config/stack-elsewhere.ts",
      from: "if (own === undefined || !(await",
      to: "if (own !== null || !(await",
      test: "tests/config/stack-elsewhere.test.ts",
      failing: "refuses while the stack's own server answers there",
    },
    {
      name: "hetzner-token-of-another-project-hook",
      file: "components/before-anything.ts",
      from: "    elsewhere,\n  ];",
      to: "  ];",
      test: "tests/components/options.test.ts",
      failing: "every use of a resource option",
    },
    {
      name: "server-on-before-first-login",
      file: "components/host-baseline.ts",
      from: "source.made && { beforeCreate: [source.made.beforeFirstLogin] },",
      to: "undefined,",
      test: "tests/components/options.test.ts",
      failing: "every use of a resource option",
    },
    ...(
      [
        ["key", 'key === undefined ? [] : ["clawkeep', "refuses another key"],
        ["image", "image === undefined ? [] : [`clawkeep", "refuses another image"],
        ["location", "...(location === undefined", "refuses another location, and offers"],
        ["disk", "type !== undefined && smaller", "refuses a type with a smaller disk"],
      ] as const
    ).map(([what, from, failing]) => ({
      ...{ name: `server-${what}-remembered`, file: "components/server-stays.ts", from, failing },
      to: from.replace("=== undefined", "!== null").replace("type !== undefined && smaller", "type === null"),
      test: "tests/components/server-stays.test.ts",
    })),
  ],
);
