import { serverCertificateProblem } from "../../config/certificates";
import { parseConfiguration, type RawConfiguration } from "../../config/parse";
import { problemReport, type Problem } from "../../config/problems";
import { issued, validDays } from "../fixtures/certificates";
import {
  ed25519Line,
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
  ...Object.keys(prod.secrets).map((key) => ({
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
    const { certificate, key } = issued(["assistant.knee-replacement.example"]);
    const changes = {
      "clawkeep:originCertificate": certificate,
      "clawkeep:originKey": key,
      "clawkeep:hostname": "assistant.knee-replacement.example",
      "clawkeep:zone": { name: "knee-replacement.example", id: "0".repeat(32) },
    };
    expect(problemsOf(rawConfiguration(prod, changes))).toEqual([]);
  });

  it("may have a key line whose comment has several words, and addresses of its own on a standby's host", () => {
    const host = prod.settings["clawkeep:host"] as object;
    const line = `${ed25519Line("admin")} Jörg's laptop (2026)`;
    expect(problemsOf(rawConfiguration(prod, { "clawkeep:host": { ...host, sshKey: line } }))).toEqual([]);
    const lines = { ...host, sshKey: `${line}\nssh-ed25519 AAAA` };
    expect(problemsOf(rawConfiguration(prod, { "clawkeep:host": lines }))).toHaveLength(1);
    const own = { ...(existing.settings["clawkeep:host"] as object), address: "192.168.1.20" };
    const secrets = { "hcloud:token": undefined };
    expect(problemsOf(rawConfiguration(standby, { ...secrets, "clawkeep:host": own }))).toEqual([]);
  });

  it.each(["prod", "existing"] as const)("may have a key in hardware: %s", (name) => {
    const fixture = { prod, existing }[name];
    const host = fixture.settings["clawkeep:host"] as object;
    const sshKey = "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2g me";
    expect(problemsOf(rawConfiguration(fixture, { "clawkeep:host": { ...host, sshKey } }))).toEqual([]);
  });

  it("may name people and groups by number or text, as YAML reads them", () => {
    const telegram = { allowFrom: [4711, "4712"], groups: { allowed: [-1001234567890, "-100"] } };
    const parsed = parseConfiguration(
      rawConfiguration(prod, { "clawkeep:gateways": [{ name: "openclaw", telegram }] }),
    );
    expect(parsed).toMatchObject({
      settings: {
        gateways: [
          { telegram: { allowFrom: ["4711", "4712"], groups: { allowed: ["-1001234567890", "-100"] } } },
        ],
      },
    });
  });

  it.each(["my_prod", "prod-", "p".repeat(55)])(
    "refuses a stack that no server can be called by: %s",
    (stack) => {
      const alone = { "clawkeep:pairedStack": undefined, "clawkeep:cloudflareReadToken": undefined };
      const [problem] = problemsOf({ ...rawConfiguration(prod, alone), stack });
      expect(problem).toEqual({
        key: "clawkeep:host.mode",
        message: expect.stringMatching(
          `a server that is called clawkeep-${stack}, and Hetzner takes letters`,
        ) as string,
        remedy: `pulumi stack rename --stack ${stack} NAME`,
      });
      expect(problemsOf({ ...rawConfiguration(existing), stack })).toEqual([]);
      expect(problemsOf({ ...rawConfiguration(prod, alone), stack: "p".repeat(54) })).toEqual([]);
    },
  );

  it.each([
    ["missing on a standby", standby, undefined, /^is missing: the stack that this one stands by for$/],
    ["the stack itself", prod, "prod", /^is this stack itself$/],
    ["no name that a DNS record can hold", prod, "Stand_By", /^is not a stack name of lower-case letters/],
  ] as const)("refuses a pair that is %s", (_, fixture, paired, message) => {
    const [problem] = problemsOf(rawConfiguration(fixture, { "clawkeep:pairedStack": paired }));
    expect(problem?.key).toBe("clawkeep:pairedStack");
    expect(problem?.message).toMatch(message);
  });

  it("refuses a lease of a stack that nobody takes over from, with both ways out, and one of other seconds", () => {
    const changes = { "clawkeep:pairedStack": undefined, "clawkeep:cloudflareReadToken": undefined };
    const lease = { "clawkeep:leaseSeconds": 60 };
    const alone = problemsOf(rawConfiguration(existing, { ...changes, ...lease }));
    expect(alone).toContainEqual({
      key: "clawkeep:leaseSeconds",
      message: expect.stringMatching(/^is for a stack that another one takes over from/) as string,
      remedy: expect.stringMatching(/config rm .*leaseSeconds; or .*pairedStack STANDBY$/) as string,
    });
    expect(problemsOf(rawConfiguration(prod, lease))).toEqual([]);
    for (const seconds of [59, 601, 60.5])
      expect(problemsOf(rawConfiguration(prod, { "clawkeep:leaseSeconds": seconds }))).toMatchObject([
        { key: "clawkeep:leaseSeconds" },
      ]);
  });

  it("needs all that an active stack does of a standby, so that a change of its role is all that a promotion asks", () => {
    expect(parseConfiguration(rawConfiguration(standby, { "clawkeep:role": "active" }))).toHaveProperty(
      "settings.role",
      "active",
    );
  });
});

