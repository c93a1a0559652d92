/** Pins are resolved by asking a registry, over TLS, and every way in which it can go wrong is a refusal that says so. */
import { readFileSync } from "node:fs";
import { resolvePin } from "../../../tools/pins/pin";
import { RegistryServer, sha256, type Fault } from "./registry-server";

let registry: RegistryServer;
const redis = "docker.io/library/redis:7.4.7-bookworm";
const choose = (...acceptMoved: string[]): ReadonlySet<string> => new Set(acceptMoved);

beforeAll(async () => {
  registry = await RegistryServer.start();
  registry.index("library/redis", "7.4.7-bookworm");
  registry.single("library/caddy", "2.11.4");
});
afterAll(() => registry.stop());
beforeEach(() => {
  registry.fault = undefined;
  registry.seen.length = 0;
});

const access = (ca = true) => ({
  instead: new Map(["docker.io", "ghcr.io"].map((host) => [host, registry.origin])),
  ca: ca ? readFileSync(registry.caFile, "utf8") : undefined,
});
const pinRedis = (before = redis, choices = choose()) => resolvePin("redis", before, access(), choices);

it("a tag becomes its digest, after the token dance for that repository alone", async () => {
  const digest = registry.index("library/redis", "7.4.7-bookworm");
  expect(await pinRedis()).toEqual({ name: "redis", before: redis, after: `${redis}@${digest}` });
  expect(registry.seen).toEqual([
    "/v2/library/redis/manifests/7.4.7-bookworm -",
    "/token?service=registry.test&scope=repository%3Alibrary%2Fredis%3Apull -",
    "/v2/library/redis/manifests/7.4.7-bookworm Bearer a-token-for-one-repository",
  ]);
});

it("an image without an index is asked for its architecture", async () => {
  const digest = registry.single("library/caddy", "2.11.4");
  const before = "docker.io/library/caddy:2.11.4";
  expect((await resolvePin("caddy", before, access(), choose())).after).toBe(`${before}@${digest}`);
});

it("a blob that lies elsewhere is fetched there, without the token", async () => {
  registry.fault = "blobs lie elsewhere";
  const before = "docker.io/library/caddy:2.11.4";
  expect((await resolvePin("caddy", before, access(), choose())).problem).toBeUndefined();
  expect(registry.seen.at(-1)).toMatch(/^\/elsewhere\/sha256:[0-9a-f]{64} -$/);
});

it.each<[Fault, RegExp]>([
  ["asks again with a token", /answers 401 again, with the token.*name right, and the repository public/],
  ["basic", /wants credentials .*Basic realm.*Only public repositories/],
  ["no token", /gives no token/],
  ["token refused", /answers 403 .*token from 127\.0\.0\.1.*repository public/],
  ["too many requests", /answers 429.*Run make pins again in an hour/],
  ["too many requests, for a while", /answers 429.*Run make pins again in 240 s/],
  ["server error", /answers 503 \(tag 7\.4\.7-bookworm\)\. Run make pins again later/],
  [
    "wrong digest",
    /says that 7\.4\.7-bookworm is sha256:[0-9a-f]+, and sends bytes that are sha256:.*Do not/,
  ],
  ["no image", /is of the kind "text\/html", which is no image/],
  ["garbage", /index of 7\.4\.7-bookworm cannot be read/],
  ["realm in clear", /is not https, and nothing is asked in clear/],
  ["redirects for ever", /redirects more than 3 times/],
])("a registry that goes wrong is refused: %s", async (fault, problem) => {
  registry.fault = fault;
  const outcome = await pinRedis();
  expect(outcome.after).toBeUndefined();
  expect(outcome.problem).toMatch(/^docker\.io\/library\/redis: /);
  expect(outcome.problem).toMatch(problem);
  // Bounded: no fault makes it ask on and on.
  expect(registry.seen.length).toBeLessThan(8);
});

it("a configuration that is not the one of the manifest is refused", async () => {
  registry.fault = "wrong configuration";
  const outcome = await resolvePin("caddy", "docker.io/library/caddy:2.11.4", access(), choose());
  expect(outcome.problem).toMatch(/configuration of 2\.11\.4 is not sha256:.*Do not deploy/);
});

it("a tag that does not exist is refused, and the way on named", async () => {
  const outcome = await pinRedis("docker.io/library/redis:7.4.99-bookworm");
  expect(outcome.problem).toMatch(/^docker\.io\/library\/redis: has no tag 7\.4\.99-bookworm\. Mend the row/);
});

