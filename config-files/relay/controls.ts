import type { IncomingHttpHeaders } from "node:http";
import { PassThrough, type Transform } from "node:stream";
import type { RelayConfiguration } from "./configuration";
import { isAllowedMethod } from "./methods";
import { Refusal } from "../http-service/refusal";
import { checkHead } from "./request-head";
import { Scrub } from "./scrub";
import { parseTarget } from "./target";
import { withholdsUpdates } from "./updates";

/**
 * Every control of the relay, by name. The relay has no other way to reach one, so that a test can switch off any single
 * one of them and show that something then gets through.
 */
export const controls = {
  /** Whether Node may be lenient about HTTP. */
  insecureHTTPParser: false,
  /** Time in ms in which a head, and a whole request, must have arrived. */
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 300_000,
  /** Time in ms without a byte after which a connection ends; Telegram holds a poll for at most 50 s. */
  idleTimeoutMs: 90_000,
  /** Time in ms between two requests of one connection. */
  keepAliveMs: 60_000,
  /** A connection has one request at a time; a refused one that its client keeps open ends after so many ms. */
  oneAtATime: true,
  refusedLingerMs: 1_000,
  limitConnections: true,
  /** Whether the connections to Telegram of each gateway are limited. */
  limitTunnels: true,
  /** Whether the requests of each gateway, and the pieces of their bodies, have a rate. */
  limitRate: true,
  gatewayAt,
  checkHead,
  parseTarget,
  isAllowedMethod,
  withholdsUpdates,
  /** Whether bodies are cut off at their limit when they come in chunks. */
  limitStreams: true,
  responseHeaders,
  scrub: (secret: string): Transform => new Scrub(secret),
};

export type Controls = typeof controls;

/** No control over what comes back, for tests. */
export const unscrubbed = (): Transform => new PassThrough();

/** Name of the gateway that has this address. */
function gatewayAt(address: string, { gateways }: RelayConfiguration): string | undefined {
  return gateways.find((gateway) => gateway.address === address)?.name;
}

const plainType = /^[a-z]+\/[a-z0-9.+-]{1,80}(?:; ?charset=[a-z0-9-]{1,20})?$/i;

/**
 * Of the headers of an answer those that the gateway gets: type and length.
 *
 * @throws {Refusal} 502 `redirect`, 502 `encoding`: an answer that leads elsewhere, or that nobody can look into
 */
function responseHeaders(status: number, headers: IncomingHttpHeaders): { [name: string]: string } {
  if (status < 200 || (status >= 300 && status < 400))
    throw new Refusal(502, "redirect", `Telegram answered ${status}, which is not followed`, "fail");
  if (!["identity", undefined].includes(headers["content-encoding"]))
    throw new Refusal(502, "encoding", "Telegram answered with an encoding that was not asked for", "fail");
  const type = headers["content-type"] ?? "";
  const length = headers["content-length"] ?? "";
  return {
    "content-type": plainType.test(type) ? type : "application/octet-stream",
    ...(/^[0-9]{1,12}$/.test(length) && { "content-length": length }),
  };
}
