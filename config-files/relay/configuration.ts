import { readFileSync } from "node:fs";
import { compileSchema, type Schema } from "../http-service/json-schema";
import { parseStrictConfiguration } from "../http-service/strict-configuration";
import schema from "./configuration.schema.json";

/** One gateway with a bot. */
export interface RelayedGateway {
  readonly name: string;
  /** Its fixed IPv4 address: what it is recognised by. */
  readonly address: string;
}

/** What the relay listens on, for whom, and the one place it sends to. */
export interface RelayConfiguration {
  readonly listen: { readonly address: string; readonly port: number };
  /** `host:port` that gateways call the relay by: the only `Host` it answers to. */
  readonly authority: string;
  /** The egress proxy. There is no way to do without it. */
  readonly proxy: { readonly host: string; readonly port: number };
  /** The Bot API's server. */
  readonly upstream: { readonly host: string; readonly port: number };
  readonly gateways: readonly RelayedGateway[];
  /** File with the bot tokens: a JSON object, gateway name -> token. */
  readonly tokenFile: string;
  /** File with CA certificates, PEM, that are trusted besides the public ones. */
  readonly extraCaFile: string | null;
  /** Directory with a file of a gateway's name while that gateway gets no updates. */
  readonly withheldDirectory: string;
  readonly limits: {
    /** Connections of one gateway at the same time. */
    readonly connections: number;
    /** Connections to the Bot API of one gateway, those that are being made and idle ones too. */
    readonly tunnels: number;
  };
}

const validate = compileSchema(schema as unknown as Schema, "configuration");

/**
 * Reads a configuration strictly: an unknown, missing, repeated or malformed setting is an error.
 *
 * @throws {Error} naming the file and the setting
 */
export function parseConfiguration(text: string, source: string): RelayConfiguration {
  const configuration = parseStrictConfiguration<RelayConfiguration>(text, source, validate);
  for (const key of ["name", "address"] as const) {
    const values = configuration.gateways.map((gateway) => gateway[key]);
    if (new Set(values).size !== values.length) throw new Error(`${source}: two gateways have one ${key}`);
  }
  return configuration;
}

export function readConfiguration(path: string): RelayConfiguration {
  return parseConfiguration(readFileSync(path, "utf8"), path);
}
