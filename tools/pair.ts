/**
 * `make pair STACK=prod [GATEWAY=NAME]`: who asks to be let in: senders of chat channels, browsers of the web page.
 * `make pair STACK=prod APPROVE=CODE`: lets one of them in, by the code or request id of the list.
 *
 *   npx tsx tools/pair.ts STACK [--gateway NAME] [--approve CODE]
 *
 * Needs pulumi on the PATH and the key in your ssh-agent.
 */
import { parseArgs } from "node:util";
import { telegramSettings, type GatewaySettings } from "../config/gateway-schema";
import { sshTarget, withHost, type Shell } from "./host-shell";
import { launcher } from "./openclaw-cli";
import { stackOutputs, stackSettings } from "./verify/world";

/** One who waits to be let in. */
interface Waiting {
  readonly kind: "sender" | "device";
  /** What approves it. */
  readonly code: string;
  /** Who it is, as OpenClaw knows it. */
  readonly who: string;
}

type Gateway = Pick<GatewaySettings, "name" | "release">;

const openclaw = async (shell: Shell, { name, release }: Gateway, ...command: string[]): Promise<string> =>
  shell(`name=$1; shift; exec docker exec "$name" ${launcher[release]} "$@"`, [name, ...command]);

/** What is read of `openclaw pairing list --json`. */
interface PairingList {
  readonly requests?: readonly {
    readonly id?: string;
    readonly code: string;
    readonly meta?: Record<string, unknown>;
  }[];
}

/** What is read of `openclaw devices list --json`. */
interface DeviceList {
  readonly pending?: readonly {
    readonly requestId: string;
    readonly displayName?: string;
    readonly platform?: string;
    readonly clientId?: string;
    readonly remoteIp?: string;
  }[];
}

async function waiting(shell: Shell, gateway: Gateway, telegram: boolean): Promise<Waiting[]> {
  const devices = JSON.parse(await openclaw(shell, gateway, "devices", "list", "--json")) as DeviceList;
  const senders = telegram
    ? (JSON.parse(await openclaw(shell, gateway, "pairing", "list", "telegram", "--json")) as PairingList)
    : {};
  return [
    ...(senders.requests ?? []).map(({ id, code, meta }): Waiting => ({
      kind: "sender",
      code,
      who: `Telegram user ${id ?? "?"} ${Object.values(meta ?? {})
        .map(String)
        .join(" ")}`.trim(),
    })),
    ...(devices.pending ?? []).map(({ requestId, displayName, platform, clientId, remoteIp }): Waiting => ({
      kind: "device",
      code: requestId,
      who: [displayName ?? clientId, platform, remoteIp].filter((part) => part !== undefined).join(", "),
    })),
  ];
}

/** OpenClaw ends with an error even where it has let somebody in (it would also write its configuration), so it is asked. */
async function approve(
  shell: Shell,
  gateway: Gateway,
  telegram: boolean,
  { kind, code, who }: Waiting,
): Promise<void> {
  const command = kind === "sender" ? ["pairing", "approve", "telegram", code] : ["devices", "approve", code];
  const problem = await openclaw(shell, gateway, ...command).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const still = (await waiting(shell, gateway, telegram)).some((one) => one.code === code);
  if (still) throw new Error(`${who} was not let in: ${problem ?? "OpenClaw does not say why"}`);
  console.log(`let in: ${who}`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { gateway: { type: "string" }, approve: { type: "string" } },
    allowPositionals: true,
  });
  const [stack] = positionals;
  if (stack === undefined)
    throw new Error("usage: npx tsx tools/pair.ts STACK [--gateway NAME] [--approve CODE]");
  const { settings } = stackSettings(stack);
  const name = values.gateway ?? settings.gateways[0]?.name;
  const gateway = settings.gateways.find((one) => one.name === name);
  if (gateway === undefined) {
    const names = settings.gateways.map((one) => one.name).join(", ");
    throw new Error(`stack ${stack} has no gateway ${name ?? ""}: it has ${names}`);
  }
  await withHost(sshTarget(stack, stackOutputs(stack)), async (shell) => {
    const telegram = telegramSettings(gateway) !== undefined;
    const asking = await waiting(shell, gateway, telegram);
    if (values.approve === undefined) {
      if (asking.length === 0) console.log(`nobody asks to be let in at ${gateway.name}`);
      for (const { kind, code, who } of asking) console.log(`${kind}  ${code}  ${who}`);
      return;
    }
    const chosen = asking.find(({ code }) => code === values.approve);
    if (chosen === undefined) {
      const codes = asking.map(({ code }) => code).join(", ") || "nobody";
      throw new Error(`${values.approve} asks for nothing at ${gateway.name}; asking: ${codes}`);
    }
    await approve(shell, gateway, telegram, chosen);
  });
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