// As the provider for Cloudflare was seen to: config/secret-checks.ts.
it.each([
  [37, ["cloudflare:apiToken"]],
  [39, ["cloudflare:apiToken"]],
  [40, []],
  [80, []],
  [81, ["cloudflare:apiToken"]],
])("a Cloudflare token of %i characters", (length, refused) => {
  const raw = rawConfiguration(prod);
  const values = { ...raw.values, "cloudflare:apiToken": "w".repeat(length) };
  expect(problemsOf({ ...raw, values }).map(({ key }) => key)).toEqual(refused);
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

  it.each([false, { enabled: false }])(
    "a bot's token is not taken silently while Telegram is off: %j",
    (telegram) => {
      const key = "clawkeep:telegramBotToken-openclaw";
      const problems = problemsOf(
        rawConfiguration(prod, { "clawkeep:gateways": [{ name: "openclaw", telegram }] }),
      );
      expect(problems).toEqual([
        {
          key,
          message: "telegram is off for openclaw: switch it on there, or remove the token",
          remedy: expect.stringMatching(
            /^edit Pulumi\.prod\.yaml: telegram: true .*; or pulumi config rm --stack prod clawkeep:telegramBotToken-openclaw$/,
          ),
        },
      ]);
    },
  );

  it.each(wrongSettings)("$name is one problem a key", (wrong) => {
    const keys = problemsOf(rawConfiguration(prod, wrong.changes)).map(({ key }) => key);
    expect(keys).toEqual([...new Set(keys)]);
  });
});

describe("the origin's certificate and key", () => {
  const own = issued(["assistant.example.org"]);
  const other = issued(["other.example.org"]);
  const certificate = "clawkeep:originCertificate";
  const key = "clawkeep:originKey";
  const fold = (pem: string): string => pem.trim().replaceAll("\n", " ");
  const damaged = own.certificate.replace(/\n[^\n]{8}/, "\nAAAAAAAA");
  const setCertificate = `pulumi config set --stack prod ${certificate} < origin.pem`;
  const setKey = `pulumi config set --stack prod --secret ${key} < origin.key`;

  it.each<[string, Record<string, string>, string, RegExp, string]>([
    [
      "certificate for another name",
      { [certificate]: other.certificate },
      certificate,
      /^is for DNS:other\.example\.org, not for assistant\.example\.org$/,
      setCertificate,
    ],
    [
      "certificate in one line",
      { [certificate]: fold(own.certificate) },
      certificate,
      /^has lost its line breaks/,
      setCertificate,
    ],
    [
      "damaged certificate",
      { [certificate]: damaged },
      certificate,
      /between its lines is none$/,
      setCertificate,
    ],
    [
      "chain with a damaged certificate",
      { [certificate]: own.certificate + damaged },
      certificate,
      /^is not all certificates: number 2 of 2/,
      setCertificate,
    ],
    [
      "certificate cut short",
      { [certificate]: own.certificate.slice(0, 90) },
      certificate,
      /^is not a PEM certificate$/,
      setCertificate,
    ],
    [
      "key in place of the certificate",
      { [certificate]: own.key },
      certificate,
      /^is not a PEM certificate$/,
      setCertificate,
    ],
    [
      "key of another certificate",
      { [key]: own.key },
      key,
      /^is the private key of another certificate/,
      setKey,
    ],
    ["key in one line", { [key]: fold(own.key) }, key, /^has lost its line breaks/, setKey],
    [
      "damaged key",
      { [key]: own.key.replace(/\n[^\n]{8}/, "\nAAAAAAAA") },
      key,
      /^is not a private key that can be read/,
      setKey,
    ],
    [
      "company's certificate in one line",
      { "clawkeep:extraCaCertificates": fold(own.certificate) },
      "clawkeep:extraCaCertificates",
      /^has lost its line breaks/,
      "pulumi config set --stack prod clawkeep:extraCaCertificates < ca.pem",
    ],
    [
      "company's bundle with something else in it",
      { "clawkeep:extraCaCertificates": own.certificate + damaged },
      "clawkeep:extraCaCertificates",
      /number 2 of 2/,
      "pulumi config set --stack prod clawkeep:extraCaCertificates < ca.pem",
    ],
  ])("%s is refused", (_, changes, where, message, remedy) => {
    // The fixture's key is another certificate's: what is wrong with the certificate alone is the first problem.
    const [problem] = problemsOf(rawConfiguration(prod, changes));
    expect(problem).toEqual({ key: where, message: expect.stringMatching(message), remedy });
    expect(JSON.stringify(problem)).not.toContain(own.key.split("\n")[1]);
  });

  it("are refused the day the certificate ends", () => {
    const valid = serverCertificateProblem(own.certificate, "assistant.example.org", Date.now());
    const later = Date.now() + (validDays + 1) * 86_400_000;
    expect(valid).toBeUndefined();
    expect(serverCertificateProblem(own.certificate, "assistant.example.org", later)).toMatch(/^expired on /);
    jest.useFakeTimers({ now: later });
    try {
      expect(problemsOf(rawConfiguration(prod)).map(({ key: where }) => where)).toEqual([certificate]);
    } finally {
      jest.useRealTimers();
    }
  });

  it("are taken as a pair, with their chain, and a company's bundle with its comments", () => {
    const changes = {
      [certificate]: own.certificate + other.certificate,
      [key]: own.key,
      "clawkeep:extraCaCertificates": `# ours\n${own.certificate}\n# and theirs\n${other.certificate}`,
    };
    expect(problemsOf(rawConfiguration(prod, changes))).toEqual([]);
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
