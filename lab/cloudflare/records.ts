import * as crypto from "node:crypto";
import * as net from "node:net";
import type { JsonObject } from "../emulator/api-server";
import { invalid, notEmulated } from "./errors";
import { recordTypes, type DnsRecord, type RecordType, type Zone } from "./model";

const ttlLimitsSeconds = { least: 60, most: 86400 };
const commentLimit = 100;
const knownFields = ["name", "type", "content", "ttl", "proxied", "priority", "comment", "tags", "settings"];

/** The record that a POST or PUT describes. @param previous the record that is overwritten, if one is. */
export function parseRecord(zone: Zone, body: JsonObject, previous?: DnsRecord): DnsRecord {
  for (const field of Object.keys(body)) {
    if (!knownFields.includes(field)) throw notEmulated(`field '${field}' of a DNS record`);
  }
  const type = recordType(body["type"]);
  const proxiable = type === "A" || type === "AAAA" || type === "CNAME";
  const proxied = body["proxied"] === true;
  if (proxied && !proxiable) throw invalid(9004, "This record type cannot be proxied.");
  const now = new Date().toISOString();
  const comment = recordComment(body["comment"]);
  const commented = comment === previous?.comment ? (previous.comment_modified_on ?? now) : now;
  const record: DnsRecord = {
    id: previous?.id ?? crypto.randomBytes(16).toString("hex"),
    name: recordName(zone, body["name"]),
    type,
    content: recordContent(type, body["content"]),
    ttl: recordTtl(body["ttl"], proxied),
    proxied,
    proxiable,
    ...(type === "MX" ? { priority: priority(body["priority"]) } : {}),
    comment,
    tags: Array.isArray(body["tags"]) ? body["tags"].map(String) : [],
    settings:
      typeof body["settings"] === "object" && body["settings"] !== null ? { ...body["settings"] } : {},
    meta: {},
    created_on: previous?.created_on ?? now,
    modified_on: now,
    ...(comment === null ? {} : { comment_modified_on: commented }),
  };
  refuseConflict(
    zone.records.filter((other) => other.id !== record.id && other.name === record.name),
    record,
  );
  return record;
}

function recordType(value: unknown): RecordType {
  const type = recordTypes.find((known) => known === value);
  if (type === undefined) throw notEmulated(`DNS records of type ${JSON.stringify(value)}`);
  return type;
}

/** Names may be given relative to the zone, in any case, or as "@"; they are kept complete and in lower case. */
function recordName(zone: Zone, value: unknown): string {
  if (typeof value !== "string" || value === "") throw invalid(9000, "DNS name is invalid.");
  const name = value.toLowerCase().replace(/\.$/, "");
  const full =
    name === "@"
      ? zone.name
      : name === zone.name || name.endsWith(`.${zone.name}`)
        ? name
        : `${name}.${zone.name}`;
  const labels = full.split(".");
  const wellFormed = labels.every(
    (label, i) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label) || (i === 0 && label === "*"),
  );
  if (!wellFormed || full.length > 253) throw invalid(9000, "DNS name is invalid.");
  return full;
}

function recordContent(type: RecordType, value: unknown): string {
  const content = typeof value === "string" ? value.trim() : "";
  if (type === "A" && !net.isIPv4(content)) {
    throw invalid(9005, "Content for A record must be a valid IPv4 address.");
  }
  if (type === "AAAA" && !net.isIPv6(content)) {
    throw invalid(9006, "Content for AAAA record must be a valid IPv6 address.");
  }
  if (content === "") throw invalid(9020, `Content for ${type} record is invalid.`);
  return content;
}

/** Whatever is asked for, the TTL of a proxied record is automatic. */
function recordTtl(value: unknown, proxied: boolean): number {
  const ttl = value ?? 1;
  const { least, most } = ttlLimitsSeconds;
  if (typeof ttl !== "number" || !Number.isInteger(ttl) || (ttl !== 1 && (ttl < least || ttl > most))) {
    throw invalid(9021, `TTL must be between ${least} and ${most} seconds, or 1 for Automatic.`);
  }
  return proxied ? 1 : ttl;
}

function priority(value: unknown): number {
  if (typeof value !== "number") throw invalid(9100, "Priority must be set for MX records.");
  return value;
}

function recordComment(value: unknown): string | null {
  if (value === undefined || value === null || value === "") return null;
  if (typeof value !== "string" || value.length > commentLimit) {
    throw invalid(9300, `DNS record comment exceeds the maximum length of ${commentLimit} characters.`);
  }
  return value;
}

function refuseConflict(others: readonly DnsRecord[], record: DnsRecord): void {
  const isHost = (type: RecordType): boolean => type === "A" || type === "AAAA" || type === "CNAME";
  if (others.some((other) => other.type === record.type && other.content === record.content)) {
    throw invalid(81058, "An identical record already exists.");
  }
  if (record.type === "CNAME" && others.some((other) => isHost(other.type))) {
    throw invalid(81053, "An A, AAAA, or CNAME record with that host already exists.");
  }
  if (isHost(record.type) && others.some((other) => other.type === "CNAME")) {
    throw invalid(81054, "A CNAME record with that host already exists.");
  }
}
