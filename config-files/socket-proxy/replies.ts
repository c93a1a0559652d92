/** What goes back to the gateway, and what is taken out of the daemon's answers for it. */
import type { Answer } from "./daemon";
import { Refusal } from "../http-service/refusal";

export interface Reply {
  readonly status: number;
  readonly body?: object;
  readonly headers?: { readonly [name: string]: string };
}

/** Characters of the daemon's message that are passed on. */
const longestMessage = 1024;

export function objectOf(answer: Answer): { readonly [field: string]: unknown } {
  return JSON.parse(answer.body.toString()) as { readonly [field: string]: unknown };
}

/** The same words whether there is no such thing or it is another's, so that the answer tells nothing. */
export function noSuch(kind: string, rule: string, name: string, decision?: Refusal["decision"]): Refusal {
  return new Refusal(404, rule, `No such ${kind}: ${name}`, decision);
}

/** The daemon answered what the filter cannot work with. */
export const daemonFailed = ({ status }: Answer): Refusal =>
  new Refusal(502, "upstream", `the Docker daemon answered ${status}`, "fail");

/**
 * Passes on the daemon's status and, for an error, its message.
 *
 * @param isOwn whether an id is this gateway's; any other is left out of the message
 */
export function passOn(answer: Answer, isOwn: (id: string) => boolean): Reply {
  if (answer.status < 400) return { status: answer.status };
  let message = `the Docker daemon answered ${answer.status}`;
  try {
    message = String(objectOf(answer)["message"]);
  } catch {
    // Not JSON: the status says enough.
  }
  const cleaned = message.replace(/[0-9a-f]{12,}/g, (id) => (isOwn(id) ? id : "(an id)"));
  return { status: answer.status, body: { message: cleaned.slice(0, longestMessage) } };
}
