/**
 * The methods of the Bot API that a gateway may call: those that OpenClaw 2026.9 calls and their nearest kin. A name
 * that is not here, however it is written, is refused; so are, on purpose,
 *   setWebhook, logOut, close                  which move the bot and all it hears to another server,
 *   getManagedBotToken, replaceManagedBotToken  which answer with tokens,
 *   forwardMessage(s), copyMessage(s)          which take other people's messages to another chat unread,
 *   sendInvoice, sendGift, sendPaidMedia …     which cost or ask for money,
 *   setMyName, setMyProfilePhoto, ban…, promote…, leaveChat …  which change who the bot and its chats are.
 */
const reading = ["getMe", "getWebhookInfo", "getChat", "getChatMember", "getFile", "getMyCommands"];

const acting = [
  "getUpdates",
  "deleteWebhook",
  "setMyCommands",
  "deleteMyCommands",
  "sendMessage",
  "sendRichMessage",
  "sendMessageDraft",
  "sendRichMessageDraft",
  "sendPhoto",
  "sendAudio",
  "sendDocument",
  "sendVideo",
  "sendAnimation",
  "sendVoice",
  "sendVideoNote",
  "sendMediaGroup",
  "sendSticker",
  "sendLocation",
  "sendVenue",
  "sendPoll",
  "sendChatAction",
  "setMessageReaction",
  "editMessageText",
  "editMessageCaption",
  "editMessageMedia",
  "editMessageReplyMarkup",
  "deleteMessage",
  "deleteMessages",
  "pinChatMessage",
  "unpinChatMessage",
  "createForumTopic",
  "editForumTopic",
  "answerCallbackQuery",
];

const readingMethods = new Set(reading);
const allMethods = new Set([...reading, ...acting]);

export const isAllowedMethod = (name: string): boolean => allMethods.has(name);

/** Whether the method may be called with GET, its parameters in the query: it changes nothing. */
export const isReadingMethod = (name: string): boolean => readingMethods.has(name);
