/** The lab rehearses the images that are deployed: the same names and tags, without the digests that it cannot have. */
import { imagePins } from "../../config/images";
import { settingsShape } from "../../config/schema";
import { imageSettings } from "../../lab/images/settings";

const withoutDigests = Object.fromEntries(
  Object.entries<string>(imagePins).map(([name, reference]) => [name, reference.replace(/@.*$/, "")]),
);

it("serves every pin", () => {
  expect(imageSettings()).toEqual(withoutDigests);
});

it("names them as a stack's configuration takes them", () => {
  expect(settingsShape.images.parse(imageSettings())).toEqual(withoutDigests);
});
