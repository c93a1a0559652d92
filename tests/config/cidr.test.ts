import fc from "fast-check";
import { addressAt, isCidr, overlap, parseIPv4Cidr } from "../../config/cidr";

const text = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
/** A canonical network of the given prefix lengths. */
const network = (min = 0, max = 32): fc.Arbitrary<{ base: number; prefix: number; cidr: string }> =>
  fc.tuple(fc.nat(0xffffffff), fc.integer({ min, max })).map(([value, prefix]) => {
    const size = 2 ** (32 - prefix);
    const base = Math.floor(value / size) * size;
    return { base, prefix, cidr: `${text(base)}/${prefix}` };
  });

describe("parseIPv4Cidr", () => {
  it("reads every canonical network", () => {
    fc.assert(
      fc.property(network(), ({ base, prefix, cidr }) =>
        expect(parseIPv4Cidr(cidr)).toEqual({ base, prefix }),
      ),
    );
  });

  it("refuses a network with host bits", () => {
    const withHostBits = network(1, 31).chain(({ base, prefix }) =>
      fc.integer({ min: 1, max: 2 ** (32 - prefix) - 1 }).map((host) => `${text(base + host)}/${prefix}`),
    );
    fc.assert(fc.property(withHostBits, (cidr) => expect(parseIPv4Cidr(cidr)).toBeUndefined()));
  });

  it.each([
    "",
    "10.0.0.0",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/08",
    "10.0.0/8",
    "10.0.0.0/8/8",
    "010.0.0.0/8",
    "10.0.0.0/-1",
    " 10.0.0.0/8",
  ])("refuses %j", (wrong) => expect(parseIPv4Cidr(wrong)).toBeUndefined());
});

describe("isCidr", () => {
  it.each([
    "203.0.113.7/32",
    "0.0.0.0/0",
    "::/0",
    "2001:db8::/48",
    "2001:db8::7/128",
    "fe80::/10",
    "2001:db8:0:1::/64",
  ])("takes %s", (cidr) => {
    expect(isCidr(cidr)).toBe(true);
  });

  it.each([
    "203.0.113.7",
    "2001:db8::",
    "2001:db8::1/64",
    "2001:db8::/129",
    "2001:db8::/064",
    "fe80::1%eth0/128",
    "::ffff:10.0.0.0/104",
    "example.org/32",
    "2001:db8::/48/1",
  ])("refuses %s", (cidr) => expect(isCidr(cidr)).toBe(false));

  it("takes an IPv6 network exactly when its host bits are zero", () => {
    const groups = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(groups, fc.integer({ min: 0, max: 128 }), (parts, prefix) => {
        const bits = parts.map((part) => part.toString(2).padStart(16, "0")).join("");
        const cidr = `${parts.map((part) => part.toString(16)).join(":")}/${prefix}`;
        expect(isCidr(cidr)).toBe(!bits.slice(prefix).includes("1"));
      }),
    );
  });
});

describe("overlap", () => {
  it("is symmetric, and true of a network and itself", () => {
    fc.assert(
      fc.property(network(), network(), (a, b) => {
        expect(overlap(a.cidr, b.cidr)).toBe(overlap(b.cidr, a.cidr));
        expect(overlap(a.cidr, a.cidr)).toBe(true);
      }),
    );
  });

  it("means that the wider one holds the other's first address", () => {
    fc.assert(
      fc.property(network(0, 12), network(4, 16), (a, b) => {
        const [wide, narrow] = a.prefix <= b.prefix ? [a, b] : [b, a];
        const holds = narrow.base >= wide.base && narrow.base < wide.base + 2 ** (32 - wide.prefix);
        expect(overlap(a.cidr, b.cidr)).toBe(holds);
      }),
    );
  });

  it("neighbours do not", () => {
    expect(overlap("172.30.0.0/24", "172.30.1.0/24")).toBe(false);
    expect(overlap("172.30.0.0/23", "172.30.1.0/24")).toBe(true);
  });

  it("says which networks it could not read", () => {
    expect(() => overlap("10.0.0.0/8", "10.0.0.1/8")).toThrow(
      "not an IPv4 network: 10.0.0.0/8 or 10.0.0.1/8",
    );
  });
});

describe("addressAt", () => {
  it("stays inside the network, off its own and its broadcast address", () => {
    const place = network(16, 30).chain(({ base, prefix, cidr }) =>
      fc.integer({ min: 1, max: 2 ** (32 - prefix) - 2 }).map((offset) => ({ base, cidr, offset })),
    );
    fc.assert(
      fc.property(place, ({ base, cidr, offset }) =>
        expect(addressAt(cidr, offset)).toBe(text(base + offset)),
      ),
    );
  });

  it.each([0, -1, 255, 256])("refuses place %d of a /24", (offset) => {
    expect(() => addressAt("172.30.1.0/24", offset)).toThrow(
      `address number ${offset} does not fit into 172.30.1.0/24`,
    );
  });
});
