/** The check of a state against the true plugins' shapes finds what they were seen to trip over. */
import * as fs from "node:fs";
import * as path from "node:path";
import { unreadable, type InState } from "./true-shapes";

const recorded = path.join(__dirname, "../../recorded/0.1.0/state.json");
const { deployment } = JSON.parse(fs.readFileSync(recorded, "utf8")) as {
  deployment: { resources: InState[] };
};
const type = "cloudflare:index/dnsRecord:DnsRecord";
const record = {
  ...{ id: "0".repeat(32), zoneId: "z", name: "n", type: "A", ttl: 1, proxied: true, content: "192.0.2.1" },
  ...{ meta: "{}", createdOn: "2026-11-28T14:14:03Z", settings: {}, tags: [], comment: "c" },
};
const wrong = (outputs: object): string[] => unreadable([{ type, outputs: { ...record, ...outputs } }]).wrong;

it("takes what the true provider wrote itself", () => {
  expect(unreadable([{ type, outputs: record }])).toEqual({ looked: 1, wrong: [] });
});

it.each([
  [{ id: undefined }, `${type}: id is missing`],
  [{ id: "{<nil>}" }, `${type}: id: "{<nil>}" is not an id of Cloudflare's`],
  [{ meta: {} }, `${type}: meta is {}, and no string`],
  [{ meta: "auto" }, `${type}: meta: "auto" is not a text of JSON`],
  [
    { createdOn: "2026-11-28T14:14:03.123Z" },
    `${type}: createdOn: "2026-11-28T14:14:03.123Z" is not a date in whole seconds`,
  ],
  [{ ttl: "1" }, `${type}: ttl is "1", and no number`],
  [{ proxied: 1 }, `${type}: proxied is 1, and no boolean`],
  [{ tags: {} }, `${type}: tags is {}, and no array`],
  [{ zoneName: "example.org" }, `${type}: zoneName is no output of the npm package`],
])("refuses %j", (change, sentence) => expect(wrong(change)).toContain(sentence));

const command = {
  ...{ connection: { host: "192.0.2.1" }, create: "true", stdout: "", stderr: "" },
  ...{ addPreviousOutputInEnv: true, triggers: [] },
};
const wrongCommand = (outputs: object): string[] =>
  unreadable([{ type: "command:remote:Command", outputs: { ...command, ...outputs } }]).wrong;

it("takes a command as the true plugin writes it", () => expect(wrongCommand({})).toEqual([]));

it.each([
  [{ stdout: undefined }, "stdout is missing"],
  [{ stderr: null }, "stderr is missing"],
  [{ connection: undefined }, "connection is missing"],
  [{ connection: "root@192.0.2.1" }, 'connection is "root@192.0.2.1", and no object'],
  [{ triggers: {} }, "triggers is {}, and no array"],
  [{ exitCode: 0 }, "exitCode is no output of the npm package"],
])("refuses a command with %j", (change, sentence) =>
  expect(wrongCommand(change)).toContain(`command:remote:Command: ${sentence}`),
);

it("looks at the types of both stand-ins", () => {
  const types = ["command:remote:Command", "command:remote:CopyToRemote", type];
  expect(unreadable(types.map((each) => ({ type: each, outputs: {} }))).looked).toBe(types.length);
});

// Written by the stand-ins of that version: the record is what the true provider could not read, the commands it could.
it("finds both faults in a state of version 0.1.0, and none in its commands", () => {
  const { looked, wrong: found } = unreadable(deployment.resources);
  expect(looked).toBeGreaterThan(20);
  expect(found).toEqual([
    `${type}: id is missing`,
    expect.stringContaining("createdOn"),
    `${type}: meta is {}, and no string`,
    `${type}: meta: {} is not a text of JSON`,
    expect.stringContaining("modifiedOn"),
  ]);
});
