import type { IncomingMessage } from "node:http";
import { Refusal } from "../http-service/refusal";
import { headerNames } from "../http-service/strict-server";

/** The headers that the docker CLI and the health probe send. None is passed on: upstream requests have their own. */
const allowedHeaders = [
  "host",
  "user-agent",
  "accept",
  "accept-encoding",
  "content-type",
  "content-length",
  "connection",
  "upgrade",
];
const bodyMethods = ["POST"];

export interface RequestHead {
  /** Size of the body in bytes as announced; 0 without one. */
  readonly contentLength: number;
  readonly upgrade: boolean;
}

/**
 * Checks the head of a request beyond what Node's parser refuses by itself: HTTP/1.1 only, known headers once each,
 * a body only as one piece of announced length and only where a method has one.
 *
 * @throws {Refusal} 400 `head`
 */
export function checkHead(request: IncomingMessage): RequestHead {
  if (request.httpVersion !== "1.1") throw bad("the protocol must be HTTP/1.1");
  const names = headerNames(request);
  const unknown = names.find((name) => !allowedHeaders.includes(name));
  if (unknown !== undefined) throw bad(`the header ${unknown.slice(0, 40)} is not allowed`);
  if (new Set(names).size !== names.length) throw bad("a header is sent more than once");
  if (!names.includes("host")) throw bad("the header host is missing");
  const { headers } = request;
  const upgrade = headers.upgrade !== undefined;
  if (upgrade && (headers.upgrade !== "tcp" || headers.connection !== "Upgrade"))
    throw bad("the upgrade is not the CLI's");
  if (!upgrade && !["keep-alive", "close", undefined].includes(headers.connection)) {
    throw bad("the header connection has a value that is not allowed");
  }
  const length = headers["content-length"] ?? "0";
  if (!/^(?:0|[1-9][0-9]{0,9})$/.test(length)) throw bad("the header content-length is not a plain number");
  const contentLength = Number(length);
  if (contentLength > 0) {
    if (!bodyMethods.includes(request.method ?? ""))
      throw bad(`a ${request.method} request must have no body`);
    if (headers["content-type"] !== "application/json")
      throw bad("a body must have the content-type application/json");
  }
  return { contentLength, upgrade };
}

function bad(reason: string): Refusal {
  return new Refusal(400, "head", reason);
}
