import { cloudflareRanges } from "../../../config-files/cloudflare/ip-ranges";
import { isCidr, overlap } from "../../../config/cidr";

it.each([...cloudflareRanges.v4, ...cloudflareRanges.v6])(
  "%s is a network that a firewall takes",
  (range) => {
    expect(isCidr(range)).toBe(true);
  },
);

it("no range is so wide that it would be a typing error", () => {
  const prefixes = (ranges: readonly string[]) => ranges.map((range) => Number(range.split("/")[1]));
  expect(Math.min(...prefixes(cloudflareRanges.v4))).toBeGreaterThanOrEqual(12);
  expect(Math.min(...prefixes(cloudflareRanges.v6))).toBeGreaterThanOrEqual(28);
});

it("no address is in two ranges", () => {
  const twice = cloudflareRanges.v4.flatMap((one, index) =>
    cloudflareRanges.v4.slice(index + 1).filter((other) => overlap(one, other)),
  );
  expect(twice).toEqual([]);
});
