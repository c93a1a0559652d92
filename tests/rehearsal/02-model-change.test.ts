/** A change touches only what it has to. */
import { isSandboxOf } from "../../config/sandbox-names";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { pulumiUp } from "../../lab/rehearsal/pulumi";
import { chatTurn } from "../../lab/rehearsal/public";
import { onVps } from "../../lab/rehearsal/vps";
import { changes, withModels } from "./support";

jest.setTimeout(600_000);
beforeAll(enterLabEnvironment);

test("a changed model name updates LiteLLM and the gateway and nothing else", async () => {
  const before = await startTimes();
  await withModels([{ from: "openai/gpt-4o", to: "openai/gpt-4o-renamed" }], async () => {
    expect(await changes("prod")).toEqual([
      "gateway-openclaw-activated update",
      "gateway-openclaw-canary update",
      "gateway-openclaw-config update",
      "gateway-openclaw-container replace",
      "gateway-openclaw-container-settled update",
      "gateway-openclaw-tools-proven update",
      "litellm-config update",
      "litellm-container replace",
      "litellm-container-settled update",
    ]);
    await pulumiUp("prod");
    const after = await startTimes();
    const restarted = [...after].filter(([name, time]) => before.get(name) !== time).map(([name]) => name);
    expect(restarted.sort()).toEqual(["openclaw", "openclaw-litellm"]);
    expect(await chatTurn("Say: renamed")).toContain("renamed");
  });
  await pulumiUp("prod");
  expect(await chatTurn("Say: named as before")).toContain("named as before");
});

/** Container -> when it was last started; sandboxes come and go by themselves. */
async function startTimes(): Promise<Map<string, string>> {
  const text = await onVps(
    "prod",
    "docker inspect --format '{{.Name}} {{.State.StartedAt}}' $(docker ps -q)",
  );
  const lines = text
    .trim()
    .split("\n")
    .map((line) => line.slice(1).split(" "));
  return new Map(lines.filter(([name]) => !isSandboxOf("openclaw", name ?? "")) as [string, string][]);
}
