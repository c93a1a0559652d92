/** Records on a disk that is full, and what is in no log: prompts and keys, by their values. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../../lab/lib/exec";
import { docker } from "../../../lab/lib/docker";
import { Deployment, gpt, sonnet } from "./support/deployment";

jest.setTimeout(180_000);
const deployment = new Deployment({
  models: [
    { ...sonnet, retries: 0 },
    { ...gpt, retries: 0 },
  ],
  webhook: true,
});
const audit = join(deployment.root, "state", "audit");

beforeAll(async () => {
  // A file system that holds a page of records, and one file that is older than the retention.
  mkdirSync(audit, { recursive: true });
  await run("mount", ["-t", "tmpfs", "-o", "size=12k,uid=65534,gid=65534,mode=0700", "tmpfs", audit]);
  await run("touch", [`${audit}/calls-2020-01-31.jsonl`, `${audit}/notes.txt`]);
  await deployment.start();
});
afterAll(async () => {
  await docker(["rm", "--force", deployment.litellm]);
  await run("umount", [audit]);
  await deployment.stop();
});

it("neither prompt nor answer nor key is in a log or record, whatever goes wrong", async () => {
  const words = "PROMPT-5be1c9";
  const said = "ANSWER-77ae02";
  const { script } = deployment.world;
  script.add("anthropic", [
    { text: said },
    // A provider that repeats the prompt in its errors.
    ...[400, 401, 429, 500, 529].map((status) => ({ status, error: `bad input: ${words}` })),
    { drop: "before" },
    { drop: "middle", text: said.repeat(20) },
  ]);
  for (let index = 0; index < 7; index++) await deployment.chat("sonnet", words);
  await deployment.chat("sonnet", words, { stream: true }).catch(() => undefined);
  await deployment.ask("/v1/messages", { model: "sonnet", messages: words, max_tokens: 10, system: words });
  await deployment.ask("/v1/chat/completions", { model: "gpt", messages: [{ role: words, content: words }] });
  await deployment.ask("/v1/chat/completions", undefined, { raw: `{"model": "gpt", "messages": ${words}` });
  await deployment.ask(`/v1/${words}`, { model: "gpt" });
  expect(script.list("anthropic")).toEqual([]);
  expect(JSON.stringify(deployment.world.recorder.list(0))).toContain(words);

  const records = JSON.stringify(await deployment.audit(10));
  expect(records).toContain('"result":"failed"');
  const everything = [await deployment.logs(), await deployment.logs(deployment.redis), records].join();
  // The search finds what is there: errors were logged.
  expect(everything).toMatch(/ERROR LiteLLM|ERROR uvicorn|ERROR/);
  for (const value of [
    words,
    said,
    deployment.masterKey,
    deployment.providerKey,
    ...Object.values(deployment.keys),
  ]) {
    expect(everything).not.toContain(value);
  }
});

it("records older than the retention are gone, other files are left alone", async () => {
  const names = (await run("ls", [audit])).trim().split("\n");
  expect(names).toEqual([expect.stringMatching(/^calls-20(?!20).*jsonl$/), "notes.txt"]);
});

it("a full disk: what could not be written is kept, calls are refused, and then all is made good", async () => {
  let refused = "";
  for (let index = 0; index < 60 && refused === ""; index++) {
    const answer = await deployment.chat("gpt", "fill the disk");
    if (answer.status === 503) refused = answer.text;
    await deployment.settled("model:gpt");
  }
  expect(refused).toMatch(/audit records cannot be written: is the disk full\?/);
  expect(await deployment.ill()).toMatch(/audit records cannot be written/);
  const lines = (await deployment.audit(1)).length;
  await run("mount", ["-o", "remount,size=1m", audit]);
  expect((await deployment.chat("gpt", "there is room again")).status).toBe(200);
  // The record that found no room, and that of the last call.
  expect(await deployment.audit(lines + 2)).toHaveLength(lines + 2);
  expect(await deployment.ill()).toBe("");
});
