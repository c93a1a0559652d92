import { readFileSync, watchFile } from "node:fs";
import type { ZoneData } from "../cloudflare/zone-data";

const lookEveryMs = 1000;

/**
 * Calls `use` with the zone data now and whenever the Cloudflare emulator has written it anew. A file that is not
 * there yet, because the emulator was never started, holds no zones.
 */
export function followZones(file: string, use: (data: ZoneData) => void): void {
  const read = (): void => use(readZones(file));
  read();
  watchFile(file, { interval: lookEveryMs }, read);
}

function readZones(file: string): ZoneData {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ZoneData;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { zones: [] };
    throw error;
  }
}
