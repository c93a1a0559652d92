/** Which version of a file comes back: the one that is what its name says, whatever time anybody gives it. */
import { createHash } from "node:crypto";
import { chooseVersions } from "../../../tools/earlier-versions/choose";

const sha = (text: string): string => createHash("sha256").update(text).digest("hex");
const [good, forged] = [sha("good"), sha("forged")];
const choose = (...versions: [string, string][]) => {
  const { chosen, lost } = chooseVersions(versions.map(([path, sha256]) => ({ path, sha256 })));
  return { chosen: Object.fromEntries(chosen), lost };
};

it("takes what is good, current, overwritten, overwritten twice or deleted", () => {
  const earlier = `snapshots/${good}-v2026-11-29-164947-000`;
  expect(choose([`snapshots/${good}`, good]).chosen).toEqual({ [`snapshots/${good}`]: `snapshots/${good}` });
  const overwritten = choose(
    [`snapshots/${good}`, forged],
    [`snapshots/${good}-v2027-01-01-000000-000`, forged],
    [earlier, good],
  );
  expect(overwritten).toEqual({ chosen: { [`snapshots/${good}`]: earlier }, lost: [] });
  expect(choose([earlier, good]).chosen).toEqual({ [`snapshots/${good}`]: earlier });
});

it("takes the first configuration, no lock, and names what is lost or forged", () => {
  const first = "config-v2026-11-29-164947-000";
  const result = choose(["config", forged], [first, good], ["locks/x", good], [`data/00/${good}`, forged]);
  expect(result).toEqual({ chosen: { config: first }, lost: [`data/00/${good}`] });
});
