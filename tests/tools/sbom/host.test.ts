/** What a host is asked for its documents, what is read, and what lies in the folder afterwards. */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { documentName, parseInventory, writeDocuments, type Means } from "../../../tools/sbom/host";
import type { Subject } from "../../../tools/sbom/syft";

const root = join(__dirname, "..", "..", "..");
const id = (digit: string): string => `sha256:${digit.repeat(64)}`;
const redis = "docker.io/library/redis:7.4.7-bookworm";
const inventory = `${id("a")} ${redis}
${id("b")} clawkeep/openclaw:0123456789ab
${id("a")} ${redis}
${id("c")} clawkeep/sandbox:0123456789ab
`;

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "clawkeep-sbom-test-"))));
afterEach(() => rmSync(directory, { recursive: true }));

describe("the inventory", () => {
  it("has each image once", () => {
    expect(parseInventory(inventory).map((image) => image.reference)).toEqual([
      redis,
      "clawkeep/openclaw:0123456789ab",
      "clawkeep/sandbox:0123456789ab",
    ]);
  });

  it.each([
    ["", /runs no container.*pulumi up/],
    ["sha256:1 x\n", /cannot be read: sha256:1 x/],
    [`${id("a")}; id x\n`, /cannot be read/],
  ])("%j is refused", (text, says) => {
    expect(() => parseInventory(text)).toThrow(says);
  });

  it("is what the script makes of an engine's answers, one container gone meanwhile", () => {
    const docker = `docker() { case "$1 $2" in
      "ps --all") printf 'one\\ntwo\\n' ;;
      "inspect --format") [ "$4" = one ] && echo '${id("a")} ${redis}' ;;
      "image ls") echo '${id("c")} clawkeep/sandbox:0123456789ab' ;; *) exit 9 ;; esac; }`;
    const script = readFileSync(join(root, "tools", "sbom", "inventory.sh"), "utf8");
    const { status, stdout } = spawnSync("bash", ["-c", `${docker}\n${script}`], { encoding: "utf8" });
    expect([status, parseInventory(stdout).length]).toEqual([0, 2]);
  });
});

it("a document is named by its image; a second one of that name by its id too", () => {
  const image = { id: id("a"), reference: `${redis}@${id("f")}` };
  const name = "image-docker.io-library-redis-7.4.7-bookworm.cdx.json";
  expect(documentName(image, new Set())).toBe(name);
  expect(documentName(image, new Set([name]))).toBe(
    "image-docker.io-library-redis-7.4.7-bookworm-aaaaaaaaaaaa.cdx.json",
  );
});

interface Scanned extends Subject {
  /** What lay at the source when it was read. */
  readonly found: readonly string[];
}

function means(scanned: Scanned[], asked: string[], problem?: RegExp): Means {
  return {
    shell: (script) => {
      asked.push(script);
      if (script.startsWith("#!")) return Promise.resolve(inventory);
      return Promise.resolve(
        script.includes("os-release") ? 'ID=debian\nVERSION_ID="13"\n' : "Package: dpkg\n",
      );
    },
    download: (script, args, file) => {
      asked.push(`${script} ${args.join(" ")}`);
      writeFileSync(file, "a tar");
      return Promise.resolve();
    },
    scan: (subject, file) => {
      if (problem?.test(subject.name)) return Promise.reject(new Error(`cannot read ${subject.name}`));
      const [kind, path = ""] = subject.source.split(":");
      const found =
        kind === "dir"
          ? readdirSync(path, { recursive: true, encoding: "utf8" }).sort()
          : [readFileSync(path, "utf8")];
      scanned.push({ ...subject, found });
      writeFileSync(file, "{}");
      return Promise.resolve();
    },
    say: () => undefined,
  };
}

it("the host, the program and each image become a document, and those of before go", async () => {
  const folder = join(directory, "sbom-prod");
  mkdirSync(folder);
  for (const name of ["image-old.cdx.json", "notes.txt"]) writeFileSync(join(folder, name), "");
  const [scanned, asked]: [Scanned[], string[]] = [[], []];
  const written = await writeDocuments(folder, root, means(scanned, asked));
  expect(written).toEqual([
    "host.cdx.json",
    "image-clawkeep-openclaw-0123456789ab.cdx.json",
    "image-clawkeep-sandbox-0123456789ab.cdx.json",
    "image-docker.io-library-redis-7.4.7-bookworm.cdx.json",
    "program.cdx.json",
  ]);
  expect(readdirSync(folder).sort()).toEqual([...written, "notes.txt"].sort());
  expect(scanned.map(({ name, version, found }) => [name, version, found])).toEqual([
    ["debian", "13", ["etc", "etc/os-release", "var", "var/lib", "var/lib/dpkg", "var/lib/dpkg/status"]],
    ["clawkeep", expect.stringMatching(/^\d+\.\d+\.\d+$/), ["package-lock.json", "package.json"]],
    [redis, id("a"), ["a tar"]],
    ["clawkeep/openclaw:0123456789ab", id("b"), ["a tar"]],
    ["clawkeep/sandbox:0123456789ab", id("c"), ["a tar"]],
  ]);
  // Reads alone, and an image by what the host has of it, not by a name that may have moved.
  expect(asked.slice(1)).toEqual([
    "cat /etc/os-release",
    "cat /var/lib/dpkg/status",
    ...["a", "b", "c"].map((digit) => `set -o pipefail; docker save "$1" | gzip -1 ${id(digit)}`),
  ]);
  const temporary = scanned.flatMap(({ source }) => source.split(":")[1] ?? []);
  expect(temporary.filter((path) => existsSync(path))).toEqual([]);
});

it("one that cannot be read: the documents of before stay, and nothing is left behind", async () => {
  const folder = join(directory, "sbom-prod");
  mkdirSync(folder);
  writeFileSync(join(folder, "host.cdx.json"), "of before");
  const scanned: Scanned[] = [];
  await expect(writeDocuments(folder, root, means(scanned, [], /openclaw/))).rejects.toThrow(
    "cannot read clawkeep/openclaw:0123456789ab",
  );
  expect(readdirSync(folder)).toEqual(["host.cdx.json"]);
  expect(readFileSync(join(folder, "host.cdx.json"), "utf8")).toBe("of before");
  expect(existsSync(scanned[0]?.source.slice("dir:".length) ?? "/")).toBe(false);
});
