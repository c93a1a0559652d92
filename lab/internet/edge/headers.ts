import * as crypto from "node:crypto";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";

/** Headers of one connection, which are not passed on. */
const hopByHop = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "te",
  "trailer",
];

/** A request's identity in the edge's headers and log. */
export function newRay(): string {
  return `${crypto.randomBytes(8).toString("hex")}-LAB`;
}

/** The visitor's headers as the origin gets them. What the visitor says about itself in `cf-` headers is dropped. */
export function originHeaders(
  visitor: IncomingHttpHeaders,
  source: string,
  ray: string,
): OutgoingHttpHeaders {
  const passed = Object.entries(visitor).filter(
    ([name]) => !hopByHop.includes(name) && !name.startsWith("cf-") && name !== "true-client-ip",
  );
  const forwardedFor = visitor["x-forwarded-for"];
  return {
    ...Object.fromEntries(passed),
    "x-forwarded-for": forwardedFor === undefined ? source : `${String(forwardedFor)},${source}`,
    "x-forwarded-proto": "https",
    "cf-connecting-ip": source,
    "cf-ipcountry": "XX",
    "cf-ray": ray,
    "cf-visitor": '{"scheme":"https"}',
    "cdn-loop": "cloudflare; loops=1",
  };
}

/** The origin's headers as the visitor gets them. */
export function visitorHeaders(origin: IncomingHttpHeaders, ray: string): OutgoingHttpHeaders {
  const passed = Object.entries(origin).filter(([name]) => !hopByHop.includes(name));
  return { ...Object.fromEntries(passed), server: "cloudflare", "cf-ray": ray, "cf-cache-status": "DYNAMIC" };
}
