/**
 * `make pair STACK=prod [GATEWAY=NAME]`: who asks to be let in: senders of chat channels, browsers of the web page.
 * `make pair STACK=prod APPROVE=CODE`: lets one of them in, by the code or request id of the list.
 *
 *   npx tsx tools/pair.ts STACK [--gateway NAME] [--approve CODE]
 *
 * Standard error begins with which stack of which state backend is asked. Needs pulumi on the PATH and the key in your ssh-agent.
 */
import { parseArgs } from "node:util";
import { telegramSettings, type GatewaySettings } from "../config/gateway-schema";
import { releaseProfiles } from "../config/release-lines";
import { sayBackend } from "./backend";
import { sshTarget, withHost, type Shell } from "./host-shell";
import { devicesWaiting, listing, sendersWaiting, type Waiting } from "./pair/waiting";
import { stackOutputs, stackSettings } from "./verify/deployed-stack";
import { endWith, say } from "./terminal";

type Gateway = Pick<GatewaySettings, "name" | "release">;

const openclaw = async (shell: Shell, { name, release }: Gateway, ...command: string[]): Promise<string> =>
  shell(`name=$1; shift; exec docker exec "$name" ${releaseProfiles[release].command} "$@"`, [
    name,
    ...command,
  ]);

async function senders(shell: Shell, gateway: Gateway, telegram: boolean): Promise<Waiting[]> {
  if (!telegram) return [];
  return sendersWaiting(await openclaw(shell, gateway, "pairing", "list", "telegram", "--json"));
}

async function devices(shell: Shell, gateway: Gateway): Promise<Waiting[]> {
  return devicesWaiting(await openclaw(shell, gateway, "devices", "list", "--json"));
}

/** OpenClaw ends with an error even where it has let a sender in (it would also write its configuration), so it is asked. */
async function approve(shell: Shell, gateway: Gateway, { kind, code, who }: Waiting): Promise<void> {
  const sender = kind === "sender";
  const command = sender ? ["pairing", "approve", "telegram", code] : ["devices", "approve", code];
  const problem = await openclaw(shell, gateway, ...command).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const left = sender ? await senders(shell, gateway, true) : await devices(shell, gateway);
  // A device's request ends by itself after a while: that it is gone alone says nothing.
  if (left.some((one) => one.code === code) || (!sender && problem !== undefined))
    throw new Error(`${who} was not let in: ${problem ?? "OpenClaw does not say why"}`);
  say(`let in: ${who}`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { gateway: { type: "string" }, approve: { type: "string" } },
    allowPositionals: true,
  });
  const [stack] = positionals;
  if (stack === undefined)
    throw new Error("usage: npx tsx tools/pair.ts STACK [--gateway NAME] [--approve CODE]");
  sayBackend(stack);
  const { settings } = stackSettings(stack);
  const name = values.gateway ?? settings.gateways[0]?.name;
  const gateway = settings.gateways.find((one) => one.name === name);
  if (gateway === undefined) {
    const names = settings.gateways.map((one) => one.name).join(", ");
    throw new Error(`stack ${stack} has no gateway ${name ?? ""}: it has ${names}`);
  }
  await withHost(sshTarget(stack, stackOutputs(stack)), async (shell) => {
    const telegram = telegramSettings(gateway) !== undefined;
    const code = values.approve;
    const asking = await devices(shell, gateway);
    // The senders' list takes OpenClaw seconds.
    if (!asking.some((one) => one.code === code))
      asking.unshift(...(await senders(shell, gateway, telegram)));
    if (code === undefined) {
      const other = gateway.name === settings.gateways[0]?.name ? "" : ` GATEWAY=${gateway.name}`;
      // Who came here by `make pair LAB=1` has to say so again, or somebody else's stack is asked.
      const lab = process.env["LAB"] === "1" ? " LAB=1" : "";
      say(listing(asking, gateway.name, `make pair STACK=${stack}${other}${lab}`));
      return;
    }
    const chosen = asking.find((one) => one.code === code);
    if (chosen === undefined) {
      const codes = asking.map((one) => one.code).join(", ") || "nobody";
      throw new Error(`${code} asks for nothing at ${gateway.name}; asking: ${codes}`);
    }
    await approve(shell, gateway, chosen);
  });
}

main().catch((error: unknown) => endWith(error));
