/** One call of Hetzner's API by the program itself, and what its refusals mean. */
import { askCloud, CloudRefuses } from "./cloud-question";

export const hetznerApi = "https://api.hetzner.cloud/v1";

export interface HetznerApi {
  readonly token: string;
  readonly endpoint: string;
  /** As of every question to a cloud. */
  readonly waitMs?: number;
}

/** Codes that say something of the token, whatever was asked. */
const ofTheToken = ["unauthorized", "token_readonly", "forbidden"];

/** @throws CloudRefuses naming what to set, or where that stands @throws Error where the API cannot be asked now */
export async function askHetzner(
  api: HetznerApi,
  path: string,
  method: "GET" | "DELETE" | "POST" = "GET",
  sent?: object,
): Promise<Record<string, unknown>> {
  const { status, ok, body } = await askCloud<
    Record<string, unknown> & { error?: { code: string; message: string } }
  >({
    ...{ cloud: "Hetzner", url: `${api.endpoint.replace(/\/$/, "")}/${path}`, token: api.token },
    method,
    body: sent,
    waitMs: api.waitMs,
  });
  if (ok) return body;
  const { code = "no code", message = "without a reason" } = body.error ?? {};
  if (status === 401 || ofTheToken.includes(code))
    throw new CloudRefuses(
      `Hetzner refuses hcloud:token: ${status} ${message} (${code}). It has to be one of the project, with read and ` +
        "write: in Hetzner's console under Security, API tokens",
    );
  throw new CloudRefuses(
    `Hetzner refuses ${method} /${path.replace(/\?.*/, "")}: ${status} ${message} (${code}). What that means, and what to ` +
      "type: docs/operating.md, What Hetzner refuses",
  );
}