it("an image without amd64 is refused", async () => {
  registry.index("library/redis", "7.4.8-bookworm", ["linux/arm64", "windows/amd64"]);
  const outcome = await pinRedis("docker.io/library/redis:7.4.8-bookworm");
  expect(outcome.problem).toMatch(/not there for linux\/amd64, only for linux\/arm64, windows\/amd64/);
  registry.single("library/caddy", "2.11.5", "arm64");
  const single = await resolvePin("caddy", "docker.io/library/caddy:2.11.5", access(), choose());
  expect(single.problem).toMatch(/only for linux\/arm64/);
});

it.each([
  ["redis", "docker.io/library/redis:latest", /moves/],
  ["redis", "docker.io/library/redis:7.4.5-bookworm", /CVE-2025-49844/],
  ["litellm", "ghcr.io/berriai/litellm:v1.82.7", /back door/],
  ["litellm", "ghcr.io/berriai/litellm:v1.83.6", /remote code execution/],
] as const)("%s is not asked for %s", async (name, reference, problem) => {
  registry.index(name === "redis" ? "library/redis" : "berriai/litellm", reference.split(":")[1] ?? "");
  const outcome = await resolvePin(name, reference, access(), choose());
  expect(outcome.problem).toMatch(problem);
  expect(registry.seen).toEqual([]);
});

describe("a tag that was pinned with a digest", () => {
  const pinned = `${redis}@${sha256("of last month")}`;

  it("and is still that: nothing changes", async () => {
    const before = `${redis}@${registry.index("library/redis", "7.4.7-bookworm")}`;
    expect(await pinRedis(before)).toEqual({ name: "redis", before, after: before });
  });

  it("and has moved: refused, with both digests and what that means for this publisher", async () => {
    const now = registry.index("library/redis", "7.4.7-bookworm");
    const { after, problem } = await pinRedis(pinned);
    expect(after).toBeUndefined();
    expect(problem).toMatch(/^THE TAG HAS MOVED: .*rebuilds its images.*--accept-moved redis/);
    expect(problem).toContain(sha256("of last month"));
    expect(problem).toContain(now);
  });

  it("whose publisher never rebuilds: an incident", async () => {
    registry.index("berriai/litellm", "v1.103.7");
    const before = `ghcr.io/berriai/litellm:v1.103.7@${sha256("of last month")}`;
    const { problem } = await resolvePin("litellm", before, access(), choose());
    expect(problem).toMatch(/^THE TAG HAS MOVED: .*Treat it as an attack/);
  });

  it("is taken when it is accepted by its name, and no other row's", async () => {
    const now = registry.index("library/redis", "7.4.7-bookworm");
    expect((await pinRedis(pinned, choose("redis"))).after).toBe(`${redis}@${now}`);
    expect((await pinRedis(pinned, choose("caddy"))).problem).toMatch(/HAS MOVED/);
  });
});

it.each([
  ["node", "docker.io/library/node", "24-bookworm-slim", true],
  ["node", "docker.io/library/node", "24.21.0-bookworm-slim", false],
  ["dockerCli", "docker.io/library/docker", "29-cli", true],
  ["squid", "docker.io/ubuntu/squid", "6.6-24.04_edge", true],
  ["sandboxBase", "docker.io/library/debian", "bookworm-slim", true],
  ["sandboxBase", "docker.io/library/debian", "bookworm-20261103-slim", false],
  ["caddy", "docker.io/library/caddy", "2.11.4", false],
] as const)("%s %s:%s is said to be a series or a channel: %s", async (name, image, tag, series) => {
  registry.index(image.replace("docker.io/", ""), tag);
  const outcome = await resolvePin(name, `${image}:${tag}`, access(), choose());
  expect(outcome.after).toMatch(/@sha256:/);
  expect(/the digest alone holds it/.test(outcome.note ?? "")).toBe(series);
});

it("a server whose certificate nobody vouches for gets no question, and the way on is named", async () => {
  const outcome = await resolvePin("redis", redis, access(false), choose());
  expect(outcome.problem).toMatch(/cannot be asked .*certificate.*PINS='--ca FILE\.pem'/);
  expect(registry.seen).toEqual([]);
});

it("a registry that is not there: the way to a mirror is named", async () => {
  const closed = { ...access(), instead: new Map([["docker.io", "https://127.0.0.1:9"]]) };
  const outcome = await resolvePin("redis", redis, closed, choose());
  expect(outcome.problem).toMatch(/127\.0\.0\.1:9 cannot be asked .*--registry docker\.io=https:/);
});
