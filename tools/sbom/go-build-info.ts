/** Finds what the Go linker writes into every program: which modules it was built from. Reads a file as it streams by. */
import type { Package } from "./packages";

const magic = Buffer.from("\xff Go buildinf:", "latin1");
/** The linker aligns the record to this. */
const alignment = 16;
/** From the magic to the first string; since Go 1.18 the strings follow in place. */
const headerBytes = 32;
const stringsInPlace = 2;
/** The largest programs have a few hundred modules of about 100 bytes. */
const maxRecordBytes = 512 * 1024;
/** A mark that stands before and behind the list of modules. */
const sentinelBytes = 16;

export class GoBuildInfoFinder {
  /** Bytes not looked at yet, or of the record that is being collected. */
  private held: Buffer = Buffer.alloc(0);
  /** Offset of `held` in the file. */
  private offset = 0;
  private collecting = false;
  private found: Package[] | undefined;

  constructor(private readonly location: string) {}

  push(chunk: Buffer): void {
    if (this.found !== undefined) return;
    this.held = Buffer.concat([this.held, chunk]);
    while (this.found === undefined && this.step(false));
  }

  /** The program's own module and those it was built from; empty where it is no Go program or does not say. */
  end(): Package[] {
    while (this.found === undefined && this.step(true));
    return this.found ?? [];
  }

  /** @returns whether there is more to do with the bytes at hand */
  private step(last: boolean): boolean {
    if (this.collecting) {
      if (this.held.length < maxRecordBytes && !last) return false;
      this.found = goModules(this.held, this.location);
      this.collecting = false;
      if (this.found === undefined) this.drop(alignment);
      return true;
    }
    const at = this.held.indexOf(magic);
    if (at === -1) {
      this.drop(Math.max(0, this.held.length - magic.length + 1));
      return false;
    }
    const aligned = (this.offset + at) % alignment === 0;
    this.collecting = aligned;
    // Unaligned it is only text about build information.
    this.drop(aligned ? at : at + 1);
    return true;
  }

  private drop(bytes: number): void {
    this.held = this.held.subarray(bytes);
    this.offset += bytes;
  }
}

/** Reads a record; undefined where it is none. */
function goModules(record: Buffer, location: string): Package[] | undefined {
  if (record.length < headerBytes || ((record[magic.length + 1] ?? 0) & stringsInPlace) === 0)
    return undefined;
  const version = readString(record, headerBytes);
  if (version === undefined || !version.text.toString("latin1").startsWith("go")) return undefined;
  const modules = readString(record, version.end);
  if (modules === undefined) return undefined;
  const list = modules.text.subarray(sentinelBytes, -sentinelBytes).toString("utf8");
  const packages: Package[] = [];
  for (const line of list.split("\n")) {
    const [kind, name, number] = line.split("\t");
    if (name === undefined || number === undefined) continue;
    const module: Package = { kind: "golang", name, version: number, location };
    if (kind === "mod" || kind === "dep") packages.push(module);
    // What was built in place of the module before it.
    if (kind === "=>") packages.splice(-1, 1, module);
  }
  const toolchain = version.text.toString("latin1").replace(/^go/, "");
  return [...packages, { kind: "golang", name: "stdlib", version: toolchain, location }];
}

/** A length as a varint, then that many bytes. */
function readString(
  record: Buffer,
  start: number,
): { readonly text: Buffer; readonly end: number } | undefined {
  let length = 0;
  let at = start;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = record[at++];
    if (byte === undefined) return undefined;
    length |= (byte & 0x7f) << shift;
    if ((byte & 0x80) === 0) {
      const end = at + length;
      return end > record.length ? undefined : { text: record.subarray(at, end), end };
    }
  }
  return undefined;
}
