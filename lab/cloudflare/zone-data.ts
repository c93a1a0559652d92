import * as path from "node:path";
import { StateFile } from "../emulator/state-file";
import type { DnsRecord, Zone } from "./model";

/**
 * What the lab's edge and DNS learn of the zones: a file in a directory of its own, because it is that directory
 * (not the emulator's state beside it) that is mounted into their containers.
 */
export interface ZoneData {
  readonly zones: readonly { readonly name: string; readonly records: readonly PublishedRecord[] }[];
}

export type PublishedRecord = Pick<DnsRecord, "name" | "type" | "content" | "ttl" | "proxied" | "priority">;

/** The directory to mount, and the file's name in it. */
export function zoneDataDir(labDir: string): string {
  return path.join(labDir, "cloudflare", "public");
}

export const zoneDataFile = "zones.json";

export function publishZones(labDir: string, zones: readonly Zone[]): void {
  const data: ZoneData = {
    zones: zones.map((zone) => ({
      name: zone.name,
      records: zone.records.map(({ name, type, content, ttl, proxied, priority }) => ({
        name,
        type,
        content,
        ttl,
        proxied,
        ...(priority === undefined ? {} : { priority }),
      })),
    })),
  };
  new StateFile<ZoneData>(path.join(zoneDataDir(labDir), zoneDataFile)).save(data, 0o644);
}
