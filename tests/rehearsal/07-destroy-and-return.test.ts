/** A destroyed stack comes back with its state, and so does one whose server lost its power. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../lab/lib/exec";
import { labDir } from "../../lab/lib/paths";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import type { Report } from "../../lab/rehearsal/phases";
import {
  deleteServerByHand,
  forgetServer,
  nextServers,
  pulumi,
  pulumiUp,
  refreshSshConfig,
  stackOutputs,
  tryPulumi,
} from "../../lab/rehearsal/pulumi";
import { chatTurn, requestsTo } from "../../lab/rehearsal/public";
import { containerStates, nodeIn, onVps } from "../../lab/rehearsal/vps";
import { script } from "../../lab/rehearsal/world";
import { whatIsKept } from "./kept";
import { eventually, withHost } from "./support";

jest.setTimeout(900_000);
beforeAll(enterLabEnvironment);

const marker = "/home/node/.openclaw/workspace/kept-through-everything.txt";

const writeMarker = (text: string): Promise<string> =>
  nodeIn(
    "prod",
    "openclaw",
    `import { writeFileSync } from "node:fs"; writeFileSync("${marker}", "${text}");`,
  );
const readMarker = (): Promise<string> =>
  nodeIn(
    "prod",
    "openclaw",
    `import { readFileSync } from "node:fs"; console.log(readFileSync("${marker}", "utf8"));`,
  );

/** The gateway may still be warming up when `up` ends: its first turn makes a sandbox. */
async function expectAnswering(words: string): Promise<void> {
  await eventually(`a chat turn: ${words}`, 90, async () => {
    expect(await chatTurn(`Say: ${words}`)).toContain(words);
  });
}

const created = (): Promise<string> =>
  run("docker", ["inspect", "--format", "{{.Created}}", "clawkeep-vps-clawkeep-prod"]);

/** A rehearsal that found prod running has not shown a deployment on a bare server: then it is shown here. */
function startOfTheRehearsal(): Date {
  const { started } = JSON.parse(readFileSync(join(labDir(), "report.json"), "utf8")) as Report;
  return new Date(started);
}

test("a plain destroy refuses before it touches anything", async () => {
  const before = await containerStates("prod");
  const { outcome } = await tryPulumi("destroy", ["--stack", "prod", "--yes"]);
  expect(outcome.code).not.toBe(0);
  expect(outcome.stdout + outcome.stderr).toMatch(/protect/);
  expect(await containerStates("prod")).toEqual(before);
  await pulumi("preview", ["--stack", "prod", "--expect-no-changes"]);
});

test("destroy as the README gives it, then up: same address, and the gateway's state is there", async () => {
  const madeByThisRehearsal = new Date((await created()).trim()) > startOfTheRehearsal();
  await writeMarker("before destroy");
  const { ipv4 } = await stackOutputs("prod");
  await pulumi("destroy", ["--stack", "prod", "--yes", "--skip-preview", "--exclude-protected"]);
  const servers = await run("docker", ["ps", "-aq", "--filter", "name=^clawkeep-vps-clawkeep-prod$"]);
  expect(servers.trim()).toBe("");
  // Now the server may be made with another port and key, as the refusal of a changed one says.
  await withHost({ sshPort: 2222, sshKey: "another-key" }, async () => {
    expect(await pulumi("preview", ["--stack", "prod"])).toMatch(/host-server +create/);
  });
  await nextServers(madeByThisRehearsal ? "warm" : "bare");
  await pulumiUp("prod");
  await nextServers("warm");
  // The host key went with the server.
  await refreshSshConfig();
  expect((await stackOutputs("prod"))["ipv4"]).toBe(ipv4);
  expect((await readMarker()).trim()).toBe("before destroy");
  await expectAnswering("back with its state");
});

async function expectBackOnANewServer(marker: string, before: string): Promise<void> {
  expect(await created()).not.toBe(before);
  await refreshSshConfig();
  expect((await readMarker()).trim()).toBe(marker);
  await expectAnswering("on a new server");
  const kept = await onVps("prod", "findmnt -no SOURCE /opt/openclaw/volume");
  expect(kept.trim()).not.toBe("");
  await pulumi("preview", ["--stack", "prod", "--expect-no-changes"]);
}

test("its power cut in the middle of a turn: one up on a new one, the state opens, every turn that was answered is there", async () => {
  await writeMarker("before the server was deleted");
  const before = await created();
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
  await pulumiUp("prod");
  await expectBackOnANewServer("before the server was deleted", before);
  const { integrity, found } = await whatIsKept("prod", [...answered, `${mark}-open`]);
  expect(new Set(Object.values(integrity))).toEqual(new Set(["ok"]));
  console.log(
    `of the turn that was under way, ${found.includes(`${mark}-open`) ? "the question" : "nothing"} is there`,
  );
  expect(found).toEqual(expect.arrayContaining(answered));
});
