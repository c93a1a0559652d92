/**
 * The reader: an exported file system as a tar on standard input, the packages in it as one JSON on standard output.
 * Bundled into one file and run in a container that can do nothing else (read-image.sh): a tar is what its image's
 * publisher made it.
 */
import { GoBuildInfoFinder } from "./go-build-info";
import { apkPackages, dpkgPackages, nodePackage, osRelease, pythonPackage, type Package } from "./packages";
import { collect, TarReader, type FileSink, type TarFile } from "./tar-stream";

/** What the reader found. */
export interface Contents {
  os: { readonly id: string; readonly version: string } | undefined;
  readonly packages: Package[];
  /** Lists of packages too large to be true, which were not read. */
  readonly unread: string[];
}

/** A dpkg status of a whole desktop has about 5 MB. */
const maxTextBytes = 32 * 1024 * 1024;
const elf = Buffer.from("\x7fELF", "latin1");

type TextReader = (text: string, contents: Contents, path: string) => void;

/** Which file says what. */
const sources: readonly (readonly [RegExp, TextReader])[] = [
  [
    /^var\/lib\/dpkg\/(status|status\.d\/[^/]+(?<!\.md5sums))$/,
    (text, out) => void out.packages.push(...dpkgPackages(text)),
  ],
  [/^(usr\/)?lib\/apk\/db\/installed$/, (text, out) => void out.packages.push(...apkPackages(text))],
  [
    /\.(dist-info\/METADATA|egg-info\/PKG-INFO)$/,
    (text, out, path) => void out.packages.push(...pythonPackage(text, path)),
  ],
  // Installed packages, and an application at the top of its folder; not the many others of tests and templates.
  [
    /((^|\/)node_modules\/(@[^/]+\/)?[^/@]+|^[^/]+)\/package\.json$/,
    (text, out, path) => void out.packages.push(...nodePackage(text, path)),
  ],
  [/^(etc|usr\/lib)\/os-release$/, (text, out) => void (out.os = osRelease(text) ?? out.os)],
];

/** Reads a tar that comes in chunks. */
export class ImageReader {
  readonly contents: Contents = { os: undefined, packages: [], unread: [] };
  private readonly tar = new TarReader((file) => this.open(file));

  push(chunk: Buffer): void {
    this.tar.push(chunk);
  }

  end(): Contents {
    this.tar.end();
    return this.contents;
  }

  private open(file: TarFile): FileSink | undefined {
    const read = sources.find(([pattern]) => pattern.test(file.path))?.[1];
    if (read !== undefined) {
      if (file.size > maxTextBytes) {
        this.contents.unread.push(file.path);
        return undefined;
      }
      return collect((body) => read(body.toString("utf8"), this.contents, file.path));
    }
    return file.executable && file.size > elf.length ? this.program(file.path) : undefined;
  }

  private program(path: string): FileSink {
    let finder: GoBuildInfoFinder | undefined;
    let start: Buffer | undefined = Buffer.alloc(0);
    return {
      push: (chunk) => {
        finder?.push(chunk);
        if (start === undefined) return;
        start = Buffer.concat([start, chunk]);
        if (start.length < elf.length) return;
        if (start.subarray(0, elf.length).equals(elf)) {
          finder = new GoBuildInfoFinder(path);
          finder.push(start);
        }
        start = undefined;
      },
      end: () => void this.contents.packages.push(...(finder?.end() ?? [])),
    };
  }
}

/** Reads standard input to its end and prints. Of an error only the message: Node would show the whole script. */
export async function main(): Promise<void> {
  try {
    const reader = new ImageReader();
    for await (const chunk of process.stdin) reader.push(chunk as Buffer);
    process.stdout.write(JSON.stringify(reader.end()));
  } catch (error) {
    console.error(`the image cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
