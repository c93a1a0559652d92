import type { ApiRequest, ApiServer } from "../emulator/api-server";
import { noSuchRecord } from "./errors";
import { listReply, ok } from "./lists";
import type { DnsRecord, Zone } from "./model";
import { parseRecord } from "./records";

const perPage = 100;

/** `/zones/ZONE/dns_records`. @param changed is called after every change, before it is answered. */
export function dnsRoutes(api: ApiServer, zoneOf: (request: ApiRequest) => Zone, changed: () => void): void {
  const found = (request: ApiRequest): { zone: Zone; record: DnsRecord } => {
    const zone = zoneOf(request);
    const record = zone.records.find((candidate) => candidate.id === request.params["id"]);
    if (record === undefined) throw noSuchRecord();
    return { zone, record };
  };
  const replace = (zone: Zone, record: DnsRecord): void => {
    zone.records = zone.records.map((other) => (other.id === record.id ? record : other));
    changed();
  };

  api.route("GET", "/zones/:zone/dns_records", (request) =>
    listReply(
      zoneOf(request).records,
      request.query,
      ["name", "type", "content", "proxied", "ttl", "comment"],
      perPage,
    ),
  );

  api.route("POST", "/zones/:zone/dns_records", (request) => {
    const zone = zoneOf(request);
    const record = parseRecord(zone, request.body);
    zone.records.push(record);
    changed();
    return ok(record);
  });

  api.route("GET", "/zones/:zone/dns_records/:id", (request) => ok(found(request).record));

  api.route("PUT", "/zones/:zone/dns_records/:id", (request) => {
    const { zone, record } = found(request);
    const next = parseRecord(zone, request.body, record);
    replace(zone, next);
    return ok(next);
  });

  api.route("PATCH", "/zones/:zone/dns_records/:id", (request) => {
    const { zone, record } = found(request);
    const { name, type, content, ttl, proxied, priority, comment, tags, settings } = record;
    const current = { name, type, content, ttl, proxied, priority, comment, tags, settings };
    const next = parseRecord(zone, { ...current, ...request.body }, record);
    replace(zone, next);
    return ok(next);
  });

  api.route("DELETE", "/zones/:zone/dns_records/:id", (request) => {
    const { zone, record } = found(request);
    zone.records = zone.records.filter((other) => other !== record);
    changed();
    return ok({ id: record.id });
  });
}
