/** LiteLLM and Squid as they run: a minute or so each, with a Docker engine and the lab's images. */
import { controlsOf, type Control } from "../control";

const litellm = "config-files/litellm";
const routes = "tests/config-files/litellm/one-deployment.docker.test.ts";
const caps = "tests/config-files/litellm/caps.docker.test.ts";
const firstCalls = "tests/config-files/litellm/first-calls.docker.test.ts";
const dollars = "tests/config-files/litellm/dollars.docker.test.ts";
const alertTest = "tests/config-files/litellm/alerts.docker.test.ts";
const notTaken = "^an alert that is not taken delays and fails no call, and is given up: ";

export const litellmControls: readonly Control[] = [
  ...controlsOf({ threat: "A gate in front of LiteLLM", file: `${litellm}/gate.py`, test: routes }, [
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
  ...controlsOf({ threat: undefined, file: `${litellm}/launch.py`, test: firstCalls }, [
    {
      name: "litellm-loads-early",
      from: "    load_early()\n",
      to: "",
      failing: "^twenty first calls at once are all answered, and load next to nothing",
    },
  ]),
  ...controlsOf({ threat: "A ledger books the worst case", file: `${litellm}/reserve.lua`, test: caps }, [
    {
      name: "litellm-reservation",
      from: "if spent + reserved + cost > tonumber(bound.cap) then",
      to: "if spent + cost > tonumber(bound.cap) then",
      failing: "^20 calls at once, .*five pass, fifteen are refused",
    },
    {
      name: "litellm-most-dollars",
      file: `${litellm}/ledger.py`,
      test: dollars,
      from: "model, call.worst_case(model), 0, call_type)",
      to: "model, 1, 0, call_type)",
      failing: "^a rush: 40 calls at once",
    },
  ]),
  ...controlsOf(
    {
      threat: "A model without a known price",
      file: `${litellm}/spend_limits.py`,
      test: "tests/config-files/litellm/prices.docker.test.ts",
    },
    [
      {
        name: "price-in-the-container",
        from: "not least <= usd < math.inf",
        to: "False",
        failing: "^a price of nothing: no start",
      },
      {
        name: "price-of-litellms-list",
        file: `${litellm}/launch.py`,
        from: "        if dearer:",
        to: "        if False:",
        failing: "sold dearer by LiteLLM's list than was deployed: no start",
      },
    ],
  ),
];

export const alertControls: readonly Control[] = [
  ...controlsOf(
    { threat: "An alert goes by the egress proxy", file: `${litellm}/alerts.py`, test: alertTest },
    [
      {
        name: "alerts-by-the-proxy",
        file: `${litellm}/config.ts`,
        from: "  HTTPS_PROXY: egressProxyUrl,\n",
        to: "",
        failing: "^is told over TLS, by the egress proxy",
      },
      {
        name: "alerts-over-tls",
        from: "httpx.AsyncClient(timeout=",
        to: "httpx.AsyncClient(verify=False, timeout=",
        failing: `${notTaken}somebody in its place`,
      },
      {
        name: "alerts-to-one-host",
        from: "follow_redirects=False",
        to: "follow_redirects=True",
        failing: `${notTaken}a webhook that says nothing`,
      },
      {
        name: "alerts-in-no-calls-way",
        from: "            task = asyncio.get_running_loop().create_task(",
        to: "            httpx.post(self._url, json=body, timeout=TIMEOUT_SECONDS)\n            task = asyncio.get_running_loop().create_task(",
        failing: `${notTaken}a webhook that says nothing`,
      },
      {
        name: "alerts-never-read-for-ever",
        from: 'async with asyncio.timeout(TIMEOUT_SECONDS), client.stream("POST", self._url, json=body) as response:',
        to: "for response in [await client.post(self._url, json=body)]:",
        failing: `${notTaken}a webhook that says nothing`,
      },
      {
        name: "alerts-address-in-no-log",
        from: "{body['which']}: {problem}",
        to: "{body['which']}: {problem} {self._url}",
        failing: "^the secret part of the address is in no log",
      },
      {
        name: "alerts-once",
        threat: undefined,
        file: `${litellm}/settle.lua`,
        from: '\n      and redis.call("HSETNX", scope.spend, "warned" .. percent .. of, "1") == 1 then',
        to: " then",
        failing: "^words say which model",
      },
    ],
  ),
];

export const edgeControls: readonly Control[] = [
  ...controlsOf(
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
  ...controlsOf(
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
