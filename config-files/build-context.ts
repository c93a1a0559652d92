/** Build contexts of derived images: a small tar, the same bytes for the same inputs on every machine. */
import { createHash } from "node:crypto";

export interface BuildContext {
  /** The context as a tar, base64. */
  readonly tarBase64: string;
  /** `clawkeep/NAME:HASH`, the hash covering every file and every build argument. */
  readonly tag: (buildArguments: Readonly<Record<string, string>>) => string;
}

/**
 * @param name last part of the repository
 * @param files file name -> content; one of them is `Dockerfile`
 */
export function buildContext(name: string, files: Readonly<Record<string, string>>): BuildContext {
  const sorted = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    tarBase64: tar(sorted).toString("base64"),
    tag: (buildArguments) => {
      const inputs = JSON.stringify([sorted, Object.entries(buildArguments).sort()]);
      return `clawkeep/${name}:${createHash("sha256").update(inputs).digest("hex").slice(0, 12)}`;
    },
  };
}

/** POSIX ustar of plain files with fixed owner, mode and time. */
export function tar(files: readonly (readonly [string, string])[], mode = 0o644): Buffer {
  const blocks = files.flatMap(([path, content]) => {
    const body = Buffer.from(content);
    const padding = Buffer.alloc((512 - (body.length % 512)) % 512);
    return [tarHeader(path, body.length, mode), body, padding];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function tarHeader(path: string, size: number, mode: number): Buffer {
  if (Buffer.byteLength(path) > 100) throw new Error(`file name too long for a build context: ${path}`);
  const header = Buffer.alloc(512);
  const octal = (value: number, length: number) => value.toString(8).padStart(length - 1, "0") + "\0";
  header.write(path, 0);
  header.write(octal(mode, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(size, 12), 124);
  header.write(octal(0, 12), 136);
  header.write(" ".repeat(8), 148);
  header.write("0", 156);
  header.write("ustar\0" + "00", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(sum.toString(8).padStart(6, "0") + "\0 ", 148);
  return header;
}
