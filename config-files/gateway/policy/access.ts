/** Who reaches the gateway, how they prove themselves, and what it serves. */
import { gatewayPort, secretValue } from "../paths";
import { inBoth, type PolicyRow } from "./row";

const rateLimit = { maxAttempts: 10, windowMs: 60_000, lockoutMs: 300_000, exemptLoopback: false };

const sandboxBrowser = [
  "agents.defaults.sandbox.browser.enabled",
  "agents.defaults.sandbox.browser.allowHostControl",
];
const noBrowser = {
  "browser.enabled": false,
  ...Object.fromEntries(sandboxBrowser.map((path) => [path, false])),
};

export const accessRows: readonly PolicyRow[] = [
  {
    id: "mode",
    intent: "The gateway runs its own channels and agents, on the one port that everything else is told.",
    lines: inBoth({
      keys: { "gateway.mode": "local", "gateway.port": gatewayPort },
      alreadyDefault: ["gateway.port"],
    }),
  },
  {
    id: "bind",
    intent: "It listens on all interfaces of its container; only two internal networks lead there.",
    guide: "453-455",
    lines: inBoth({ keys: { "gateway.bind": "lan" }, note: "the guide's 0.0.0.0 is refused by both lines" }),
  },
  {
    id: "token",
    intent: "Every request needs the gateway's token, which is in no configuration file.",
    guide: "463-464",
    lines: {
      "2026.9": {
        keys: {
          "gateway.auth.mode": "token",
          "gateway.auth.token": secretValue("2026.9", "gatewayToken"),
        },
      },
      "2026.2": {
        keys: {
          "gateway.auth.mode": "token",
          "gateway.auth.token": secretValue("2026.2", "gatewayToken"),
        },
      },
    },
  },
  {
    id: "tailscale",
    intent: "No header stands in for the token: behind a reverse proxy, headers can be forged.",
    guide: "468",
    lines: inBoth({
      keys: { "gateway.auth.allowTailscale": false, "gateway.tailscale.mode": "off" },
      alreadyDefault: ["gateway.tailscale.mode"],
    }),
  },
  {
    id: "trusted-proxy",
    intent: "The reverse proxy's one address may say who a client is; no network, and not loopback.",
    guide: "457-460",
    lines: inBoth({
      keys: {
        "gateway.trustedProxies": ({ trustedProxy }) => [trustedProxy],
        "gateway.allowRealIpFallback": false,
      },
      alreadyDefault: ["gateway.allowRealIpFallback"],
    }),
  },
  {
    id: "rate-limit",
    intent: "Ten wrong tokens within a minute lock the sender's address out for five minutes.",
    lines: inBoth({ keys: { "gateway.auth.rateLimit": rateLimit } }),
  },
  {
    id: "control-ui",
    intent: "The web page asks each browser for a device identity that somebody has to approve.",
    guide: "471-472",
    lines: {
      "2026.9": {
        keys: {
          "gateway.controlUi.enabled": true,
          "gateway.controlUi.dangerouslyDisableDeviceAuth": false,
          "gateway.controlUi.dangerouslyAllowHostHeaderOriginFallback": false,
          "gateway.controlUi.allowExternalEmbedUrls": false,
          "gateway.controlUi.automaticallyFetchFavicons": false,
        },
        alreadyDefault: [
          "gateway.controlUi.enabled",
          "gateway.controlUi.dangerouslyDisableDeviceAuth",
          "gateway.controlUi.dangerouslyAllowHostHeaderOriginFallback",
          "gateway.controlUi.allowExternalEmbedUrls",
        ],
        note: "allowInsecureAuth is gone: what it allowed, this line never does",
      },
      "2026.2": {
        keys: {
          "gateway.controlUi.enabled": true,
          "gateway.controlUi.allowInsecureAuth": false,
          "gateway.controlUi.dangerouslyDisableDeviceAuth": false,
        },
        alreadyDefault: [
          "gateway.controlUi.enabled",
          "gateway.controlUi.allowInsecureAuth",
          "gateway.controlUi.dangerouslyDisableDeviceAuth",
        ],
      },
    },
  },
  {
    id: "origins",
    intent: "Browsers may connect from the public name's page only.",
    lines: inBoth({
      keys: { "gateway.controlUi.allowedOrigins": ({ hostname }) => [`https://${hostname}`] },
    }),
  },
  {
    id: "discovery",
    intent: "The gateway announces itself to nobody.",
    guide: "475, 294",
    lines: {
      "2026.9": {
        keys: { "discovery.mdns.mode": "off" },
        environment: { OPENCLAW_DISABLE_BONJOUR: "1" },
        note: "wide-area discovery is off as long as it has no domain",
      },
      "2026.2": {
        keys: { "discovery.mdns.mode": "off", "discovery.wideArea.enabled": false },
        environment: { OPENCLAW_DISABLE_BONJOUR: "1" },
        alreadyDefault: ["discovery.wideArea.enabled"],
      },
    },
  },
  {
    id: "nodes",
    intent: "A paired device lends the agent no browser, no tools and no skills.",
    guide: "478",
    lines: {
      "2026.9": {
        keys: {
          "gateway.nodes.browser.mode": "off",
          "gateway.nodes.pluginTools.enabled": false,
          "gateway.nodes.allowSkills": false,
          "gateway.nodes.pairing.sshVerify": false,
        },
      },
      "2026.2": {
        keys: { "gateway.nodes.browser.mode": "off" },
        note: "nodes publish neither tools nor skills in this line",
      },
    },
  },
  {
    id: "browser",
    intent: "No browser is driven and no canvas is served, neither here nor in a sandbox.",
    guide: "478",
    lines: {
      "2026.9": { keys: noBrowser, alreadyDefault: sandboxBrowser },
      "2026.2": { keys: { ...noBrowser, "canvasHost.enabled": false }, alreadyDefault: sandboxBrowser },
    },
  },
  {
    id: "terminal",
    intent: "The web page offers no shell in the gateway's container and starts no programs there.",
    lines: {
      "2026.9": { keys: { "gateway.terminal.enabled": false, "gateway.cliAgents.enabled": false } },
      "2026.2": { builtIn: "this line's web page has neither" },
    },
  },
  {
    id: "http-api",
    intent: "The OpenAI-compatible endpoint for programs is there only where it was asked for.",
    lines: inBoth({
      keys: {
        "gateway.http.endpoints.chatCompletions.enabled": ({ gateway }) => gateway.httpApi,
        "gateway.http.endpoints.responses.enabled": false,
      },
      alreadyDefault: [
        "gateway.http.endpoints.chatCompletions.enabled",
        "gateway.http.endpoints.responses.enabled",
      ],
    }),
  },
  {
    id: "configuration",
    intent: "The configuration belongs to the stack: neither the gateway nor a chat command changes it.",
    lines: {
      "2026.9": {
        keys: {
          "gateway.reload.mode": "off",
          "commands.bash": false,
          "commands.config": false,
          "commands.debug": false,
          "commands.mcp": false,
          "commands.plugins": false,
          "commands.restart": false,
        },
        environment: { OPENCLAW_CONFIG_READONLY: "1" },
        alreadyDefault: [
          "commands.bash",
          "commands.config",
          "commands.debug",
          "commands.mcp",
          "commands.plugins",
        ],
      },
      "2026.2": {
        keys: {
          "gateway.reload.mode": "off",
          "commands.bash": false,
          "commands.config": false,
          "commands.debug": false,
          "commands.restart": false,
        },
        alreadyDefault: ["commands.bash", "commands.config", "commands.debug", "commands.restart"],
        note: "OPENCLAW_CONFIG_READONLY does not exist; the file is mounted read-only, so writes fail",
      },
    },
  },
];
