/** Rows about the chat channels: whether what a gateway sends to them arrives, by the very way that its messages take. */
import { placeholderToken, relayUrl } from "../../config-files/relay/deployment";
import { telegramSettings } from "../../config/gateway-schema";
import { gatewaySecretKeys } from "../../config/secrets";
import { services } from "../../config/services";
import type { DeployedStack } from "./deployed-stack";
import type { Row } from "./row";

/** Run in the gateway's container: its Node asks the relay. First line: the status, 0 for no answer; then what was said. */
const ask = `const [url] = process.argv.slice(1);
fetch(url, { signal: AbortSignal.timeout(20000) }).then(
  async (answer) => process.stdout.write(answer.status + "\\n" + (await answer.text()).slice(0, 2000)),
  (error) => process.stdout.write("0\\n" + (error.cause?.message ?? error.message)))`;

export function channelRows({ settings }: DeployedStack): Row[] {
  return settings.gateways
    .filter((gateway) => telegramSettings(gateway) !== undefined)
    .map(({ name }) => ({
      name: `${name}: Telegram knows its bot`,
      group: `gateway ${name}`,
      look: async (deployed) => {
        const key = gatewaySecretKeys(name).telegramBotToken;
        const url = `${relayUrl}/bot${placeholderToken(deployed.secret(key))}/getMe`;
        const [status = "", ...text] = (
          await deployed.shell(`docker exec "$1" node -e '${ask}' "$2"`, [name, url])
        ).split("\n");
        return judgeBot(Number(status), text.join("\n"), key);
      },
    }));
}

/** @param key of the bot's token in the stack file. @throws Error saying what is wrong and what to type */
export function judgeBot(status: number, text: string, key: string): string {
  if (status === 401 || status === 404)
    throw new Error(
      `Telegram knows no bot of this token (${status}): pulumi config set --secret clawkeep:${key}, then pulumi up`,
    );
  let username: unknown;
  try {
    const { ok, result } = JSON.parse(text) as { ok?: unknown; result?: { username?: unknown } };
    if (status === 200 && ok === true) username = result?.username;
  } catch {
    // Said below.
  }
  if (typeof username !== "string")
    throw new Error(
      `the relay has no answer of Telegram: ${status} ${text.trim().slice(0, 300)}: docker logs ${services.relay.name}`,
    );
  return `@${username} answers by way of the relay`;
}
