/** The shape of a bot token: the bot's id, a colon, 35 characters that are the secret. */
export const tokenShape = /^([0-9]{6,12}):([A-Za-z0-9_-]{35})$/;

/** Stands for the secret part of every token. As long as one, so that putting one for the other moves no byte. */
export const placeholderSecret = "placeholder-the-relay-has-the-token";

/**
 * The token that a gateway gets in place of the real one: of the same bot and of the same shape, and worth nothing.
 *
 * @throws {Error} for what is no bot token; the message does not quote it
 */
export function placeholderToken(realToken: string): string {
  const [, botId] = tokenShape.exec(realToken) ?? [];
  if (botId === undefined) throw new Error("not a bot token (digits, colon, 35 characters)");
  return `${botId}:${placeholderSecret}`;
}
