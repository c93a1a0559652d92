/** What is said of the operator's ssh-agent before anything is touched. */
import { agentProblem } from "../../config/ssh-agent";
import { parseConfiguration } from "../../config/parse";
import type { Settings } from "../../config/schema";
import { recordAll, programRun } from "../components/graph";
import {
  ed25519Line,
  existing,
  prod,
  rawConfiguration,
  type StackFixture,
} from "../fixtures/stack-configuration";

const hostOf = (fixture: StackFixture, changes: object = {}): Settings["host"] => {
  const host = { ...(fixture.settings["clawkeep:host"] as object), ...changes };
  const parsed = parseConfiguration(rawConfiguration(fixture, { "clawkeep:host": host }));
  if ("problems" in parsed) throw new Error(parsed.problems[0]?.message);
  return parsed.settings.host;
};
const right = ed25519Line("admin");
/** An agent with so many other keys before the right one. */
const after = (others: number): string[] => [
  ...Array.from({ length: others }, (_, index) => `${ed25519Line(`other ${index}`)} other`),
  `${right} admin@laptop`,
];
const made = hostOf(prod);
const there = hostOf(existing);
const named = hostOf(existing, { sshKey: `${right} another comment` });

it.each<[string, Settings["host"], readonly string[]]>([
  ["the right key alone, whatever its comment", made, after(0)],
  ["the eighth, on a server that was told to look at so many", made, after(7)],
  ["the twentieth, the last that such a server looks at", made, after(19)],
  ["the sixth, the last that an sshd looks at that nobody has told anything", named, after(5)],
  ["six keys of which any may be the right one", there, after(5)],
  ["a key that Hetzner has under a name", hostOf(prod, { sshKey: "clawkeep-prod" }), [ed25519Line("other")]],
])("%s will do", (_, host, keys) => expect(agentProblem(host, keys)).toBeUndefined());

it.each<[string, Settings["host"], Parameters<typeof agentProblem>[1], RegExp]>([
  [
    "no agent",
    made,
    { silent: "SSH_AUTH_SOCK is not set" },
    /SSH_AUTH_SOCK is not set.*ssh-agent.*ssh-add KEYFILE/,
  ],
  ["an empty one", made, [], /holds no key: ssh-add KEYFILE/],
  [
    "other keys alone",
    made,
    [ed25519Line("other")],
    /1 keys, and that of clawkeep:host.sshKey is not among them/,
  ],
  [
    "the right one behind twenty",
    made,
    after(20),
    /number 21 .* after 20 wrong ones: take an agent for this key alone/,
  ],
  [
    "the right one behind seven, on a host that was there",
    named,
    after(7),
    /number 8 .* after 6 .*ssh-add KEYFILE/,
  ],
  ["eight keys of which any may be the right one", there, after(7), /holds 8 keys.*clawkeep:host\.sshKey$/],
])("%s will not", (_, host, keys, message) => expect(agentProblem(host, keys)).toMatch(message));

describe("the program", () => {
  const raw = rawConfiguration(prod);
  const other = [ed25519Line("other")];
  const wrong = recordAll({ up: programRun(raw, false, other), preview: programRun(raw, true, other) });

  it("declares nothing in an up whose agent does not hold the key", () => {
    expect(wrong.up.error).toMatch(/is not among them.*\nNothing was touched\./);
    expect(wrong.up.resources).toEqual([]);
  });

  it("says so in a preview, and previews all the same", () => {
    expect(wrong.preview.log).toMatch(/pulumi up will be refused: .*is not among them/);
    expect([wrong.preview.error, wrong.preview.resources.length > 50]).toEqual([undefined, true]);
  });
});
