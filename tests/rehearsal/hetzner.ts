/** The project at Hetzner's stand-in, as somebody sees it who works in the console beside Clawkeep. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { endpoints } from "../../lab/internet/addresses";
import { labDir } from "../../lab/lib/paths";

/** @param path below /v1, with its slash */
export async function hetzner(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const { write } = JSON.parse(readFileSync(join(labDir(), "hetzner", "tokens.json"), "utf8")) as {
    write: string;
  };
  return asked(new URL(`${endpoints.hetzner}${path}`), method, body, { authorization: `Bearer ${write}` });
}

/** A server type is to be had in fsn1, or not. */
export const stock = (serverType: string, available: boolean): Promise<unknown> =>
  asked(new URL("/lab/stock", endpoints.hetzner), "PUT", { serverType, location: "fsn1", available });

/** The next call of this kind is refused as if there were no room. */
export const noRoomOnce = (method: string, path: string): Promise<unknown> =>
  asked(new URL("/lab/faults", endpoints.hetzner), "POST", {
    method,
    path,
    status: 412,
    code: "resource_unavailable",
  });

async function asked(
  url: URL,
  method: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Record<string, unknown>> {
  const answer = await fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`Hetzner's stand-in: ${method} ${url.pathname}: ${answer.status} ${text}`);
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}
