/** The table itself: whole, without contradictions, and with an answer for every value of the guide. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  columnOf,
  expectedValues,
  hardeningPolicy,
  holds,
  policyDocument,
  policyEnvironment,
  policyValues,
} from "../../../config-files/gateway/hardening-policy";
import { secretVariable } from "../../../config-files/gateway/paths";
import { releaseLines, releaseProfiles, type ReleaseLine } from "../../../config/release-lines";
import { agentToolDenials, httpToolDenials } from "../../../config/tool-denials";
import { policyArgs, variations } from "./support/policy-args";

const row = (id: string) => {
  const found = hardeningPolicy.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no row ${id}`);
  return found;
};
const everything = (line: ReleaseLine) =>
  policyDocument(policyArgs({ release: line, telegram: releaseProfiles[line].noTelegram === undefined }));

it("has one row for each intent", () => {
  const ids = hardeningPolicy.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(hardeningPolicy.map(({ intent }) => intent)).size).toBe(ids.length);
});

describe.each(releaseLines)("release line %s", (line) => {
  it.each(hardeningPolicy.map((one) => [one.id, one] as const))("has an answer for %s", (_, one) => {
    const column = columnOf(one, line);
    const reason = "notOffered" in column ? column.notOffered : "builtIn" in column ? column.builtIn : "";
    if ("keys" in column) expect(Object.keys(column.keys)).not.toEqual([]);
    else expect(reason.length).toBeGreaterThan(20);
  });

  it.each(Object.entries(variations(line)))(
    "sets no key twice, and each holds in the file: %s",
    (_, args) => {
      const document = policyDocument(args);
      for (const expected of policyValues(args)) {
        expect({ ...expected, holds: holds(document, expected) }).toEqual({ ...expected, holds: true });
      }
    },
  );

  it("says of no path that it is a default without setting it", () => {
    for (const one of hardeningPolicy) {
      const column = columnOf(one, line);
      if (!("keys" in column)) continue;
      for (const path of column.alreadyDefault ?? []) expect(Object.keys(column.keys)).toContain(path);
    }
  });

  it("misses the row that is taken out: each is the only one that brings its values", () => {
    const args = Object.values(variations(line)).at(-1) ?? policyArgs({ release: line });
    for (const gone of hardeningPolicy) {
      const values = policyValues(args, [gone]);
      const rest = policyDocument(
        args,
        hardeningPolicy.filter((one) => one !== gone),
      );
      expect(values.filter((value) => holds(rest, value))).toEqual([]);
    }
  });

  it("keeps secrets and the names of well-known providers out of file and environment", () => {
    const text = JSON.stringify([everything(line), policyEnvironment(line)]);
    expect(text).not.toMatch(/sk-|(OPENAI|ANTHROPIC|VOYAGE|TELEGRAM|GEMINI)_[A-Z_]*(KEY|TOKEN)/);
  });
});

// Guide line, the guide's key and value, the row that accounts for it.
const guide: readonly (readonly [line: number, key: string, row: string])[] = [
  [294, "OPENCLAW_DISABLE_BONJOUR=1", "discovery"],
  [455, "gateway.bind 0.0.0.0", "bind"],
  [460, "gateway.trustedProxies 127.0.0.1 and proxy-net", "trusted-proxy"],
  [463, "gateway.auth.mode token", "token"],
  [464, "gateway.auth.token", "token"],
  [468, "gateway.auth.allowTailscale false", "tailscale"],
  [471, "gateway.controlUi.allowInsecureAuth false", "control-ui"],
  [472, "gateway.controlUi.dangerouslyDisableDeviceAuth false", "control-ui"],
  [475, "discovery.mdns.mode off", "discovery"],
  [478, "gateway.nodes.browser.mode off", "nodes"],
  [481, "logging.redactSensitive tools", "log-redaction"],
  [482, "logging.file", "log-file"],
  [483, "logging.format json", "log-shape"],
  [486, "session.dmScope per-channel-peer", "session-isolation"],
  [489, "plugins.allow []", "plugins"],
  [492, "sandbox.mode all, scope agent, workspaceAccess none", "sandbox"],
  [495, "sandbox.docker.network none", "sandbox-network"],
  [496, "sandbox.docker.capDrop ALL", "sandbox-capabilities"],
  [499, "sandbox.docker.memoryLimit 512m", "sandbox-memory"],
  [500, "sandbox.docker.cpuLimit 0.5", "sandbox-cpu"],
  [501, "sandbox.docker.pidsLimit 256", "sandbox-pids"],
  [503, "sandbox.docker.maxConcurrent 3", "sandbox-count"],
  [506, "agents.defaults.tools.deny, 12 tools", "tool-denials"],
  [507, "gateway.tools.deny, 9 tools", "http-tool-denials"],
  [510, "groupChat.enableReasoning and enableVerbose false", "group-talk"],
  [514, "channels.*.dmPolicy pairing", "dm-pairing"],
  [515, "channels.*.groups.*.requireMention true", "group-mention"],
  [518, "SOUL.md", "soul"],
  [540, "directory 0700, files 0600", "state-permissions"],
  [569, "agents.defaults.apiBase", "models"],
  [573, "agents.defaults.model, maxTokens 8192", "models"],
  [606, "channels.telegram.token", "telegram"],
  [626, "memory.provider voyage, voyage-3-large", "memory"],
];

it.each(guide)("the guide's line %i, %s, is accounted for by the row %s", (line, __, id) => {
  const ranges = (row(id).guide ?? "").split(", ").map((range) => range.split("-").map(Number));
  expect(ranges.some(([first = 0, last = first]) => first <= line && line <= last)).toBe(true);
});

it("asks of 2026.9 what the guide's step 5 asks, under the names that this line has", () => {
  expect(everything("2026.9")).toMatchObject({
    gateway: {
      mode: "local",
      bind: "lan",
      port: 18789,
      trustedProxies: ["172.30.2.40"],
      auth: { mode: "token", allowTailscale: false },
      controlUi: { dangerouslyDisableDeviceAuth: false, allowedOrigins: ["https://assistant.example.org"] },
      nodes: { browser: { mode: "off" } },
      tools: { deny: httpToolDenials },
    },
    discovery: { mdns: { mode: "off" } },
    logging: { file: "/home/node/.openclaw/logs/openclaw.log", consoleStyle: "json" },
    session: { dmScope: "per-channel-peer" },
    agents: {
      defaults: {
        sandbox: {
          mode: "all",
          scope: "agent",
          workspaceAccess: "none",
          docker: { network: "none", capDrop: ["ALL"], memory: "512m", cpus: 0.5, pidsLimit: 256 },
        },
        reasoningDefault: "off",
        verboseDefault: "off",
      },
    },
    tools: { deny: expect.arrayContaining([...agentToolDenials]) },
    channels: { telegram: { dmPolicy: "pairing" } },
  });
});

it("denies the guide's twelve and nine tools, in its own words", () => {
  expect([agentToolDenials.length, httpToolDenials.length]).toEqual([12, 9]);
  expect(httpToolDenials).toEqual(
    expect.arrayContaining(
      agentToolDenials.filter((name) => !["process", "browser", "nodes"].includes(name)),
    ),
  );
});

describe("read back", () => {
  const args = policyArgs({ telegram: true, memory: { model: "m" } });

  it("expects a mask where the software masks", () => {
    const expected = expectedValues(args);
    const value = (path: string) => expected.find((one) => one.path === path)?.value;
    expect(value("gateway.auth.token")).toEqual({
      source: "file",
      provider: "gateway",
      id: "__OPENCLAW_REDACTED__",
    });
    expect(value("gateway.auth.mode")).toBe("token");
    const older = expectedValues(policyArgs({ release: "2026.2" }));
    expect(older.find(({ path }) => path === "gateway.auth.token")?.value).toBe("__OPENCLAW_REDACTED__");
  });

  it("takes what the software adds to an object, and nothing else", () => {
    const wanted = { row: "r", path: "a.b", value: { list: ["x"], deep: { y: 1 } } };
    expect(holds({ a: { b: { list: ["x"], deep: { y: 1, more: 2 }, other: 3 } } }, wanted)).toBe(true);
    expect(holds({ a: { b: { list: ["x", "z"], deep: { y: 1 } } } }, wanted)).toBe(false);
    expect(holds({ a: { b: { list: [], deep: { y: 1 } } } }, wanted)).toBe(false);
    expect(holds({ a: { b: { list: ["x"], deep: { y: 2 } } } }, wanted)).toBe(false);
    expect(holds({ a: {} }, wanted)).toBe(false);
    expect(holds(undefined, wanted)).toBe(false);
  });
});

it("names secrets for 2026.2 as its launcher does", () => {
  expect(secretVariable("litellmKey")).toBe("CLAWKEEP_LITELLM_KEY");
  const launcher = readFileSync(join(__dirname, "../../../config-files/gateway/2026.2/launch.mjs"), "utf8");
  expect(launcher).toContain('`CLAWKEEP_${name.replace(/[A-Z]/g, "_$&").toUpperCase()}`');
  expect(JSON.stringify(everything("2026.2"))).toContain("${CLAWKEEP_LITELLM_KEY}");
});
