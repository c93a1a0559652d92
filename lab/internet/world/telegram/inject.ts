import { asText, type Json } from "../exchange";
import type { Bot, Update } from "./bot";

/**
 * Makes an update out of a short description:
 * `{"text": "hello", "from": {"id": 111, "first_name": "Alice"}, "chat": {"id": -100, "type": "group"}}`, with
 * `photo` or `document` as `{"base64": ..., "name"?, "mime"?}`, `callback` as `{"data": ..., "message_id": ...}`,
 * or `raw` for an update in Telegram's own words.
 */
export function inject(bot: Bot, body: Json): Update {
  const raw = body["raw"];
  if (typeof raw === "object" && raw !== null) return bot.push(raw as Json);
  const from = {
    id: 111,
    is_bot: false,
    first_name: "Alice",
    language_code: "en",
    ...(body["from"] as Json),
  };
  const chat = (body["chat"] as Json | undefined) ?? {
    id: from.id,
    type: "private",
    first_name: from.first_name,
  };
  const callback = body["callback"] as Json | undefined;
  if (callback !== undefined) {
    const message = bot.message(chat["id"], callback["message_id"]);
    const query = { id: String(Date.now()), from, message, chat_instance: "lab", data: callback["data"] };
    return bot.push({ callback_query: query });
  }
  const replied = bot.message(chat["id"], body["reply_to"]);
  const message = bot.addMessage({
    from,
    chat,
    ...media(bot, body),
    ...(replied === undefined ? {} : { reply_to_message: replied }),
  });
  return bot.push({ message });
}

function media(bot: Bot, body: Json): Json {
  const text = typeof body["text"] === "string" ? body["text"] : undefined;
  const photo = body["photo"] as Json | undefined;
  const document = body["document"] as Json | undefined;
  const caption = text === undefined ? {} : { caption: text, caption_entities: entities(bot, text) };
  if (photo !== undefined) {
    const file = store(bot, "photos", "jpg", photo);
    return { photo: [{ ...file, width: 90, height: 90 }], ...caption };
  }
  if (document !== undefined) {
    const name = asText(document["name"], "file.bin");
    const file = store(bot, "documents", name.split(".").at(-1) ?? "bin", document);
    const mime = asText(document["mime"], "application/octet-stream");
    return { document: { ...file, file_name: name, mime_type: mime }, ...caption };
  }
  return { text: text ?? "", entities: entities(bot, text ?? "") };
}

function store(bot: Bot, folder: string, extension: string, upload: Json): Json {
  const bytes = Buffer.from(asText(upload["base64"]), "base64");
  const id = bot.addFile(folder, extension, bytes);
  return { file_id: id, file_unique_id: id.slice(0, 16), file_size: bytes.length };
}

/** Telegram marks commands and mentions; a gateway in a group answers only when it is mentioned. */
function entities(bot: Bot, text: string): Json[] {
  const command = /^\/[a-z0-9_]+(@\w+)?/i.exec(text);
  const mention = text.indexOf(`@${bot.username}`);
  return [
    ...(command === null ? [] : [{ type: "bot_command", offset: 0, length: command[0].length }]),
    ...(mention < 0 ? [] : [{ type: "mention", offset: mention, length: bot.username.length + 1 }]),
  ];
}
