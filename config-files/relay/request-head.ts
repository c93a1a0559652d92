import type { IncomingMessage } from "node:http";
import { Refusal } from "../http-service/refusal";
import { headerNames } from "../http-service/strict-server";

/** Largest body in bytes: Telegram takes files of up to 50 MB, and a little is around them. */
const largestUpload = 52 * 1024 * 1024;
const largestParameters = 1024 * 1024;

/** Of a request's head what goes on: everything else is dropped. */
export interface RequestHead {
  /** Absent: no body. */
  readonly body?: {
    readonly contentType: string;
    /** In bytes, as announced; absent when it comes in chunks. */
    readonly length?: number;
    /** In bytes. */
    readonly limit: number;
  };
}

const contentTypes: readonly (readonly [RegExp, number])[] = [
  [/^application\/json(?:; ?charset=utf-8)?$/i, largestParameters],
  [/^application\/x-www-form-urlencoded(?:; ?charset=utf-8)?$/i, largestParameters],
  [/^multipart\/form-data; ?boundary="?[A-Za-z0-9'()+_,./:=?-]{1,70}"?$/, largestUpload],
];
/** Headers of which two could be read in two ways. */
const single = ["host", "content-length", "transfer-encoding", "content-type", "connection"];
/** Headers that change what the bytes mean, or whom they are for. */
const refused = ["upgrade", "expect", "te", "trailer", "content-encoding", "proxy-authorization"];

/**
 * Checks the head of a request beyond what Node's parser refuses by itself.
 *
 * @param authority the one `Host` that is answered
 * @throws {Refusal} 400 `head`, 413 `body-size`
 */
export function checkHead(request: IncomingMessage, authority: string): RequestHead {
  if (request.httpVersion !== "1.1") throw bad("the protocol must be HTTP/1.1");
  const names = headerNames(request);
  for (const name of single) {
    if (names.filter((other) => other === name).length > 1)
      throw bad(`the header ${name} is sent more than once`);
  }
  const wrong = refused.find((name) => names.includes(name));
  if (wrong !== undefined) throw bad(`the header ${wrong} is not allowed`);
  const { headers } = request;
  if (headers.host !== authority) throw bad("the header host is not the relay's name");
  if (!/^(?:keep-alive|close)?$/i.test(headers.connection ?? ""))
    throw bad("the header connection has a value that is not allowed");
  const encoding = headers["transfer-encoding"];
  if (encoding !== undefined && encoding !== "chunked")
    throw bad("the header transfer-encoding has a value that is not allowed");
  const length = headers["content-length"];
  if (length !== undefined && encoding !== undefined) throw bad("the body has two lengths");
  if (length !== undefined && !/^(?:0|[1-9][0-9]{0,9})$/.test(length))
    throw bad("the header content-length is not a plain number");
  if (encoding === undefined && (length === undefined || length === "0")) return {};
  return { body: bodyOf(request.method, headers["content-type"] ?? "", length) };
}

function bodyOf(
  method: string | undefined,
  contentType: string,
  length: string | undefined,
): NonNullable<RequestHead["body"]> {
  if (method !== "POST") throw bad("a GET request must have no body");
  const [, limit] = contentTypes.find(([shape]) => shape.test(contentType)) ?? [];
  if (limit === undefined) throw bad("a body must be JSON, a form or multipart");
  if (Number(length ?? 0) > limit) throw tooLarge(limit);
  return { contentType, limit, ...(length !== undefined && { length: Number(length) }) };
}

export function tooLarge(limit: number): Refusal {
  return new Refusal(413, "body-size", `the body is larger than ${limit} bytes`);
}

function bad(reason: string): Refusal {
  return new Refusal(400, "head", reason);
}
