import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { keys, WorldHarness, type Any } from "./harness";

let world: WorldHarness;
beforeEach(async () => {
  world = new WorldHarness();
  await world.start();
});
afterEach(() => world.stop());

const inject = (body: object) => world.control("POST", "/telegram/updates", body);
const sent = async () => (await world.control("GET", "/telegram/sent")).sent;

it("knows its bots by their tokens", async () => {
  expect((await world.bot("getMe")).result).toMatchObject({
    id: 123456,
    is_bot: true,
    username: "lab_123456_bot",
  });
  expect(await world.bot("getMe", {}, "999:unknown")).toEqual({
    ok: false,
    error_code: 401,
    description: "Unauthorized",
  });
  expect((await world.bot("noSuchMethod")).error_code).toBe(404);
});

it("delivers an injected message once, until it is confirmed by the next offset", async () => {
  const { update_id } = await inject({ text: "/start now", from: { id: 42, first_name: "Bob" } });
  const { result } = await world.bot("getUpdates", { timeout: 0 });
  expect(result).toHaveLength(1);
  expect(result[0]).toMatchObject({
    update_id,
    message: {
      from: { id: 42, first_name: "Bob", is_bot: false },
      chat: { id: 42, type: "private" },
      text: "/start now",
      entities: [{ type: "bot_command", offset: 0, length: 6 }],
    },
  });
  expect((await world.bot("getUpdates")).result).toHaveLength(1);
  expect((await world.bot("getUpdates", { offset: update_id + 1 })).result).toEqual([]);
});

it("holds a long poll until something arrives, and ends it empty when its time is up", async () => {
  const poll = world.bot("getUpdates", { timeout: 5 });
  await new Promise((resolve) => setTimeout(resolve, 50));
  await inject({ text: "hello" });
  const { result } = await poll;
  expect(result[0].message.text).toBe("hello");
  expect((await world.bot("getUpdates", { timeout: 0.1, offset: result[0].update_id + 1 })).result).toEqual(
    [],
  );
});

it("ends the first of two pollers with a conflict, and counts it", async () => {
  const first = world.bot("getUpdates", { timeout: 5 });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const second = world.bot("getUpdates", { timeout: 5 });
  expect(await first).toMatchObject({ ok: false, error_code: 409 });
  expect((await first).description).toContain("terminated by other getUpdates request");
  expect((await world.control("GET", "/telegram/bots")).bots[0]).toMatchObject({
    polling: true,
    conflicts: 1,
  });
  await inject({ text: "x" });
  expect((await second).result).toHaveLength(1);
});

it("does not count a poller that hung up and came back", async () => {
  const url = world.url("telegram", `/bot${keys.telegram}/getUpdates?timeout=5`);
  await expect(fetch(url, { signal: AbortSignal.timeout(80) })).rejects.toThrow("timeout");
  await new Promise((resolve) => setTimeout(resolve, 50));
  const poll = world.bot("getUpdates", { timeout: 5 });
  await new Promise((resolve) => setTimeout(resolve, 50));
  await inject({ text: "x" });
  expect((await poll).result).toHaveLength(1);
  expect((await world.control("GET", "/telegram/bots")).bots[0].conflicts).toBe(0);
});

it("sends, edits and deletes messages, and shows what a user would have seen", async () => {
  const { result } = await world.bot("sendMessage", { chat_id: 42, text: "Working" });
  expect(result).toMatchObject({ text: "Working", chat: { id: 42 }, from: { username: "lab_123456_bot" } });
  const at = { chat_id: 42, message_id: result.message_id };
  expect((await world.bot("editMessageText", { ...at, text: "Done" })).result.text).toBe("Done");
  expect((await world.bot("editMessageText", { ...at, text: "Done" })).description).toContain("not modified");
  expect((await world.bot("deleteMessage", at)).result).toBe(true);
  expect((await world.bot("editMessageText", { ...at, text: "x" })).error_code).toBe(400);
  expect((await world.bot("sendMessage", { chat_id: 42, text: " " })).description).toContain("text is empty");
  expect((await world.bot("sendChatAction", { chat_id: 42, action: "typing" })).result).toBe(true);
  const log = await sent();
  expect(log.map((entry: Any) => [entry.method, entry.params.text])).toEqual([
    ["sendMessage", "Working"],
    ["editMessageText", "Done"],
    ["deleteMessage", undefined],
  ]);
});

it("takes an injected photo to the bot, and a document back", async () => {
  const bytes = Buffer.from("not really a picture");
  await inject({ text: "what is this?", photo: { base64: bytes.toString("base64") } });
  const { message } = (await world.bot("getUpdates")).result[0];
  expect(message.caption).toBe("what is this?");
  const file = (await world.bot("getFile", { file_id: message.photo[0].file_id })).result;
  const download = await fetch(world.url("telegram", `/file/bot${keys.telegram}/${file.file_path}`));
  expect(Buffer.from(await download.arrayBuffer())).toEqual(bytes);

  const form = new FormData();
  form.set("chat_id", "42");
  form.set("caption", "a report");
  form.set("document", new Blob(["contents"]), "report.txt");
  const url = world.url("telegram", `/bot${keys.telegram}/sendDocument`);
  const answer = (await (await fetch(url, { method: "POST", body: form })).json()) as Any;
  expect(answer.result).toMatchObject({
    document: { file_name: "report.txt", file_size: 8 },
    caption: "a report",
  });
  expect((await sent())[0].files).toEqual([
    { field: "document", name: "report.txt", size: 8, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ]);
});

it("marks a mention in a group, and answers a button", async () => {
  const chat = { id: -100123, type: "supergroup", title: "Team" };
  await inject({ chat, text: "hey @lab_123456_bot, help" });
  const [update] = (await world.bot("getUpdates")).result;
  expect(update.message.entities).toEqual([{ type: "mention", offset: 4, length: 15 }]);
  const asked = (await world.bot("sendMessage", { chat_id: chat.id, text: "sure?" })).result;
  await inject({ chat, callback: { data: "yes", message_id: asked.message_id } });
  const [pressed] = (await world.bot("getUpdates", { offset: update.update_id + 1 })).result;
  expect(pressed.callback_query).toMatchObject({ data: "yes", message: { text: "sure?" } });
  expect(
    (await world.bot("answerCallbackQuery", { callback_query_id: pressed.callback_query.id })).result,
  ).toBe(true);
});

it("keeps registered tokens over a restart, and numbers updates upwards", async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "clawkeep-world-"));
  const files = { keys: path.join(dir, "keys.json"), log: path.join(dir, "world.jsonl") };
  const before = new WorldHarness(files);
  await before.start();
  await before.bot("getMe");
  await before.stop();
  const after = new WorldHarness(files);
  expect(after.world.keys.list("telegram")).toEqual([keys.telegram]);
  const { update_id } = after.world.telegram.inject(undefined, { text: "x" });
  expect(update_id).toBeGreaterThan(1_700_000_000);
  const logged = JSON.parse(fs.readFileSync(files.log, "utf8").trim());
  expect(logged).toMatchObject({ service: "telegram", path: `/bot${keys.telegram}/getMe`, status: 200 });
  fs.rmSync(dir, { recursive: true });
});

it("asks which bot is meant when there are several", async () => {
  await world.control("POST", "/keys", { telegram: ["777:other"] });
  await expect(inject({ text: "x" })).rejects.toThrow("2 registered");
  await inject({ text: "x", bot: 777 });
  expect((await world.bot("getUpdates", {}, "777:other")).result).toHaveLength(1);
});
