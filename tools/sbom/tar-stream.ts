/** Reads a tar as it streams by, as Docker and GNU tar write it. Nothing is kept, nothing is written anywhere. */

/** One plain file; its content follows in chunks. */
export interface TarFile {
  /** Without a leading `./` or `/`. */
  readonly path: string;
  readonly size: number;
  readonly executable: boolean;
}

/** Takes a file's content; undefined where nobody wants it. */
export interface FileSink {
  push(chunk: Buffer): void;
  end(): void;
}

const block = 512;
/** Longer names and attributes than this are no file system's. */
const maxExtraBytes = 1024 * 1024;

export class TarReader {
  private held: Buffer = Buffer.alloc(0);
  private sink: FileSink | undefined;
  /** Content and padding that are still to come for the current entry. */
  private content = 0;
  private padding = 0;
  private longName: string | undefined;
  private ended = false;

  /** @param open asked for every plain file */
  constructor(private readonly open: (file: TarFile) => FileSink | undefined) {}

  push(chunk: Buffer): void {
    this.held = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    while (this.step());
  }

  /** @throws Error where the tar broke off */
  end(): void {
    if (!this.ended) throw new Error("the tar breaks off before its end");
  }

  private step(): boolean {
    if (this.ended) {
      this.held = Buffer.alloc(0);
      return false;
    }
    if (this.content > 0) {
      const part = this.take(Math.min(this.content, this.held.length));
      if (part.length === 0) return false;
      this.content -= part.length;
      this.sink?.push(part);
      if (this.content === 0) this.close();
      return true;
    }
    if (this.padding > 0) {
      const part = this.take(Math.min(this.padding, this.held.length));
      this.padding -= part.length;
      return part.length > 0;
    }
    if (this.held.length < block) return false;
    this.header(this.take(block));
    return true;
  }

  private header(header: Buffer): void {
    if (header.every((byte) => byte === 0)) {
      this.ended = true;
      return;
    }
    const size = number(header.subarray(124, 136));
    const type = String.fromCharCode(header[156] ?? 0);
    this.content = size;
    this.padding = (block - (size % block)) % block;
    if (type === "L" || type === "x") {
      if (size > maxExtraBytes) throw new Error("an entry of the tar has a name longer than any file's");
      this.sink = collect((body) => {
        this.longName = type === "L" ? text(body) : (paxPath(body) ?? this.longName);
      });
    } else {
      const plain = type === "0" || type === "\0";
      const path = (this.longName ?? shortName(header)).replace(/^(\.?\/)+/, "");
      this.longName = type === "g" ? this.longName : undefined;
      const executable = (number(header.subarray(100, 108)) & 0o111) !== 0;
      this.sink = plain ? this.open({ path, size, executable }) : undefined;
    }
    if (size === 0) this.close();
  }

  private close(): void {
    this.sink?.end();
    this.sink = undefined;
  }

  private take(bytes: number): Buffer {
    const part = this.held.subarray(0, bytes);
    this.held = this.held.subarray(bytes);
    return part;
  }
}

/** A sink that hands on the whole content at the end. */
export function collect(done: (body: Buffer) => void): FileSink {
  const chunks: Buffer[] = [];
  return { push: (chunk) => void chunks.push(chunk), end: () => done(Buffer.concat(chunks)) };
}

const text = (bytes: Buffer): string => bytes.toString("utf8").split("\0", 1)[0] ?? "";

function shortName(header: Buffer): string {
  const [name, prefix] = [text(header.subarray(0, 100)), text(header.subarray(345, 500))];
  return prefix === "" || text(header.subarray(257, 262)) !== "ustar" ? name : `${prefix}/${name}`;
}

/** Octal text, or from the second byte on a big-endian number where the first bit is set. */
function number(field: Buffer): number {
  if (((field[0] ?? 0) & 0x80) !== 0) {
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    if (!Number.isSafeInteger(value)) throw new Error("an entry of the tar is larger than any file");
    return value;
  }
  const digits = text(field).trim();
  if (!/^[0-7]*$/.test(digits)) throw new Error("this is no tar: an entry's size cannot be read");
  return digits === "" ? 0 : parseInt(digits, 8);
}

/** `LENGTH path=VALUE\n`, among other attributes; the length counts the whole line in bytes. */
function paxPath(body: Buffer): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(0x20, at);
    const length = Number(body.subarray(at, space).toString("latin1"));
    if (space === -1 || !Number.isInteger(length) || length <= 0) return path;
    const [key, ...value] = body
      .subarray(space + 1, at + length - 1)
      .toString("utf8")
      .split("=");
    if (key === "path") path = value.join("=");
    at += length;
  }
  return path;
}
