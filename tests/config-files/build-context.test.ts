import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { buildContext, tar } from "../../config-files/build-context";
import { hostToolsArchive } from "../../config-files/host/tools";

const tarOf = (archive: Buffer, ...args: string[]) =>
  spawnSync("tar", args, { input: archive, encoding: "utf8" });
const fileName = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$/);
const files = fc.dictionary(fileName, fc.string({ unit: "binary", maxLength: 2000 }), {
  minKeys: 1,
  maxKeys: 6,
  noNullPrototype: true,
});

describe("tar", () => {
  const directory = mkdtempSync(join(tmpdir(), "clawkeep-tar-"));
  afterAll(() => rmSync(directory, { recursive: true }));

  it("is read by the system's tar, every byte of it", () => {
    fc.assert(
      fc.property(files, (contents) => {
        const target = mkdtempSync(join(directory, "run-"));
        const { status, stderr } = tarOf(
          tar(Object.entries(contents), 0o755),
          "-x",
          "--no-same-owner",
          "-C",
          target,
        );
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        for (const [name, content] of Object.entries(contents)) {
          expect(readFileSync(join(target, name)).equals(Buffer.from(content))).toBe(true);
          expect(statSync(join(target, name)).mode & 0o777).toBe(0o755);
        }
      }),
      { numRuns: 10 },
    );
  });

  it("says nothing about the machine or the time", () => {
    const listing = tarOf(
      tar([
        ["a", "x"],
        ["b", "y"],
      ]),
      "-t",
      "-v",
      "--numeric-owner",
      "--full-time",
    );
    expect(listing.stdout.split("\n").filter(Boolean)).toEqual([
      expect.stringMatching(/^-rw-r--r-- 0\/0 +1 1970-01-01 .* a$/),
      expect.stringMatching(/^-rw-r--r-- 0\/0 +1 1970-01-01 .* b$/),
    ]);
  });

  it("refuses a name that does not fit", () => {
    expect(() => tar([["x".repeat(101), ""]])).toThrow(/^file name too long for a build context: x+$/);
  });
});

describe("a build context", () => {
  const contents = { Dockerfile: "FROM scratch\n", "filter.js": "1" };
  const context = buildContext("socket-proxy", contents);
  const bases = { BASE: "docker.io/library/node:24", CLI: "docker.io/library/docker:29" };

  it("is the same whatever the order of its files and arguments", () => {
    const reversed = buildContext("socket-proxy", Object.fromEntries(Object.entries(contents).reverse()));
    expect(reversed.tarBase64).toBe(context.tarBase64);
    expect(reversed.tag(Object.fromEntries(Object.entries(bases).reverse()))).toBe(context.tag(bases));
  });

  it("has a tag that any change changes", () => {
    const tags = [
      context.tag(bases),
      context.tag({}),
      context.tag({ ...bases, BASE: "docker.io/library/node:25" }),
      buildContext("socket-proxy", { ...contents, "filter.js": "2" }).tag(bases),
      buildContext("socket-proxy", { ...contents, "other.js": "" }).tag(bases),
      buildContext("openclaw", contents).tag(bases),
    ];
    expect(new Set(tags).size).toBe(tags.length);
    for (const tag of tags) expect(tag).toMatch(/^clawkeep\/(socket-proxy|openclaw):[0-9a-f]{12}$/);
  });

  it("has a tag that tells where a file's name ends and its content begins", () => {
    fc.assert(
      fc.property(files, files, (one, other) => {
        const same =
          JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
        expect(buildContext("x", one).tag({}) === buildContext("x", other).tag({})).toBe(same);
      }),
    );
  });

  it("is what docker build is handed", () => {
    expect(tarOf(Buffer.from(context.tarBase64, "base64"), "-t").stdout).toBe("Dockerfile\nfilter.js\n");
  });
});

// A default would be a second home of the pin, and the one that nobody moves.
it.each(["gateway", "gateway/2026.2", "relay", "sandbox", "socket-proxy"])(
  "%s's image names no base of its own: config/images.ts does",
  (folder) => {
    const path = join(__dirname, "..", "..", "config-files", folder, "Dockerfile");
    const lines = readFileSync(path, "utf8").split("\n");
    expect(lines.filter((line) => /^ARG (BASE|CLI)/.test(line)).length).toBeGreaterThan(0);
    expect(lines.filter((line) => /^ARG (BASE|CLI)\s*=/.test(line))).toEqual([]);
    expect(
      lines.filter((line) => /^(FROM|COPY --from=)/.test(line) && !/\$\{?(BASE|CLI)\b|=cli /i.test(line)),
    ).toEqual([]);
  },
);

it("the host's scripts travel as one archive, all of them executable", () => {
  const { stdout } = tarOf(Buffer.from(hostToolsArchive(), "base64"), "-t", "-v");
  const lines = stdout.split("\n").filter(Boolean);
  expect(lines.length).toBeGreaterThan(8);
  for (const line of lines) expect(line).toMatch(/^-rwxr-xr-x /);
  for (const script of ["install-files", "settle-container", "gateway-canary", "gateway-activate"]) {
    expect(stdout).toContain(` ${script}\n`);
  }
});
