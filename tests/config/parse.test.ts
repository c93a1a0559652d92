import { parseConfiguration, type RawConfiguration } from "../../config/parse";
import { problemReport, type Problem } from "../../config/problems";
import {
  everything,
  existing,
  prod,
  rawConfiguration,
  standby,
  twoGateways,
} from "../fixtures/stack-configuration";
import { wrongInOtherWays, wrongSettings, type WrongValue } from "./wrong-values";

/** Secrets that are missing or have another shape than theirs. */
const wrongSecrets: readonly WrongValue[] = [
  ...Object.keys(prod.secrets).map((key) => ({
    name: `no ${key}`,
    changes: { [key]: undefined },
    key,
    message: /is missing/,
    remedy: new RegExp(`^(pulumi config set --stack prod --secret ${key}|make secrets )`),
  })),
  ...Object.keys(prod.secrets)
    .filter((key) => key !== "cloudflare:apiToken")
    .map((key) => ({
      name: `${key} of the wrong shape`,
      changes: { [key]: "wrong" },
      key,
      message: /^is not /,
      // `make secrets` overwrites nothing, so the wrong one has to go first.
      remedy: new RegExp(
        `^pulumi config (set --stack prod --secret ${key}|rm --stack prod ${key}, .* then make secrets )`,
      ),
    })),
];

const problemsOf = (raw: RawConfiguration): readonly Problem[] => {
  const parsed = parseConfiguration(raw);
  return "problems" in parsed ? parsed.problems : [];
};

function expectProblem(problems: readonly Problem[], wrong: WrongValue): void {
  expect(problems).toContainEqual({
    key: wrong.key,
    message: expect.stringMatching(wrong.message),
    remedy: typeof wrong.remedy === "string" ? wrong.remedy : (expect.stringMatching(wrong.remedy) as string),
  });
}

describe("a valid configuration", () => {
  it.each(Object.entries({ prod, standby, existing, twoGateways, everything }))(
    "%s is accepted",
    (_, fixture) => {
      expect(problemsOf(rawConfiguration(fixture))).toEqual([]);
    },
  );

  it("gets the documented defaults", () => {
    const parsed = parseConfiguration(
      rawConfiguration(prod, {
        "clawkeep:gateways": undefined,
        "clawkeep:telegramBotToken-openclaw": undefined,
      }),
    );
    expect(parsed).toMatchObject({
      settings: {
        tier: "starter",
        host: { sshPort: 9922, image: "debian-13", volumeGiB: 20 },
        storage: { stateGiB: 8, sandboxesGiB: 4 },
        gateways: [{ name: "openclaw", httpApi: false, telegram: false }],
      },
    });
    expect(parseConfiguration(rawConfiguration(existing))).toMatchObject({
      settings: { host: { sshPort: 22 } },
    });
  });

  it("may have a host name with a word in it that placeholders have too", () => {
    const changes = {
      "clawkeep:hostname": "assistant.knee-replacement.example",
      "clawkeep:zone": { name: "knee-replacement.example", id: "0".repeat(32) },
    };
    expect(problemsOf(rawConfiguration(prod, changes))).toEqual([]);
  });

  it("needs no Cloudflare token on a standby, which has no public record", () => {
    expect(Object.keys(standby.secrets)).not.toContain("cloudflare:apiToken");
    const promoted = problemsOf(rawConfiguration(standby, { "clawkeep:role": "active" }));
    expect(promoted.map(({ key }) => key)).toEqual(["cloudflare:apiToken"]);
  });
});

