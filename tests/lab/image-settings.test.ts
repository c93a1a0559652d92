/** The lab rehearses the images that are deployed: the same names and tags, by the digests that its own registry has. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { imagePins } from "../../config/images";
import { settingsShape } from "../../config/schema";
import { withoutImage } from "../../lab/images/catalogue";
import { deployedImages, imageSettings } from "../../lab/images/settings";
import { registryStorage } from "../../lab/registry/registry";
import { sha256 } from "../tools/pins/registry-server";

const withoutDigests = Object.fromEntries(
  Object.entries<string>(imagePins)
    .filter(([name]) => !withoutImage.some((without) => without === name))
    .map(([name, reference]) => [name, reference.replace(/@.*$/, "")]),
);

it("serves every pin, but those that its catalogue says it has no image of", () => {
  expect(imageSettings()).toEqual(withoutDigests);
});

it("names them as a stack's configuration takes them", () => {
  expect(settingsShape.images.parse(imageSettings())).toMatchObject(withoutDigests);
});

describe("a stack of the lab", () => {
  const cache = process.env["CLAWKEEP_CACHE"];
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "clawkeep-image-settings-"));
    process.env["CLAWKEEP_CACHE"] = directory;
  });
  afterEach(() => {
    if (cache === undefined) delete process.env["CLAWKEEP_CACHE"];
    else process.env["CLAWKEEP_CACHE"] = cache;
    rmSync(directory, { recursive: true });
  });

  /** As the registry stores which manifest a tag stands for. */
  const store = (reference: string): void => {
    const [, repository = "", tag = ""] = /^[^/]+\/(.+):([^:]+)$/.exec(reference) ?? [];
    const folder = join(
      registryStorage(),
      "docker/registry/v2/repositories",
      repository,
      "_manifests/tags",
      tag,
      "current",
    );
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "link"), sha256(reference));
  };

  it("names each image by tag and digest, and the older line's by its tag until it is made", () => {
    const { openclaw2026_2: older = "", ...others } = withoutDigests;
    for (const reference of Object.values(others)) store(reference);
    const byDigest = (names: Record<string, string>): Record<string, string> =>
      Object.fromEntries(
        Object.entries(names).map(([name, reference]) => [name, `${reference}@${sha256(reference)}`]),
      );
    expect(deployedImages()).toEqual({ ...byDigest(others), openclaw2026_2: older });
    store(older);
    expect(deployedImages()).toEqual(byDigest(withoutDigests));
    expect(settingsShape.images.parse(deployedImages())).toMatchObject(deployedImages());
  });

  it("is not written before the registry has what it needs", () => {
    expect(() => deployedImages()).toThrow(/the lab's registry has no .*: run make setup/);
  });
});
