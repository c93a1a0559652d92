/** A server whose power is cut in the middle of a turn: a new one has all that was answered. */
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import {
  deleteServerByHand,
  forgetServer,
  nextServers,
  pulumi,
  pulumiUp,
  refreshSshConfig,
} from "../../lab/rehearsal/pulumi";
import { chatTurn, requestsTo } from "../../lab/rehearsal/public";
import { onVps } from "../../lab/rehearsal/vps";
import { script } from "../../lab/rehearsal/world";
import { expectAnswering, readMarker, serverMade, whatIsKept, writeMarker } from "./kept";
import { eventually } from "./support";

jest.setTimeout(900_000);
beforeAll(enterLabEnvironment);

async function expectBackOnANewServer(marker: string, before: string): Promise<void> {
  expect(await serverMade()).not.toBe(before);
  await refreshSshConfig();
  expect((await readMarker()).trim()).toBe(marker);
  await expectAnswering("on a new server");
  const kept = await onVps("prod", "findmnt -no SOURCE /opt/openclaw/volume");
  expect(kept.trim()).not.toBe("");
  await pulumi("preview", ["--stack", "prod", "--expect-no-changes"]);
}

test("its power cut in the middle of a turn: one up on a new one, the state opens, every turn that was answered is there", async () => {
  await writeMarker("before the server was deleted");
  const before = await serverMade();
  const mark = `cut-${Date.now()}`;
  const answered = ["one", "two", "three"].map((word) => `${mark}-${word}`);
  await script("anthropic", [{ match: `${mark}-open`, delayMs: 60_000 }]);
  const open = chatTurn(`Say: ${mark}-open`).catch(() => "cut off");
  await eventually("the model is asked", 60, async () => {
    expect(JSON.stringify(await requestsTo("anthropic"))).toContain(`${mark}-open`);
  });
  for (const words of answered) expect(await chatTurn(`Say: ${words}`, mark)).toContain(words);
  await deleteServerByHand("prod");
  expect(await open).toBe("cut off");
  await script("anthropic", []);
  await forgetServer("prod");
  await nextServers("warm");
  await pulumiUp("prod");
  await expectBackOnANewServer("before the server was deleted", before);
  const { integrity, found } = await whatIsKept("prod", [...answered, `${mark}-open`]);
  expect(new Set(Object.values(integrity))).toEqual(new Set(["ok"]));
  console.log(
    `of the turn that was under way, ${found.includes(`${mark}-open`) ? "the question" : "nothing"} is there`,
  );
  expect(found).toEqual(expect.arrayContaining(answered));
});