describe("a wrong value", () => {
  it.each(wrongSettings)("$name is refused, with what to type", (wrong) => {
    expectProblem(problemsOf(rawConfiguration(prod, wrong.changes)), wrong);
  });

  it.each(wrongInOtherWays)("$name is refused, with what to type", (wrong) => {
    expectProblem(problemsOf(rawConfiguration(prod, wrong.changes)), wrong);
  });

  it.each(wrongSecrets)("$name is refused, with what to type", (wrong) => {
    const problems = problemsOf(rawConfiguration(prod, wrong.changes));
    expectProblem(problems, wrong);
    expect(problems).toHaveLength(1);
  });

  it.each(Object.keys(prod.secrets))("%s in the clear is refused, its value never printed", (key) => {
    const raw = rawConfiguration(prod);
    const secretKeys = new Set([...raw.secretKeys].filter((other) => other !== key));
    const problems = problemsOf({ ...raw, secretKeys });
    expect(problems).toEqual([
      {
        key,
        message: expect.stringContaining("stored in the clear"),
        remedy: `pulumi config set --stack prod --secret ${key}`,
      },
    ]);
    expect(JSON.stringify(problems)).not.toContain(prod.secrets[key]);
  });

  it.each<[string, string, string, RegExp]>([
    [
      "telegramBotToken",
      "clawkeep:telegramBotToken-",
      prod.secrets["clawkeep:telegramBotToken-openclaw"] ?? "",
      /^is the same bot as clawkeep:telegramBotToken-openclaw: Telegram ends/,
    ],
    [
      "a new token of the same bot",
      "clawkeep:telegramBotToken-",
      `1234567890:${"n".repeat(35)}`,
      /^is the same bot as /,
    ],
    [
      "gatewayToken",
      "clawkeep:gatewayToken-",
      prod.secrets["clawkeep:gatewayToken-openclaw"] ?? "",
      /^is the same gateway token as /,
    ],
    [
      "litellmKey",
      "clawkeep:litellmKey-",
      prod.secrets["clawkeep:litellmKey-openclaw"] ?? "",
      /^is the same LiteLLM key as clawkeep:litellmKey-openclaw/,
    ],
    [
      "litellmKey that is the master key",
      "clawkeep:litellmKey-",
      prod.secrets["clawkeep:litellmMasterKey"] ?? "",
      /^is the same LiteLLM key as clawkeep:litellmMasterKey/,
    ],
  ])("one secret for two gateways, %s, is refused and not printed", (_, prefix, value, message) => {
    const key = `${prefix}second`;
    const fixture = {
      ...twoGateways,
      secrets: {
        ...twoGateways.secrets,
        "clawkeep:telegramBotToken-second": `9876543210:${"b".repeat(35)}`,
        [key]: value,
      },
    };
    const gateways = [
      { name: "openclaw", telegram: true },
      { name: "second", telegram: true },
    ];
    const problems = problemsOf(rawConfiguration(fixture, { "clawkeep:gateways": gateways }));
    expect(problems).toEqual([
      {
        key,
        message: expect.stringMatching(message),
        remedy: expect.stringMatching(
          new RegExp(`^pulumi config (set --stack prod --secret|rm --stack prod) ${key}`),
        ),
      },
    ]);
    expect(problemReport("prod", problems)).not.toContain(value);
    expect(problemReport("prod", problems)).not.toContain(value.split(":").at(-1));
  });

  it.each(wrongSettings)("$name is one problem a key", (wrong) => {
    const keys = problemsOf(rawConfiguration(prod, wrong.changes)).map(({ key }) => key);
    expect(keys).toEqual([...new Set(keys)]);
  });
});

describe("many wrong values", () => {
  const many: Record<string, unknown> = {
    "clawkeep:colour": "red",
    "clawkeep:hostname": "assistant.example.net",
    "clawkeep:zone": { name: "example.org", id: "REPLACE_ME" },
    "clawkeep:host": {
      mode: "hcloud",
      location: "mars1",
      serverType: "cx23",
      volumeGiB: 10,
      adminCidrs: ["203.0.113.7/24"],
      sshKey: "REPLACE_ME",
      size: "big",
    },
    "clawkeep:networks": { openclaw: "172.30.0.0/16", proxy: "172.30.2.0/24", egress: "172.31.0.1/24" },
    "clawkeep:gateways": [
      { name: "openclaw", telegram: true },
      { name: "openclaw", maxOutputTokens: 1 },
    ],
    "clawkeep:images": {
      litellm: "ghcr.io/berriai/litellm:v1.83.6",
      caddy: "docker.io/library/caddy:latest",
    },
    "clawkeep:anthropicApiKey": undefined,
    "clawkeep:telegramBotToken-openclaw": "123:wrong",
    "hcloud:token": undefined,
  };
  const raw = rawConfiguration(prod, many);
  const clear = new Set([...raw.secretKeys].filter((key) => key !== "clawkeep:litellmMasterKey"));
  const problems = problemsOf({ ...raw, secretKeys: clear });

  it("are all reported at once", () => {
    expect(problems.map(({ key }) => key).sort()).toEqual(
      [
        "clawkeep:anthropicApiKey",
        "clawkeep:colour",
        "clawkeep:gateways[1].maxOutputTokens",
        "clawkeep:gateways[1].name",
        "clawkeep:host.adminCidrs[0]",
        "clawkeep:host.location",
        "clawkeep:host.serverType",
        "clawkeep:host.size",
        "clawkeep:host.sshKey",
        "clawkeep:host.volumeGiB",
        "clawkeep:hostname",
        "clawkeep:images.caddy",
        "clawkeep:images.litellm",
        "clawkeep:litellmMasterKey",
        "clawkeep:networks.egress",
        "clawkeep:networks.proxy",
        "clawkeep:telegramBotToken-openclaw",
        "clawkeep:zone.id",
        "hcloud:token",
      ].sort(),
    );
  });

  it("are listed in one error, each with a command", () => {
    const message = problemReport("prod", problems);
    expect(message).toMatch(/^19 problems in the configuration of stack prod; nothing was touched\.\n/);
    expect(message.match(/^ {6}mend: (pulumi config (set|rm) --stack prod |make secrets )/gm)).toHaveLength(
      19,
    );
  });

  it("no secret is printed, right or wrong", () => {
    const message = problemReport("prod", problems);
    for (const value of [...Object.values(prod.secrets), "123:wrong"]) expect(message).not.toContain(value);
  });
});
