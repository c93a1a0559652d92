/** The tables that everything else is computed from: addresses, tiers, image pins, secrets. */
import { fixedAddresses } from "../../config/addresses";
import { serverTypeMemoryMiB } from "../../config/hetzner";
import { imagePins, pinProblem, type ImageName } from "../../config/images";
import { requiredSecrets } from "../../config/secrets";
import { memoryBudget, perGatewayServices, tiers, type TierName } from "../../config/tiers";

const subnets = { openclaw: "172.30.1.0/24", proxy: "172.30.2.0/24", egress: "172.30.3.0/24" };

describe("fixed addresses", () => {
  it("are all different, and the bridges' own is nobody's", () => {
    const addresses = fixedAddresses(subnets, 20);
    const all = JSON.stringify(addresses).match(/\d+\.\d+\.\d+\.\d+/g) ?? [];
    expect(all.length).toBe(46);
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((address) => /\.(0|1|255)$/.test(address))).toEqual([]);
  });

  it("of those that are there do not move when a gateway comes", () => {
    const [one, two] = [fixedAddresses(subnets, 1), fixedAddresses(subnets, 2)];
    expect({ ...two, gateways: two.gateways.slice(0, 1) }).toEqual(one);
  });

  it("follow the subnets", () => {
    const moved = fixedAddresses({ ...subnets, openclaw: "10.9.0.0/16" }, 1);
    expect(moved.litellm).toBe("10.9.0.20");
    expect(moved.gateways[0]).toEqual({ openclaw: "10.9.0.100", proxy: "172.30.2.100" });
  });
});

describe.each(Object.keys(tiers) as TierName[])("tier %s", (name) => {
  const tier = tiers[name];

  it("counts what each gateway has once a gateway, the rest once", () => {
    const [one, two] = [memoryBudget(tier, 1), memoryBudget(tier, 2)];
    const own = perGatewayServices.reduce((sum, service) => sum + tier.services[service].memoryMiB, 0);
    expect(two.totalMiB - one.totalMiB).toBe(own + tier.sandbox.memoryMiB * tier.sandbox.count);
    expect(one.totalMiB).toBe(one.lines.reduce((sum, line) => sum + line.memoryMiB, 0));
    expect(one.lines.map(({ part }) => part)).toEqual([...Object.keys(tier.services), "sandboxes", "system"]);
  });

  it("fits a server type that can be had", () => {
    expect(memoryBudget(tier, 1).totalMiB).toBeLessThanOrEqual(
      Math.max(...Object.values(serverTypeMemoryMiB)),
    );
  });

  it("limits every part, and reserves no more than it limits", () => {
    for (const limits of [...Object.values(tier.services), tier.sandbox]) {
      expect(limits.memoryMiB).toBeGreaterThan(0);
      expect(limits.cpus).toBeGreaterThan(0);
      expect(limits.pids).toBeGreaterThan(0);
      if ("memoryReservationMiB" in limits)
        expect(limits.memoryReservationMiB).toBeLessThanOrEqual(limits.memoryMiB);
    }
  });
});

it("the starter tier fits the server type of the stack files", () => {
  expect(memoryBudget(tiers.starter, 1).totalMiB).toBe(7968);
  expect(serverTypeMemoryMiB["cx32"]).toBe(8192);
});

describe("image pins", () => {
  it.each(Object.entries(imagePins))("%s is one that may be deployed", (name, reference) => {
    expect(pinProblem(name as ImageName, reference)).toBeUndefined();
  });

  it.each([
    ["litellm", "ghcr.io/berriai/litellm:v1.74.1", undefined],
    ["litellm", "ghcr.io/berriai/litellm:v1.74.2", /remote code execution/],
    ["litellm", "ghcr.io/berriai/litellm:v1.79.3-stable", /remote code execution/],
    ["litellm", "mirror.example.org:5000/litellm:1.83.6", /remote code execution/],
    ["litellm", `ghcr.io/berriai/litellm:v1.83.6@sha256:${"0".repeat(64)}`, /remote code execution/],
    ["litellm", "ghcr.io/berriai/litellm:v1.83.7", undefined],
    ["litellm", "ghcr.io/berriai/litellm:v1.100.0", undefined],
    ["litellm", "ghcr.io/berriai/litellm:main-v1.80.0", /names no LiteLLM version/],
    ["litellm", "ghcr.io/berriai/litellm:main-latest", /names no LiteLLM version/],
    ["caddy", `docker.io/library/caddy:2.10.2@sha256:${"a".repeat(64)}`, undefined],
    ["caddy", "docker.io/library/caddy:2.10.2@sha256:abc", /is not registry\/repository:tag/],
    ["caddy", "docker.io/library/caddy", /is not registry\/repository:tag/],
    ["caddy", "caddy:2.10.2", /is not registry\/repository:tag/],
    ["caddy", "docker.io/library/caddy:2.10.2; reboot", /is not registry\/repository:tag/],
    ["caddy", "docker.io/library/caddy:2'10", /is not registry\/repository:tag/],
    ...["latest", "stable", "edge", "main", "nightly"].map(
      (tag) => ["node", `docker.io/library/node:${tag}`, /moves/] as const,
    ),
  ] as const)("%s %s", (name, reference, problem) => {
    if (problem === undefined) expect(pinProblem(name, reference)).toBeUndefined();
    else expect(pinProblem(name, reference)).toMatch(problem);
  });
});

describe("secrets", () => {
  const users = {
    models: [{ provider: "anthropic" }, { provider: "voyage" }, { provider: "anthropic" }] as const,
    gateways: [
      { name: "openclaw", telegram: true },
      { name: "second", telegram: false },
    ],
  };
  const rules = requiredSecrets(users);

  it("are those of the providers, gateways and channels in use, each once", () => {
    expect(rules.map(({ key }) => key)).toEqual([
      "litellmMasterKey",
      "originKey",
      "anthropicApiKey",
      "voyageApiKey",
      "gatewayToken-openclaw",
      "litellmKey-openclaw",
      "telegramBotToken-openclaw",
      "gatewayToken-second",
      "litellmKey-second",
    ]);
  });

  it.each(
    rules.flatMap(({ key, generated, shape }) =>
      generated === undefined ? [] : [{ key, generated, shape }],
    ),
  )("$key is made up in its own shape, another one each time", ({ generated, shape }) => {
    const [one, two] = [generated(), generated()];
    expect(one).toMatch(shape);
    expect(two).not.toBe(one);
  });
});
