/** LiteLLM and Squid as they run: a minute or so each, with a Docker engine and the lab's images. */
import { drillsOf, type Drill } from "../drill";

const litellm = "config-files/litellm";
const routes = "tests/config-files/litellm/routes.docker.test.ts";
const caps = "tests/config-files/litellm/caps.docker.test.ts";

export const runningDrills: readonly Drill[] = [
  ...drillsOf({ threat: "A gate in front of LiteLLM", file: `${litellm}/gate.py`, test: routes }, [
    {
      name: "litellm-routes",
      // One route too many; with all of them open LiteLLM ends connections, which proves nothing.
      from: 'if (method, path) == ("GET", MODELS):',
      to: 'if (method, path) in (("GET", MODELS), ("GET", "/health/readiness")):',
      failing: "with the gateway's key: 401, 403 or 404",
    },
    {
      name: "litellm-master-key-inside",
      from: "if local and hmac.compare_digest(given, self._master_key",
      to: "if hmac.compare_digest(given, self._master_key",
      failing: "a header that claims another address changes nothing",
    },
  ]),
  ...drillsOf({ threat: "A ledger books the worst case", file: `${litellm}/reserve.lua`, test: caps }, [
    {
      name: "litellm-reservation",
      from: "if spent + reserved + cost > limit(scope, 0) then",
      to: "if spent + cost > limit(scope, 0) then",
      failing: "^20 calls at once, .*five pass, fifteen are refused",
    },
  ]),
  ...drillsOf(
    {
      threat: "Caddy answers for one name",
      file: "config-files/reverse-proxy/caddyfile.ts",
      test: "tests/config-files/reverse-proxy/caddy.docker.test.ts",
    },
    [
      {
        name: "caddy-errors-say-nothing",
        from: "${answerHeaders(2)}\n",
        to: "",
        failing: "^an answer is as silent where the gateway is down",
      },
      {
        name: "caddy-other-names",
        from: "https://:${caddyPort} {",
        to: "https://:${caddyPort} {\n\ttls /etc/caddy/origin.pem /run/secrets/caddy/origin.key",
        failing: "^another name has no site",
      },
    ],
  ),
  ...drillsOf(
    {
      threat: "A name one of whose addresses is private",
      file: "config-files/egress-proxy/squid-conf.ts",
      test: "tests/config-files/egress-proxy/squid.docker.test.ts",
    },
    [
      {
        name: "egress-rebinding",
        from: "      `http_access deny from_${client.name} hosts_of_${client.name} special_address`,\n",
        to: "",
        failing: "^a name that changes its mind is refused when one of its addresses is private",
      },
    ],
  ),
];
