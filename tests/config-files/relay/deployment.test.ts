import fc from "fast-check";
import { fixedAddresses } from "../../../config/addresses";
import { parseConfiguration } from "../../../config-files/relay/configuration";
import {
  placeholderToken,
  relayConfiguration,
  relayUrl,
  type RelayDeployment,
} from "../../../config-files/relay/deployment";
import { bundleRelay } from "../../../config-files/relay/bundle";
import { requiredSecrets } from "../../../config/secrets";

const subnets = { openclaw: "172.30.1.0/24", proxy: "172.30.2.0/24", egress: "172.30.3.0/24" };
const args = (changes: Partial<RelayDeployment> = {}): RelayDeployment => ({
  gateways: [
    { name: "openclaw", telegram: true },
    { name: "mute", telegram: false },
    { name: "third", telegram: true },
  ],
  addresses: fixedAddresses(subnets, 3),
  extraCa: false,
  ...changes,
});

describe("the configuration", () => {
  it("is one that the relay takes, with the gateways that have a bot", () => {
    const configuration = parseConfiguration(relayConfiguration(args()), "test");
    expect(configuration).toMatchObject({
      listen: { address: "172.30.1.30", port: 8090 },
      authority: new URL(relayUrl).host,
      upstream: { host: "api.telegram.org", port: 443 },
      gateways: [
        { name: "openclaw", address: "172.30.1.100" },
        { name: "third", address: "172.30.1.102" },
      ],
      extraCaFile: null,
    });
    expect(parseConfiguration(relayConfiguration(args({ extraCa: true })), "test").extraCaFile).toBe(
      "/etc/relay/extra-ca.pem",
    );
  });

  it.each([
    ["nobody to serve", { gateways: [] }, "gateways"],
    ["no proxy", { proxy: undefined }, "proxy: is missing"],
    ["an address as upstream", { upstream: { host: "10.0.0.1", port: 443 } }, "upstream.host"],
    ["a setting that nobody reads", { direct: true }, "direct: is not allowed"],
    [
      "two gateways at one address",
      { gateways: ["a1", "b2"].map((name) => ({ name, address: "10.0.0.1" })) },
      "one address",
    ],
  ])("with %s is refused", (_, changes, message) => {
    const text = JSON.stringify({ ...JSON.parse(relayConfiguration(args())), ...changes });
    expect(() => parseConfiguration(text, "test")).toThrow(message);
  });
});

describe("the placeholder", () => {
  const [rule] = requiredSecrets({ models: [], gateways: [{ name: "openclaw", telegram: true }] }).filter(
    ({ key }) => key.startsWith("telegram"),
  );
  const token = fc
    .tuple(fc.integer({ min: 100_000, max: 999_999_999_999 }), fc.stringMatching(/^[A-Za-z0-9_-]{35}$/))
    .map(([id, secret]) => `${id}:${secret}`);

  it("is of a token's shape, length and bot, and says nothing of its secret", () => {
    fc.assert(
      fc.property(token, (real) => {
        const placeholder = placeholderToken(real);
        expect(placeholder).toMatch(rule?.shape ?? /never/);
        expect(placeholder).toHaveLength(real.length);
        expect(placeholder.split(":")[0]).toBe(real.split(":")[0]);
        expect(placeholder).toBe(placeholderToken(`${real.split(":")[0]}:${"x".repeat(35)}`));
      }),
    );
  });

  it.each([
    "",
    "123:abc",
    `12345:${"a".repeat(35)}`,
    `123456:${"a".repeat(36)}`,
    `x123456:${"a".repeat(35)}`,
  ])("is not made of %j, nor is that quoted", (text) => {
    expect(() => placeholderToken(text)).toThrow(/^not a bot token \(digits, colon, 35 characters\)$/);
  });
});

it("is one file, the same from the same sources, with nothing but Node's own modules", () => {
  const bundle = bundleRelay();
  expect(bundle).toBe(bundleRelay());
  const required = [...bundle.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name);
  expect(required.filter((name) => !name?.startsWith("node:"))).toEqual([]);
  expect(bundle).not.toContain(__dirname.slice(0, 8));
});
