/** The project at Hetzner's stand-in, as somebody sees it who works in the console beside Clawkeep. */
import { endpoints } from "../../lab/internet/addresses";
import { docker } from "../../lab/lib/docker";
import { eventually } from "./support";
import { writeToken } from "./tokens";

/** @param path below /v1, with its slash */
export async function hetzner(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const authorization = `Bearer ${writeToken("hetzner")}`;
  return asked(new URL(`${endpoints.hetzner}${path}`), method, body, { authorization });
}

/** Until then its volumes and its address are bound to it. */
export const machineIsGone = (): Promise<void> =>
  eventually("the machine is gone", 60, async () => {
    await expect(docker(["inspect", "clawkeep-vps-clawkeep-prod"])).rejects.toThrow();
  });

/** All of a kind that a stack has there, deleted behind Pulumi's back. @param kind as the API lists it: `volumes` */
export async function deleteAtHetzner(stack: string, kind: string): Promise<void> {
  const listed = async (): Promise<{ id: number; protection?: { delete: boolean } }[]> =>
    (await hetzner("GET", `/${kind}?name=clawkeep-${stack}`))[kind] as { id: number }[];
  const found = await listed();
  if (found.length === 0) throw new Error(`${stack} has nothing among the ${kind}`);
  for (const { id, protection } of found) {
    if (protection?.delete === true)
      await hetzner("POST", `/${kind}/${id}/actions/change_protection`, { delete: false });
    await eventually(`${kind} ${id} can be deleted`, 60, async () => {
      // Throws where it is refused: what it belongs to is still going.
      await hetzner("DELETE", `/${kind}/${id}`);
    });
  }
  await eventually(`${kind} are gone`, 60, async () => expect(await listed()).toEqual([]));
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
