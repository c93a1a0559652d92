/** The channel's relay: each control off in the relay itself, against the table of attacks. */
import { controlsOf, type Control } from "../control";

const attacks = "tests/config-files/relay/attacks.test.ts";
const amounts = "tests/config-files/relay/amounts.test.ts";
const closed = "tests/config-files/relay/closed.test.ts";
const updates = "tests/config-files/relay/updates.test.ts";
const stop = "tests/config-files/host/gateway-stop.test.ts";
const targets = "Targets are matched as they are written";

export const relayControls: readonly Control[] = [
  ...controlsOf({ threat: "Methods are on a list", file: "config-files/relay/controls.ts", test: attacks }, [
    {
      name: "relay-methods",
      from: "  isAllowedMethod,\n",
      to: "  isAllowedMethod: () => true,\n",
      failing: "^setWebhook, which sends all .* is refused$",
    },
    {
      name: "relay-callers",
      threat: "A caller is a gateway by its fixed address",
      from: "gateway.address === address",
      to: 'gateway.address !== ""',
      failing: "^a container that is no gateway is refused$",
    },
    {
      name: "relay-head",
      threat: targets,
      from: "  checkHead,\n",
      to: "  checkHead: () => ({}),\n",
      failing: "^(two hosts|another host's name.*) is refused$",
    },
    {
      name: "relay-strict-http",
      threat: targets,
      from: "  insecureHTTPParser: false,",
      to: "  insecureHTTPParser: true,",
      failing: "^control characters in a header is refused$",
    },
    {
      name: "relay-stream-limit",
      threat: "Sizes, times and each gateway's",
      from: "  limitStreams: true,",
      to: "  limitStreams: false,",
      failing: "^more than parameters may have, in chunks is refused$",
    },
    {
      name: "relay-connections",
      threat: "Sizes, times and each gateway's",
      from: "  limitConnections: true,",
      to: "  limitConnections: false,",
      failing: "^more connections than a gateway may have is refused$",
    },
    {
      name: "relay-one-request-at-a-time",
      threat: "Sizes, times and each gateway's",
      from: "  oneAtATime: true,",
      to: "  oneAtATime: false,",
      test: amounts,
      failing: "^requests of one connection .* end it, and reach nobody",
    },
    {
      name: "relay-tunnels",
      threat: "Sizes, times and each gateway's",
      from: "  limitTunnels: true,",
      to: "  limitTunnels: false,",
      test: amounts,
      failing: "^connections to Telegram are counted while they are made",
    },
    {
      name: "relay-rate",
      threat: "One gateway's requests to the relay",
      from: "  limitRate: true,",
      to: "  limitRate: false,",
      test: amounts,
      failing: "^the work of one gateway (has a rate|is used up)",
    },
    {
      name: "relay-chunks-of-refused-requests",
      threat: "One gateway's requests to the relay",
      file: "config-files/relay/server.ts",
      from: "      if (isChunked(request)) await parsed();\n",
      to: "",
      test: amounts,
      failing: "^the work of one gateway is used up by chunks of a refused request",
    },
    {
      name: "relay-log-lines",
      threat: "A log line for every call",
      file: "config-files/relay/request-log.ts",
      from: '    this.bounded(`${gateway}: ${whose}`, most, kind, "request", request);',
      to: '    this.line("request", { ...request, whose, most, kind });',
      test: amounts,
      failing: "^the log of refused calls has so many lines a minute",
    },
    {
      name: "relay-token-scrubbed",
      threat: "What comes back loses all headers",
      from: "new Scrub(secret)",
      to: "new PassThrough()",
      failing: "^the token in (a file|an error's text) is refused$",
    },
    {
      name: "relay-redirects",
      threat: "What comes back loses all headers",
      from: "if (status < 200 || (status >= 300 && status < 400))",
      to: "if (status < 0)",
      failing: "^a redirect, .* is refused$",
    },
    {
      name: "relay-encodings",
      threat: "What comes back loses all headers",
      from: 'if (!["identity", undefined].includes(headers["content-encoding"]))',
      to: "if (status < 0)",
      failing: "^a body in an encoding that nobody asked for is refused$",
    },
    {
      name: "relay-placeholder",
      threat: "A caller is a gateway by its fixed address",
      file: "config-files/relay/target.ts",
      from: "token !== placeholder",
      to: "token === undefined",
      failing: "^(a token of its own|the other gateway's placeholder).* is refused$",
    },
    {
      name: "relay-file-paths",
      threat: targets,
      file: "config-files/relay/target.ts",
      from: "if (!filePath.test(rest))",
      to: "if (false)",
      failing: "^out of the files by .* is refused$",
    },
  ]),
  ...controlsOf(
    { threat: "One upstream, its certificate checked", file: "config-files/relay/tunnel.ts", test: closed },
    [
      {
        name: "relay-certificate",
        from: "servername: upstream.host, secureContext",
        to: "servername: upstream.host, rejectUnauthorized: false, secureContext",
        failing: "whose certificate nobody vouches for|with another's certificate",
      },
      {
        name: "relay-refused-tunnel",
        from: "response.statusCode !== 200 ||",
        to: "response.statusCode === undefined ||",
        failing: "is refused by the egress proxy with",
      },
      {
        name: "relay-log-says-nothing",
        threat: "A log line for every call",
        file: "config-files/relay/server.ts",
        from: "      ...(method !== undefined && { method }),\n",
        to: '      ...(method !== undefined && { method }),\n      token: this.bots?.get(gateway ?? "")?.token,\n',
        test: "tests/config-files/relay/relay.test.ts",
        failing: "is one line a request, with nothing of what was said",
      },
    ],
  ),
  ...controlsOf({ threat: undefined, file: "config-files/relay/controls.ts", test: updates }, [
    {
      name: "relay-withholds-updates",
      from: "  withholdsUpdates,\n",
      to: "  withholdsUpdates: () => false,\n",
      failing: "answers a poll as one that nothing came for|ends a poll that waits",
    },
  ]),
  ...controlsOf({ threat: undefined, file: "config-files/host/bin/drain.py", test: stop }, [
    {
      name: "stop-withholds-first",
      from: "    withhold(gateway)\n",
      to: "",
      failing: "withholds what is new",
    },
    {
      name: "stop-waits-for-what-was-taken",
      from: 'if answer == "ready":',
      to: 'if answer in ("ready", "busy"):',
      failing: "ends a gateway once it has finished",
    },
  ]),
];
