import { parseConfiguration } from "../../../config-files/socket-proxy/configuration";
import { exampleConfiguration } from "./support/configuration";

const text = JSON.stringify(exampleConfiguration());
const parse = (changed: string): unknown => parseConfiguration(changed, "configuration.json");

test("reads a complete configuration", () => {
  expect(parse(text)).toEqual(exampleConfiguration());
});

test.each([
  [
    "an unknown setting",
    text.replace('{"gateway"', '{"extra":1,"gateway"'),
    "configuration.extra: is not allowed",
  ],
  ["a missing setting", text.replace('"uid":1000,', ""), "configuration.sandbox.uid: is missing"],
  ["root as the sandboxes' user", text.replace('"uid":1000', '"uid":0'), "configuration.sandbox.uid"],
  ["a setting twice", text.replace('"uid":1000', '"uid":1000,"uid":1001'), "more than once"],
  ["a directory with dot-dot", text.replace("/srv/openclaw/sandboxes", "/srv/../etc"), "hostDirectory"],
  ["a directory with a trailing slash", text.replace("/srv/openclaw/sandboxes", "/srv/"), "hostDirectory"],
  ["an image id that is a tag", text.replace(/sha256:[a-f0-9]+/, "latest"), "imageId"],
  ["a gateway's name with a dot", text.replace('"name":"test"', '"name":"te.st"'), "gateway.name"],
  ["no limit on sandboxes", text.replace('"sandboxes":3', '"sandboxes":0'), "sandboxes"],
  ["no JSON", "gateway: test", "is not JSON"],
])("refuses %s", (_, changed, problem) => {
  expect(() => parse(changed)).toThrow(problem);
  expect(() => parse(changed)).toThrow(/^configuration\.json: /);
});
