/** The reader: a file system as a tar, whole or broken, in whatever pieces it comes. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { bundleReader } from "../../../tools/sbom/reader-bundle";
import { ImageReader, type Contents } from "../../../tools/sbom/read-image";

const long = `usr/lib/${"a-folder-with-a-long-name/".repeat(8)}node_modules/deep/package.json`;
const pkg = (name: string, version: string): string => JSON.stringify({ name, version });
const files: Record<string, string | Buffer> = {
  "var/lib/dpkg/status": "Package: libc6\nStatus: install ok installed\nVersion: 2.36\nArchitecture: amd64\n",
  "var/lib/dpkg/status.d/tzdata": "Package: tzdata\nVersion: 2026a\nArchitecture: all\n",
  "var/lib/dpkg/status.d/tzdata.md5sums": "Package: not-one\nVersion: 1\n",
  "var/lib/dpkg/status-old": "Package: not-this\nStatus: install ok installed\nVersion: 1\n",
  "usr/lib/apk/db/installed": "P:musl\nV:1.2.5\nA:x86_64\n",
  "usr/lib/os-release": 'ID=debian\nVERSION_ID="12"\n',
  "app/.venv/lib/python3.11/site-packages/litellm-1.0.dist-info/METADATA":
    "Name: litellm\nVersion: 1.0\n\ntext\n",
  "app/package.json": pkg("openclaw", "2026.9.6"),
  "app/node_modules/@scope/one/package.json": pkg("@scope/one", "1.1.1"),
  "app/node_modules/one/node_modules/two/package.json": pkg("two", "2.2.2"),
  "app/node_modules/one/test/fixture/package.json": pkg("not-a-package", "0.0.0"),
  [long]: pkg("deep", "3.3.3"),
  "usr/bin/caddy": goProgram(
    "mod\texample.org/caddy\tv2.10.2\th1:x\ndep\texample.org/dep\tv1.0.0\th1:y\n=>\texample.org/fork\tv1.0.1\th1:z\n",
  ),
  "usr/bin/quiet": goProgram(""),
  // Speaks of build information without being made of Go.
  "usr/bin/talks": Buffer.concat([
    Buffer.from("\x7fELF then \xff Go buildinf: and no more", "latin1"),
    Buffer.alloc(300),
  ]),
  // Carries another program inside: that one's record stands where no linker puts one.
  "usr/bin/carries": Buffer.concat([
    Buffer.from("\x7fELF12345", "latin1"),
    goProgram("mod\texample.org/inside\tv1\n"),
  ]),
  "usr/share/doc/not-executable": goProgram("mod\texample.org/no\tv0\n"),
};

/** An ELF file's first bytes, and the record that the Go linker writes, across the border of two 64 KiB pieces. */
function goProgram(modules: string): Buffer {
  const text = (value: Buffer): Buffer => {
    const length = value.length;
    return Buffer.concat([Buffer.from(length < 128 ? [length] : [(length & 127) | 128, length >> 7]), value]);
  };
  const marked = modules === "" ? "" : `${"<".repeat(16)}path\texample.org/main\n${modules}${">".repeat(16)}`;
  const header = Buffer.alloc(32);
  header.write("\xff Go buildinf:", 0, "latin1");
  header[14] = 8;
  header[15] = 2;
  const start = Buffer.alloc(65536 - 16);
  start.write("\x7fELF", 0, "latin1");
  return Buffer.concat([
    start,
    header,
    text(Buffer.from("go1.26.8")),
    text(Buffer.from(marked)),
    Buffer.alloc(99),
  ]);
}

const directory = mkdtempSync(join(tmpdir(), "clawkeep-sbom-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** The files as a tar, in one of the formats that engines have written. */
function asTar(format: string): Buffer {
  const root = join(directory, "root");
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    if (path.startsWith("usr/bin/")) chmodSync(join(root, path), 0o755);
  }
  mkdirSync(join(root, "etc"), { recursive: true });
  rmSync(join(root, "etc/os-release"), { force: true });
  symlinkSync("../usr/lib/os-release", join(root, "etc/os-release"));
  return execFileSync("tar", ["-C", root, `--format=${format}`, "-c", "."], { maxBuffer: 64 << 20 });
}

function read(tar: Buffer, pieces: number): Contents {
  const reader = new ImageReader();
  for (let at = 0; at < tar.length; at += pieces) reader.push(tar.subarray(at, at + pieces));
  return reader.end();
}

const found = ({ packages }: Contents): string[] =>
  packages.map(({ kind, name, version }) => `${kind} ${name} ${version}`).sort();
const expected = [
  ...["apk musl 1.2.5", "deb libc6 2.36", "deb tzdata 2026a"],
  ...["golang example.org/caddy v2.10.2", "golang example.org/fork v1.0.1"],
  ...["golang stdlib 1.26.8", "golang stdlib 1.26.8"],
  ...["npm @scope/one 1.1.1", "npm deep 3.3.3", "npm openclaw 2026.9.6", "npm two 2.2.2"],
  "pypi litellm 1.0",
];

describe.each(["gnu", "pax"])("a tar of format %s", (format) => {
  const tar = asTar(format);

  it.each([251, 512, 4096, 65536, 1 << 30])("in pieces of %d bytes", (pieces) => {
    const contents = read(tar, pieces);
    expect(found(contents)).toEqual(expected);
    expect(contents.os).toEqual({ id: "debian", version: "12" });
    expect(contents.packages.find(({ name }) => name === "deep")?.location).toBe(long);
  });

  it.each([0, 1, 511, 5000])("that breaks off after %d bytes is an error, not a short list", (bytes) => {
    expect(() => read(tar.subarray(0, bytes), 512)).toThrow(/breaks off/);
  });
});

it("what is no tar is an error", () => {
  expect(() => read(Buffer.from("Error response from daemon: ".repeat(99)), 512)).toThrow(/no tar/);
});

it("a name that is larger than any file's is an error", () => {
  const header = Buffer.alloc(512);
  header.write("x", 156);
  header.write("77777777777", 124);
  expect(() => read(header, 512)).toThrow(/name longer/);
});

it("a list that is too large to be true is named, not read", () => {
  const header = Buffer.alloc(512);
  header.write("var/lib/dpkg/status", 0);
  header.write((64 << 20).toString(8).padStart(11, "0"), 124);
  header.write("0", 156);
  const contents = read(Buffer.concat([header, Buffer.alloc(64 << 20), Buffer.alloc(1024)]), 1 << 20);
  expect(contents).toEqual({ os: undefined, packages: [], unread: ["var/lib/dpkg/status"] });
});

it("as one script, on standard input", () => {
  const printed = execFileSync("node", ["-e", bundleReader()], { input: asTar("pax"), encoding: "utf8" });
  expect(found(JSON.parse(printed) as Contents)).toEqual(expected);
  const broken = (): string =>
    execFileSync("node", ["-e", bundleReader()], {
      input: asTar("pax").subarray(0, 5000),
      encoding: "utf8",
      stdio: "pipe",
    });
  expect(broken).toThrow(/breaks off/);
});
