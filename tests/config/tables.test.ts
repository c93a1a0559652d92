/** The tables that everything else is computed from: addresses, tiers, image pins, secrets. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fixedAddresses } from "../../config/addresses";
import {
  locations,
  placementProblem,
  retirementNotice,
  serverTypeProblem,
  serverTypes,
  soldTypes,
} from "../../config/hetzner";
import { serverTypes as emulated } from "../../lab/hetzner/catalog";
import { imagePins, pinProblem, softwareProblem, type ImageName } from "../../config/images";
import { settingsShape } from "../../config/schema";
import { requiredSecrets, secretKeyPattern } from "../../config/secrets";
import { isOfGateway, services, type ServiceRow, type TierName } from "../../config/services";
import { memoryBudget, tiers } from "../../config/tiers";

const subnets = { openclaw: "172.30.1.0/24", proxy: "172.30.2.0/24", egress: "172.30.3.0/24" };

describe("fixed addresses", () => {
  it("are all different, and the bridges' own is nobody's", () => {
    const addresses = fixedAddresses(subnets, 20);
    const all = JSON.stringify(addresses).match(/\d+\.\d+\.\d+\.\d+/g) ?? [];
    const members = Object.values<ServiceRow>(services).flatMap((row) =>
      row.host === undefined ? [] : Array<string>(isOfGateway(row) ? 20 : 1).fill(row.networks.join()),
    );
    expect(all.length).toBe(members.join().split(",").length);
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((address) => /\.(0|1|255)$/.test(address))).toEqual([]);
  });

  it("of those that are there do not move when a gateway comes", () => {
    const [one, two] = [fixedAddresses(subnets, 1), fixedAddresses(subnets, 2)];
    expect({ ...two, gateways: two.gateways.slice(0, 1) }).toEqual(one);
  });

  it("stay with a gateway that has a slot, wherever it stands in the list", () => {
    const [a, b] = [{ slot: 3 }, { slot: 7 }];
    const at = (...list: { slot?: number }[]) =>
      fixedAddresses(subnets, list).gateways.map(({ openclaw }) => openclaw);
    expect(at(a, b)).toEqual(["172.30.1.103", "172.30.1.107"]);
    expect([at(b, a), at(b), at({}, b)]).toEqual([
      ["172.30.1.107", "172.30.1.103"],
      ["172.30.1.107"],
      ["172.30.1.100", "172.30.1.107"],
    ]);
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
    const own = tier.services.gateway.memoryMiB + tier.services.socketProxy.memoryMiB;
    expect(two.totalMiB - one.totalMiB).toBe(own + tier.sandbox.memoryMiB * tier.sandbox.count);
    expect(one.totalMiB).toBe(one.lines.reduce((sum, line) => sum + line.memoryMiB, 0));
    expect(one.lines.map(({ part }) => part)).toEqual([...Object.keys(tier.services), "sandboxes", "system"]);
  });

  it("fits a server type that can be had", () => {
    expect(memoryBudget(tier, 1).totalMiB).toBeLessThanOrEqual(
      Math.max(...soldTypes().map((type) => serverTypes[type]?.memoryMiB ?? 0)),
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
  expect(serverTypes["cx33"]?.memoryMiB).toBe(8192);
  expect(memoryBudget(tiers.starter, 1).totalMiB).toBeLessThanOrEqual(8192);
});

describe("server types", () => {
  it.each(locations)("in %s one can be had that is big enough", (location) => {
    const memory = soldTypes(location).map((type) => serverTypes[type]?.memoryMiB ?? 0);
    expect(Math.max(...memory)).toBeGreaterThanOrEqual(memoryBudget(tiers.starter, 1).totalMiB);
  });

  it("are nowhere both sold and retired", () => {
    for (const { sold, retired } of Object.values(serverTypes)) {
      expect(sold.filter((location) => retired.includes(location))).toEqual([]);
    }
  });

  it("of a generation that is gone run on, with a notice, and are advised to nobody", () => {
    expect(serverTypeProblem("cx32")).toBeUndefined();
    expect(placementProblem("cx32", "fsn1")).toBeUndefined();
    expect(retirementNotice("cx32", "fsn1")).toMatch(/^cx32 is no longer sold in fsn1.*one of cx23, cx33/);
    expect(retirementNotice("cpx31", "hel1")).toMatch(/^cpx31 is no longer sold in hel1/);
    for (const location of ["ash", "hil"] as const)
      expect(retirementNotice("cpx31", location)).toBeUndefined();
    expect(retirementNotice("cx33", "fsn1")).toBeUndefined();
    expect(soldTypes()).not.toContain("cx32");
  });

  it("are in the emulated cloud what they are here", () => {
    const europe = Object.entries(serverTypes).map(([name, type]) => ({
      name,
      cores: type.cores,
      memoryMiB: type.memoryMiB,
      diskGiB: type.diskGiB,
      retired: type.retired.includes("fsn1"),
    }));
    const there = emulated.map(({ name, cores, memoryGiB, diskGiB, retired }) => ({
      ...{ name, cores, memoryMiB: memoryGiB * 1024, diskGiB, retired },
    }));
    expect(there).toEqual(expect.arrayContaining(europe));
    expect(there).toHaveLength(europe.length);
  });
});

describe("image pins", () => {
  it.each(Object.entries(imagePins))("%s is one that may be deployed", (name, reference) => {
    expect(pinProblem(name as ImageName, reference)).toBeUndefined();
  });

  it.each([
    ["litellm", "ghcr.io/berriai/litellm:v1.74.1", /before 1\.83\.14 is too old/],
    ["litellm", "ghcr.io/berriai/litellm:v1.74.2", /1\.74\.2 to 1\.83\.6 .*remote code execution/],
    ["litellm", "ghcr.io/berriai/litellm:v1.79.3-stable", /remote code execution/],
    ["litellm", "ghcr.io/berriai/litellm:main-v1.81.3-stable", /remote code execution/],
    ["litellm", "ghcr.io/berriai/litellm:v1.82.6", /remote code execution/],
    ["litellm", "ghcr.io/berriai/litellm:v1.82.7", /back door/],
    ["litellm", "ghcr.io/berriai/litellm:v1.82.8-stable", /back door/],
    ["litellm", "ghcr.io/berriai/litellm:v1.82.9", /remote code execution/],
    ["litellm", "mirror.example.org:5000/litellm:1.83.6", /remote code execution/],
    ["litellm", `ghcr.io/berriai/litellm:v1.83.6@sha256:${"0".repeat(64)}`, /remote code execution/],
    ["litellm", "ghcr.io/berriai/litellm:v1.83.7", /before 1\.83\.14 is too old.*CVE-2026-47101/],
    ["litellm", "ghcr.io/berriai/litellm:v1.83.13-stable", /too old/],
    ["litellm", "ghcr.io/berriai/litellm:v1.83.14-rc.1", /pre-release/],
    ["litellm", "ghcr.io/berriai/litellm:v1.83.14-stable", undefined],
    ["litellm", "ghcr.io/berriai/litellm:v1.100.0", undefined],
    ["litellm", "ghcr.io/berriai/litellm:v1.108.0-rc.1", /pre-release/],
    ["litellm", "ghcr.io/berriai/litellm:v1.103", /names no LiteLLM version/],
    ["litellm", "ghcr.io/berriai/litellm:main-latest", /moves/],
    ["litellm", "ghcr.io/berriai/litellm:main-stable", /moves/],
    ["litellm", "ghcr.io/berriai/litellm:main-abc1234", /names no LiteLLM version/],
    ["openclaw", "ghcr.io/openclaw/openclaw:2026.2.17", /before 2026\.3\.1 is too old/],
    ["openclaw", "ghcr.io/openclaw/openclaw:2026.3.0", /too old/],
    ["openclaw", "ghcr.io/openclaw/openclaw:2026.3.1", undefined],
    ["openclaw", "ghcr.io/openclaw/openclaw:2026.10.1", undefined],
    ["openclaw", "ghcr.io/openclaw/openclaw:2026.9.7-beta.1", /pre-release/],
    ["openclaw", "ghcr.io/openclaw/openclaw:2026.9", /names no OpenClaw version/],
    ["redis", "docker.io/library/redis:7.2.10", /before 7\.2\.11 is too old/],
    ["redis", "docker.io/library/redis:7.2.11-alpine3.21", undefined],
    ["redis", "docker.io/library/redis:7.4.0", /CVE-2025-49844/],
    ["redis", "docker.io/library/redis:7.4.5-bookworm", /CVE-2025-49844/],
    ["redis", "docker.io/library/redis:7.4.6-bookworm", undefined],
    ["redis", "docker.io/library/redis:8.0.3", /CVE-2025-49844/],
    ["redis", "docker.io/library/redis:8.0.4", undefined],
    ["redis", "docker.io/library/redis:8.2.1", /CVE-2025-49844/],
    ["redis", "docker.io/library/redis:8.2.2", undefined],
    ["redis", "docker.io/library/redis:7-bookworm", /names no Redis version/],
    ["dockerCli", "docker.io/library/docker:24.0.9-cli", /before 25\.0\.0 is too old.*1\.44/],
    ["dockerCli", "docker.io/library/docker:25-cli", undefined],
    ["dockerCli", "docker.io/library/docker:cli", /names no Docker client version/],
    ["caddy", "docker.io/library/caddy:2-alpine", /names no Caddy version/],
    ["caddy", "docker.io/library/caddy:2.10", /names no Caddy version/],
    ["caddy", "docker.io/library/caddy:2.10.2", /before 2\.11\.1 is too old, .*CVE-2026-27586 to 27590/],
    ["caddy", "docker.io/library/caddy:2.11.0-alpine", /before 2\.11\.1/],
    ["caddy", "docker.io/library/caddy:2.11.1", undefined],
    ["caddy", `docker.io/library/caddy:2.11.4@sha256:${"a".repeat(64)}`, undefined],
    ["caddy", "docker.io/library/caddy:2.11.4@sha256:abc", /64 lower-case hexadecimal digits/],
    ["caddy", `docker.io/library/caddy:2.11.4@sha256:${"a".repeat(63)}`, /64 lower-case/],
    ["caddy", `docker.io/library/caddy:2.11.4@sha256:${"a".repeat(65)}`, /64 lower-case/],
    ["caddy", `docker.io/library/caddy:2.11.4@sha256:${"A".repeat(64)}`, /64 lower-case/],
    ["caddy", `docker.io/library/caddy:2.11.4@sha512:${"a".repeat(64)}`, /64 lower-case/],
    ["caddy", `docker.io/library/caddy@sha256:${"a".repeat(64)}`, /is not registry\/repository:tag/],
    ["caddy", "library/caddy:2.11.4", /is not registry\/repository:tag/],
    ["caddy", "docker.io//caddy:2.11.4", /is not registry\/repository:tag/],
    ["caddy", "docker.io/library/caddy", /is not registry\/repository:tag/],
    ["caddy", "caddy:2.11.4", /is not registry\/repository:tag/],
    ["caddy", "docker.io/library/caddy:2.11.4; reboot", /is not registry\/repository:tag/],
    ["caddy", "docker.io/library/caddy:2'10", /is not registry\/repository:tag/],
    ...["latest", "stable", "edge", "main", "nightly"].map(
      (tag) => ["node", `docker.io/library/node:${tag}`, /moves/] as const,
    ),
  ] as const)("%s %s", (name, reference, problem) => {
    if (problem === undefined) expect(pinProblem(name, reference)).toBeUndefined();
    else expect(pinProblem(name, reference)).toMatch(problem);
  });
});

describe("an image's software", () => {
  it.each(Object.entries(imagePins))("%s is what its pin names", (name, reference) => {
    expect(softwareProblem(name as ImageName, reference)).toBeUndefined();
  });

  it.each([
    ["litellm", "ghcr.io/berriai/litellm-non_root:v1.103.7", undefined],
    ["litellm", "mirror.example.org:5000/deep/path/litellm:v1.103.7", undefined],
    ["litellm", "ghcr.io/berriai/litellmish:v1.103.7", /is not an image of litellm: .* is litellmish/],
    ["sandboxBase", "docker.io/library/alpine:3.22", /is not an image of debian/],
    ["node", "docker.io/library/redis:7.4.7-bookworm", /is not an image of node/],
  ] as const)("%s %s", (name, reference, problem) => {
    if (problem === undefined) expect(softwareProblem(name, reference)).toBeUndefined();
    else expect(softwareProblem(name, reference)).toMatch(problem);
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
      "alertWebhookUrl",
      "gatewayToken-openclaw",
      "litellmKey-openclaw",
      "telegramBotToken-openclaw",
      "gatewayToken-second",
      "litellmKey-second",
    ]);
  });

  it("are called what the schema of a stack file lets a secret be called, and nothing else is", () => {
    const named = new RegExp(`^(${secretKeyPattern})$`);
    const keys = [...rules.map(({ key }) => key), "mistralApiKey"];
    expect(keys.filter((key) => !named.test(key))).toEqual([]);
    const others = [
      ...Object.keys(settingsShape),
      "token",
      "MistralApiKey",
      "xlitellmMasterKey",
      "gatewayToken-",
    ];
    expect(others.filter((key) => named.test(key))).toEqual([]);
  });

  it("are named in their table and nowhere else in config/", () => {
    const names = rules.map(({ key }) => key.replace(/-.*/, "-"));
    const folder = join(__dirname, "..", "..", "config");
    const sources = readdirSync(folder).filter((file) => /\.ts$/.test(file) && file !== "secrets.ts");
    // The providers' table is the home of the names of their keys; what is said in comments is no list.
    const code = (file: string): string =>
      readFileSync(join(folder, file), "utf8").replace(/\/\*.*?\*\//gs, "");
    const found = sources.flatMap((file) =>
      names.filter((name) => code(file).includes(name)).map((name) => [file, name]),
    );
    expect(found).toEqual([
      ["providers.ts", "anthropicApiKey"],
      ["providers.ts", "voyageApiKey"],
    ]);
  });

  it.each([
    ["https://hooks.example.net/services/T0/B0/x", true],
    ["https://example.net", true],
    ["http://hooks.example.net/x", false],
    ["https://user@hooks.example.net/x", false],
    ["https://hooks.example.net:8443/x", false],
    ["https://203.0.113.9/x", false],
    ["https://hooks.example.net\\@evil.example/x", false],
    ["https://Hooks.example.net/x", false],
  ])("the webhook %s: %s", (url, good) => {
    expect(rules.find(({ key }) => key === "alertWebhookUrl")?.shape.test(url)).toBe(good);
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
