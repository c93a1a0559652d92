/** Configuration files of our own services, read the same way by each. */
import type { compileSchema } from "./json-schema";
import { parseStrictJson } from "./strict-json";

/**
 * Reads a configuration strictly: an unknown, missing, repeated or malformed setting is an error.
 *
 * @param source name of the file, for errors
 * @param validate the compiled schema that `T` is the type of
 * @throws {Error} naming the file and the setting
 */
export function parseStrictConfiguration<T>(
  text: string,
  source: string,
  validate: ReturnType<typeof compileSchema>,
): T {
  let value;
  try {
    value = parseStrictJson(Buffer.from(text));
  } catch (error) {
    throw new Error(`${source}: ${(error as Error).message}`);
  }
  const problem = validate(value);
  if (problem !== undefined) throw new Error(`${source}: ${problem}`);
  return value as T;
}
