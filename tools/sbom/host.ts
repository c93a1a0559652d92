/** A stack's host, its images and this program, each read by syft into a document of its own. */
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Download, Shell } from "../host-shell";
import type { Subject } from "./syft";

/** An image that the host runs, or runs when the agent asks for it. */
export interface HostImage {
  /** The engine's name for it: `sha256:…`. */
  readonly id: string;
  /** As its container was made with it. */
  readonly reference: string;
}

/** What inventory.sh prints, each image once. @throws Error where a line is none of its own, or there is none at all */
export function parseInventory(text: string): HostImage[] {
  const images = new Map<string, HostImage>();
  for (const line of text.split("\n").filter(Boolean)) {
    const [, id, reference] = /^(sha256:[0-9a-f]{64}) (\S+)$/.exec(line) ?? [];
    if (id === undefined || reference === undefined)
      throw new Error(`the host names an image that cannot be read: ${line.slice(0, 200)}`);
    if (!images.has(id)) images.set(id, { id, reference });
  }
  if (images.size === 0) throw new Error("the host runs no container: is it deployed? pulumi up");
  return [...images.values()];
}

/** Name of an image's document. @param taken names that others have */
export function documentName({ id, reference }: HostImage, taken: ReadonlySet<string>): string {
  const plain = `image-${reference.replace(/@.*$/, "").replace(/[^A-Za-z0-9.]+/g, "-")}`;
  const name = `${plain}.cdx.json`;
  return taken.has(name) ? `${plain}-${id.slice(7, 19)}.cdx.json` : name;
}

/** How the host is asked, and who reads what it sends. */
export interface Means {
  readonly shell: Shell;
  readonly download: Download;
  /** Writes the document of the subject to the file; may use the folder for what it needs meanwhile. */
  readonly scan: (subject: Subject, file: string, scratch: string) => Promise<void>;
  /** Told what comes next. */
  readonly say: (line: string) => void;
}

/** The host's name for its release, for the title of its document. */
const releaseOf = (text: string, key: string): string =>
  new RegExp(`^${key}=["']?([^"'\\n]*)["']?$`, "m").exec(text)?.[1] ?? "unknown";

/**
 * Writes `host.cdx.json`, `program.cdx.json` and an `image-NAME.cdx.json` for each image into the folder. Documents of
 * before go when all new ones are there, and stay where one could not be made.
 * @param checkout folder with package.json and package-lock.json
 * @returns names of the documents
 */
export async function writeDocuments(folder: string, checkout: string, means: Means): Promise<string[]> {
  const { shell, download, scan, say } = means;
  const scratch = mkdtempSync(join(tmpdir(), "clawkeep-sbom-"));
  const [documents, files] = [join(scratch, "documents"), join(scratch, "files")];
  mkdirSync(documents);
  mkdirSync(files);
  try {
    const images = parseInventory(await shell(readFileSync(join(__dirname, "inventory.sh"), "utf8")));

    say("reading the host's packages");
    const root = join(files, "host");
    mkdirSync(join(root, "etc"), { recursive: true });
    mkdirSync(join(root, "var", "lib", "dpkg"), { recursive: true });
    const release = await shell("cat /etc/os-release");
    writeFileSync(join(root, "etc", "os-release"), release);
    writeFileSync(join(root, "var", "lib", "dpkg", "status"), await shell("cat /var/lib/dpkg/status"));
    const host = { name: releaseOf(release, "ID"), version: releaseOf(release, "VERSION_ID") };
    await scan({ source: `dir:${root}`, ...host }, join(documents, "host.cdx.json"), scratch);

    say("reading this program's packages");
    const program = join(files, "program");
    mkdirSync(program);
    for (const name of ["package.json", "package-lock.json"])
      copyFileSync(join(checkout, name), join(program, name));
    const { name, version } = JSON.parse(readFileSync(join(program, "package.json"), "utf8")) as {
      name: string;
      version: string;
    };
    await scan({ source: `dir:${program}`, name, version }, join(documents, "program.cdx.json"), scratch);

    for (const image of images) {
      say(`fetching and reading ${image.reference}`);
      const archive = join(files, "image.tar");
      // The size of an image is what takes long: it comes packed.
      await download('set -o pipefail; docker save "$1" | gzip -1', [image.id], archive);
      const file = documentName(image, new Set(readdirSync(documents)));
      const subject = { source: `docker-archive:${archive}`, name: image.reference, version: image.id };
      await scan(subject, join(documents, file), scratch);
      rmSync(archive);
    }

    mkdirSync(folder, { recursive: true });
    for (const old of readdirSync(folder).filter((entry) => entry.endsWith(".cdx.json")))
      rmSync(join(folder, old));
    cpSync(documents, folder, { recursive: true });
    return readdirSync(documents).sort();
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
