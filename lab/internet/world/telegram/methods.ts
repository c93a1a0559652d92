import { asText } from "../exchange";
import type { Bot, Message } from "./bot";
import { structure, type Params } from "./params";

/** An error that the Bot API answers with. */
export class BotApiError extends Error {
  constructor(
    readonly code: number,
    description: string,
  ) {
    super(description);
  }
}

type Method = (bot: Bot, params: Params) => unknown;

const maxTextLength = 4096;

/** The Bot API's methods, except getUpdates. Names are compared without regard to case, as Telegram does. */
const methods: Readonly<Record<string, Method>> = {
  getme: (bot) => ({
    ...bot.me(),
    can_join_groups: true,
    can_read_all_group_messages: false,
    supports_inline_queries: false,
  }),
  logout: () => true,
  close: () => true,
  setmycommands: (bot, { values }) => {
    bot.commands = structure(values, "commands") ?? [];
    return true;
  },
  deletemycommands: (bot) => {
    bot.commands = [];
    return true;
  },
  getmycommands: (bot) => bot.commands,
  setwebhook: (bot, { values }) => {
    bot.webhookUrl = asText(values["url"]);
    return true;
  },
  deletewebhook: (bot) => {
    bot.webhookUrl = "";
    return true;
  },
  getwebhookinfo: (bot) => ({ url: bot.webhookUrl, has_custom_certificate: false, pending_update_count: 0 }),
  sendchataction: acknowledge,
  answercallbackquery: acknowledge,
  setmessagereaction: acknowledge,
  pinchatmessage: acknowledge,
  unpinchatmessage: acknowledge,
  setchatmenubutton: acknowledge,
  setmydescription: acknowledge,
  setmyshortdescription: acknowledge,
  getchat: (_bot, { values }) => ({ ...chatOf(values), accent_color_id: 0, max_reaction_count: 11 }),
  getchatmember: (_bot, { values }) => ({
    status: "member",
    user: { id: Number(values["user_id"]), is_bot: false, first_name: "User" },
  }),
  getchatadministrators: () => [],
  sendmessage: (bot, { values }) => send(bot, values, { text: textOf(values, "text") }),
  sendphoto: (bot, params) => {
    const { id, size } = fileOf(bot, params, "photo", "photos", "jpg");
    const photo = [{ file_id: id, file_unique_id: id.slice(0, 16), width: 90, height: 90, file_size: size }];
    return send(bot, params.values, { photo, ...caption(params) });
  },
  senddocument: (bot, params) => sendFile(bot, params, "document", "documents"),
  sendaudio: (bot, params) => sendFile(bot, params, "audio", "music"),
  sendvoice: (bot, params) => sendFile(bot, params, "voice", "voice"),
  sendvideo: (bot, params) => sendFile(bot, params, "video", "videos"),
  sendanimation: (bot, params) => sendFile(bot, params, "animation", "animations"),
  editmessagetext: (bot, { values }) => {
    const message = existing(bot, values);
    const text = textOf(values, "text");
    if (message["text"] === text && values["reply_markup"] === undefined) {
      throw new BotApiError(400, "Bad Request: message is not modified");
    }
    const edited = { ...message, text, edit_date: Math.floor(Date.now() / 1000) };
    bot.setMessage(edited);
    return edited;
  },
  editmessagereplymarkup: (bot, { values }) => existing(bot, values),
  deletemessage: (bot, { values }) => {
    if (!bot.deleteMessage(values["chat_id"], values["message_id"])) {
      throw new BotApiError(400, "Bad Request: message to delete not found");
    }
    return true;
  },
  getfile: (bot, { values }) => {
    const file = bot.file(values["file_id"]);
    if (file === undefined)
      throw new BotApiError(400, "Bad Request: wrong file_id or the file is temporarily unavailable");
    const id = String(values["file_id"]);
    return {
      file_id: id,
      file_unique_id: id.slice(0, 16),
      file_size: file.bytes.length,
      file_path: file.path,
    };
  },
};

/** Calls a method. @throws BotApiError, also for a method that the stand-in does not have. */
export function callMethod(bot: Bot, name: string, params: Params): unknown {
  const method = methods[name.toLowerCase()];
  if (method === undefined) throw new BotApiError(404, "Not Found");
  return method(bot, params);
}

/** Methods whose calls a user would notice. */
export function isVisible(name: string): boolean {
  return /^(send(?!chataction)|edit|delete(message)|answer|setmessagereaction|pin)/i.test(name);
}

function acknowledge(): true {
  return true;
}

function send(bot: Bot, values: Params["values"], content: Readonly<Record<string, unknown>>): Message {
  const reply = structure(values, "reply_parameters") as { message_id?: unknown } | undefined;
  const replied = bot.message(values["chat_id"], reply?.message_id ?? values["reply_to_message_id"]);
  return bot.addMessage({
    from: bot.me(),
    chat: chatOf(values),
    ...content,
    ...(replied === undefined ? {} : { reply_to_message: replied }),
  });
}

function sendFile(bot: Bot, params: Params, field: string, folder: string): Message {
  const { id, name, size } = fileOf(bot, params, field, folder, "bin");
  const file = { file_id: id, file_unique_id: id.slice(0, 16), file_name: name, file_size: size };
  return send(bot, params.values, { [field]: file, ...caption(params) });
}

/** The file of a send call: uploaded, or known by its id. */
function fileOf(
  bot: Bot,
  { values, files }: Params,
  field: string,
  folder: string,
  extension: string,
): { id: string; name: string; size: number } {
  // `attach://NAME` points at another part of the upload.
  const attached = /^attach:\/\/(.+)$/.exec(asText(values[field]))?.[1] ?? field;
  const upload = files.find((file) => file.field === attached);
  if (upload !== undefined) {
    const id = bot.addFile(folder, extension, upload.bytes);
    return { id, name: upload.name, size: upload.bytes.length };
  }
  const known = bot.file(values[field]);
  if (known === undefined) throw new BotApiError(400, `Bad Request: there is no ${field} in the request`);
  return { id: String(values[field]), name: known.path, size: known.bytes.length };
}

function existing(bot: Bot, values: Params["values"]): Message {
  const message = bot.message(values["chat_id"], values["message_id"]);
  if (message === undefined) throw new BotApiError(400, "Bad Request: message to edit not found");
  return message;
}

function caption({ values }: Params): Readonly<Record<string, unknown>> {
  return typeof values["caption"] === "string" ? { caption: values["caption"] } : {};
}

function chatOf(values: Params["values"]): Readonly<Record<string, unknown>> {
  const id = Number(values["chat_id"]);
  if (!Number.isInteger(id) || id === 0) throw new BotApiError(400, "Bad Request: chat not found");
  return id < 0
    ? { id, type: "supergroup", title: "Lab group" }
    : { id, type: "private", first_name: "User" };
}

function textOf(values: Params["values"], name: string): string {
  const text = asText(values[name]);
  if (text.trim() === "") throw new BotApiError(400, "Bad Request: message text is empty");
  if (text.length > maxTextLength) throw new BotApiError(400, "Bad Request: message is too long");
  return text;
}
