/** Memory: indexed and searched by way of LiteLLM, from within a conversation, and still there after a recreate. */
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { chatTurn, requestsTo } from "../../lab/rehearsal/public";
import { pulumiUp, stackOutputs, urnOf } from "../../lab/rehearsal/pulumi";
import { labSecrets } from "../../lab/rehearsal/stacks";
import { nodeIn, onVps } from "../../lab/rehearsal/vps";
import { script } from "../../lab/rehearsal/world";
import { eventually } from "./support";

jest.setTimeout(600_000);
beforeAll(enterLabEnvironment);
afterAll(() => script("anthropic", []));

/** Another one each time: OpenClaw asks nobody about a text that it has embedded before. */
const parrot = `Ferdinand${Date.now()}`;
const fact = `The lighthouse keeper's parrot is called ${parrot}.`;

/** The model is made to search its memory; what the search returned comes back as the answer. */
async function searched(query: string): Promise<string> {
  const mark = `recall-${Date.now()}`;
  await script("anthropic", [{ match: mark, tools: [{ name: "memory_search", arguments: { query } }] }]);
  return chatTurn(`please ${mark}`);
}

test("a memory is indexed with the provider's key that only LiteLLM has, and found from a conversation", async () => {
  await nodeIn(
    "prod",
    "openclaw",
    `import { mkdirSync, writeFileSync } from "node:fs";
const folder = "/home/node/.openclaw/workspace/memory";
mkdirSync(folder, { recursive: true });
writeFileSync(folder + "/2026-01-01.md", ${JSON.stringify(`# Notes\n\n${fact}\n`)});`,
  );
  await onVps("prod", "docker exec openclaw openclaw memory index --force --agent main");
  const asked = (await requestsTo("voyage")).at(-1);
  expect(asked?.headers["authorization"]).toBe(`Bearer ${(await labSecrets())["clawkeep:voyageApiKey"]}`);
  expect(asked?.source).toBe((await stackOutputs("prod"))["ipv4"]);
  expect(await searched("what is the parrot of the lighthouse keeper called")).toContain(parrot);
});

test("it is found after the gateway's container was made anew", async () => {
  const id = () => onVps("prod", "docker inspect --format '{{.Id}}' openclaw");
  const before = await id();
  await pulumiUp("prod", "--replace", (await urnOf("prod", "gateway-openclaw-container")) ?? "none");
  expect(await id()).not.toBe(before);
  await eventually("the memory after a recreate", 60, async () => {
    expect(await searched("parrot lighthouse keeper")).toContain(parrot);
  });
});
