import * as net from "node:net";
import type { JsonObject } from "../emulator/api-server";
import { invalidInput } from "./errors";
import type { Labels, Rule } from "./model";

const mostRules = 50;
/** Of one rule, in each direction. */
const mostNetworks = 100;

/** Readers of request bodies: each returns the value in its type or throws `invalid_input` for the field. */

export function text(body: JsonObject, field: string): string {
  const value = body[field];
  if (typeof value !== "string" || value === "") throw invalidInput(field, "missing or not a string");
  return value;
}

export function optionalText(body: JsonObject, field: string): string | undefined {
  return body[field] === undefined || body[field] === null ? undefined : text(body, field);
}

export function integer(body: JsonObject, field: string): number {
  const value = body[field];
  if (typeof value !== "number" || !Number.isInteger(value))
    throw invalidInput(field, "missing or not an integer");
  return value;
}

export function flag(body: JsonObject, field: string, otherwise: boolean): boolean {
  const value = body[field] ?? otherwise;
  if (typeof value !== "boolean") throw invalidInput(field, "not a boolean");
  return value;
}

export function requiredFlag(body: JsonObject, field: string): boolean {
  if (typeof body[field] !== "boolean") throw invalidInput(field, "missing or not a boolean");
  return body[field];
}

export function list(body: JsonObject, field: string): readonly unknown[] {
  const value = body[field] ?? [];
  if (!Array.isArray(value)) throw invalidInput(field, "not a list");
  return value;
}

export function object(body: JsonObject, field: string): JsonObject {
  const value = body[field] ?? {};
  if (typeof value !== "object" || Array.isArray(value)) throw invalidInput(field, "not an object");
  return value as JsonObject;
}

export function labels(body: JsonObject): Labels {
  const value = object(body, "labels");
  for (const [key, text] of Object.entries(value)) {
    const [name = "", prefix, ...more] = key.split("/").reverse();
    const wellNamed =
      labelText.test(name) && name !== "" && (prefix === undefined || dnsName(prefix)) && more.length === 0;
    if (!wellNamed) throw invalidInput("labels", `'${key}' is not a valid key`);
    if (typeof text !== "string" || !labelText.test(text))
      throw invalidInput("labels", `'${String(text)}' is not a valid value`);
  }
  return value as Labels;
}

/** The values of labels, and the names in their keys. */
const labelText = /^([a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?)?$/;
const dnsName = (text: string): boolean =>
  text.length <= 253 && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(text);

/** A volume's name: at most 64 letters, digits, dashes, underscores and dots, none of the last three at an end. */
export function volumeName(body: JsonObject): string {
  const name = text(body, "name");
  if (!/^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,62}[a-zA-Z0-9])?$/.test(name))
    throw invalidInput("name", "not a valid volume name");
  return name;
}

/** Server names become hostnames. */
export function hostname(body: JsonObject, field: string): string {
  const value = text(body, field);
  const label = "[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
  if (!new RegExp(`^${label}(\\.${label})*$`).test(value)) throw invalidInput(field, "not a valid hostname");
  return value;
}

export function rules(body: JsonObject): Rule[] {
  if (list(body, "rules").length > mostRules) throw invalidInput("rules", `more than ${mostRules}`);
  return list(body, "rules").map((item, i) => rule(item as JsonObject, `rules[${i}]`));
}

function rule(item: JsonObject, where: string): Rule {
  const { direction, protocol, port, description } = item;
  if (direction !== "in" && direction !== "out")
    throw invalidInput(`${where}.direction`, "must be in or out");
  if (!["tcp", "udp", "icmp", "esp", "gre"].includes(String(protocol))) {
    throw invalidInput(`${where}.protocol`, "must be tcp, udp, icmp, esp or gre");
  }
  const hasPort = protocol === "tcp" || protocol === "udp";
  if (hasPort !== (typeof port === "string" && port !== "")) {
    throw invalidInput(
      `${where}.port`,
      hasPort ? "required for tcp and udp" : "not allowed for this protocol",
    );
  }
  if (hasPort && !/^(any|\d{1,5}(-\d{1,5})?)$/.test(String(port))) {
    throw invalidInput(`${where}.port`, 'must be a port, a range or "any"');
  }
  const addresses = {
    source_ips: networks(item, "source_ips", where),
    destination_ips: networks(item, "destination_ips", where),
  };
  if ((direction === "in" ? addresses.source_ips : addresses.destination_ips).length === 0) {
    throw invalidInput(where, `${direction === "in" ? "source_ips" : "destination_ips"} must not be empty`);
  }
  return {
    direction,
    protocol: protocol as Rule["protocol"],
    ...(hasPort ? { port: String(port) } : {}),
    ...addresses,
    description: typeof description === "string" ? description : null,
  };
}

function networks(item: JsonObject, field: string, where: string): string[] {
  if (list(item, field).length > mostNetworks)
    throw invalidInput(`${where}.${field}`, `more than ${mostNetworks}`);
  return list(item, field).map((entry) => {
    const [address = "", bits] = String(entry).split("/");
    const limit = net.isIPv4(address) ? 32 : net.isIPv6(address) ? 128 : -1;
    if (bits === undefined || !/^\d+$/.test(bits) || Number(bits) > limit) {
      throw invalidInput(`${where}.${field}`, `${String(entry)} is not a network in CIDR notation`);
    }
    return String(entry);
  });
}
