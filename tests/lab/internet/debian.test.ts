/** What the lab says of this machine's Debian mirror, before a server's apt says it in the middle of a deployment. */
import { mirrorsOf } from "../../../lab/images/debian";
import { releaseProblem } from "../../../lab/internet/debian/release";

const now = new Date("2026-11-28T12:00:00Z");
const release = (...fields: string[]): string =>
  ["-----BEGIN PGP SIGNED MESSAGE-----", "Suite: stable-security", ...fields, ""].join("\n");
const problem = (text: string | undefined): string | undefined =>
  releaseProblem("trixie-security", text, now);

test("an archive in time, or without an end, is good", () => {
  const made = "Date: Thu, 26 Nov 2026 21:03:36 UTC";
  expect(problem(release(made, "Valid-Until: Thu, 03 Dec 2026 21:03:36 UTC"))).toBeUndefined();
  expect(problem(release(made))).toBeUndefined();
});

test.each([
  [
    "expired",
    release("Date: Thu, 19 Nov 2026 21:03:36 UTC", "Valid-Until: Thu, 26 Nov 2026 21:03:36 UTC"),
    /is stale: its Release file of trixie-security expired on 2026-11-26T21:03:36.000Z.*name a mirror/,
  ],
  ["from the future", release("Date: Sun, 29 Nov 2026 21:03:36 UTC"), /not yet: set this machine's clock/],
  ["missing", undefined, /does not serve trixie-security: see that it answers/],
  ["something else", "<html>It works!</html>", /something that is no Release file/],
])("an archive that is %s is said in one sentence", (_what, text, sentence) => {
  expect(problem(text)).toMatch(sentence);
  expect(problem(text)).not.toContain("\n");
});

describe("the mirrors of this machine's apt", () => {
  const planned = [
    "'http://one.invalid/debian/dists/bookworm/InRelease' a 0",
    "'http://one.invalid/debian/dists/bookworm-updates/InRelease' b 0",
    "'http://two.invalid/x/debian-security/dists/bookworm-security/InRelease' c 0",
    "'http://three.invalid/tools/dists/nodistro/InRelease' d 0",
  ];

  test("are those of its own release", () => {
    expect(mirrorsOf(planned.join("\n"), "bookworm")).toEqual({
      debian: "http://one.invalid/debian",
      security: "http://two.invalid/x/debian-security",
    });
  });

  test("are both needed", () => {
    expect(() => mirrorsOf(planned.slice(0, 2).join("\n"), "bookworm")).toThrow(
      /names no Debian mirror with bookworm-security: add one/,
    );
    expect(() => mirrorsOf("", "bookworm")).toThrow(/with bookworm:/);
  });
});
