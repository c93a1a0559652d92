/** Who asks to be let in, read from what OpenClaw's commands print. */
import { z } from "zod";
import { visible } from "../../config/visible";

/** One who waits to be let in. */
export interface Waiting {
  readonly kind: "sender" | "device";
  /** What approves it. */
  readonly code: string;
  /** Who it is, on one line. Most of it is what he says of himself. */
  readonly who: string;
}

/** What is read of `openclaw pairing list CHANNEL --json`. */
const pairingList = z.object({
  requests: z.array(
    z.object({
      id: z.string(),
      code: z.string().regex(/^[A-Z0-9]+$/),
      meta: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});

/** What is read of `openclaw devices list --json`. */
const deviceList = z.object({
  pending: z.array(
    z.object({
      requestId: z.string().regex(/^[A-Za-z0-9-]+$/),
      deviceId: z.string(),
      displayName: z.string().optional(),
      platform: z.string().optional(),
      clientId: z.string().optional(),
      remoteIp: z.string().optional(),
      role: z.string().optional(),
      scopes: z.array(z.string()).optional(),
    }),
  ),
  paired: z.array(z.object({ deviceId: z.string(), scopes: z.array(z.string()).optional() })),
});

/** OpenClaw's own clients, as a person knows them. */
const clients: Readonly<Record<string, string>> = {
  "openclaw-control-ui": "web page",
  "openclaw-tui": "terminal",
  cli: "command line",
};

const longest = 80;

/** A stranger chooses these words: what cannot be seen is written out; no second line, no columns and no page of text. */
function plain(text: string): string {
  const line = visible(text.replace(/\s+/gu, " ").trim());
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}

/** @throws Error where it is not what the command is known to print: nobody must be overlooked */
function read<T>(command: string, shape: z.ZodType<T>, printed: string): T {
  let value: unknown;
  try {
    value = JSON.parse(printed);
  } catch {
    throw new Error(`openclaw ${command} printed no JSON: ${plain(printed)}`);
  }
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(`openclaw ${command} printed something unknown: ${z.prettifyError(parsed.error)}`);
}

/** @param printed by `openclaw pairing list telegram --json` */
export function sendersWaiting(printed: string): Waiting[] {
  return read("pairing list", pairingList, printed).requests.map(({ id, code, meta }) => ({
    kind: "sender",
    code,
    who: ["Telegram user", id, ...Object.values(meta ?? {}).filter((part) => typeof part === "string")]
      .map(plain)
      .join(" "),
  }));
}

const shortScopes = (scopes: readonly string[]): string =>
  scopes.map((scope) => plain(scope.replace(/^operator\./, ""))).join(", ");

/** @param printed by `openclaw devices list --json` */
export function devicesWaiting(printed: string): Waiting[] {
  const { pending, paired } = read("devices list", deviceList, printed);
  return pending.map((device) => {
    const client = device.clientId ?? "unknown client";
    const name = clients[client] ?? plain(client);
    const own = device.displayName;
    const known = paired.find(({ deviceId }) => deviceId === device.deviceId);
    const parts = [
      own === undefined || own === client ? name : `${name} "${plain(own)}"`,
      ...(device.platform === undefined ? [] : [`on ${plain(device.platform)}`]),
      ...(device.remoteIp === undefined ? [] : [`from ${plain(device.remoteIp)}`]),
      `as ${plain(device.role ?? "unknown role")}: ${shortScopes(device.scopes ?? []) || "nothing yet"}`,
      ...(known === undefined
        ? []
        : [`(let in before, for: ${shortScopes(known.scopes ?? []) || "nothing"})`]),
    ];
    return { kind: "device", code: device.requestId, who: parts.join(" ") };
  });
}

/** The list as it is printed, with what to type next. @param command of `make`, up to the code */
export function listing(asking: readonly Waiting[], gateway: string, command: string): string {
  if (asking.length === 0) {
    return `nobody asks to be let in at ${gateway} (a device asks for five minutes, then again when its page is reloaded)`;
  }
  const width = Math.max(...asking.map(({ code }) => code.length));
  return [
    ...asking.map(({ kind, code, who }) => `${kind}  ${code.padEnd(width)}  ${who}`),
    `To let one in, if you know it: ${command} APPROVE=CODE`,
  ].join("\n");
}
