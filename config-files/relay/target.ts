import { isReadingMethod } from "./methods";
import { Refusal } from "../http-service/refusal";

/** What a request asks for, once the placeholder is recognised. */
export type Target =
  | {
      readonly kind: "method";
      /** As it is written; letters only. */
      readonly method: string;
      /** With its question mark; empty without one. */
      readonly query: string;
    }
  | { readonly kind: "file"; readonly path: string };

const longestTarget = 1024;
const query = /^\?[a-z_]+=[A-Za-z0-9%_.~@-]*(?:&[a-z_]+=[A-Za-z0-9%_.~@-]*)*$/;
/** As Telegram names files: `documents/file_12.pdf`. No segment begins with a dot, nothing is encoded. */
const filePath = /^[A-Za-z0-9_-][A-Za-z0-9_.+-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9_.+-]*){0,7}$/;

/**
 * Finds what a request target asks for. It is matched as it was sent: nothing is decoded or normalised, and what is
 * not written exactly like a call of the Bot API is refused, so that there is no second reading of it.
 *
 * @param placeholder the token that this gateway was given
 * @throws {Refusal} 403 `target`, 403 `placeholder`
 */
export function parseTarget(httpMethod: string, target: string, placeholder: string): Target {
  if (target.length > longestTarget) throw bad("the path is too long");
  const [, file, token, rest] = /^(\/file)?\/bot([^/?#]*)\/(.*)$/s.exec(target) ?? [];
  if (token === undefined || rest === undefined) throw bad("the path is not one of the Bot API");
  if (token !== placeholder) {
    throw new Refusal(403, "placeholder", "the token in the path is not the one that this gateway was given");
  }
  if (file !== undefined) {
    if (httpMethod !== "GET") throw bad("a file is fetched with GET");
    if (!filePath.test(rest)) throw bad("the path is not one of a file");
    return { kind: "file", path: rest };
  }
  const [, method, parameters = ""] = /^([A-Za-z]{1,40})(\?.*)?$/s.exec(rest) ?? [];
  if (method === undefined) throw bad("the path is not one of the Bot API");
  if (httpMethod !== "POST" && !(httpMethod === "GET" && isReadingMethod(method))) {
    throw bad("this HTTP method is not allowed here");
  }
  if (parameters !== "" && (httpMethod !== "GET" || !query.test(parameters))) {
    throw bad("the query is not one of the Bot API");
  }
  return { kind: "method", method, query: parameters };
}

function bad(reason: string): Refusal {
  return new Refusal(403, "target", reason);
}
