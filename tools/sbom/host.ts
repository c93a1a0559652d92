/** Asks a host what it runs: the machine's packages, its containers, and what is in their images. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { osRelease, packageKinds, type Package } from "./packages";
import { bundleReader } from "./reader-bundle";
import type { Shell } from "../host-shell";

const container = z.object({
  id: z.string(),
  name: z.string(),
  imageId: z.string(),
  /** As the container was created with it. */
  reference: z.string(),
  running: z.boolean(),
});
const image = z.object({
  id: z.string(),
  tags: z.array(z.string()).nullable(),
  /** `repository@sha256:…`, where the image was pulled. */
  digests: z.array(z.string()).nullable(),
  architecture: z.string(),
});
/** What comes out of an image is its publisher's word, so its form is checked too. */
const short = z.string().min(1).max(1024);
const contents = z.object({
  os: z.object({ id: short, version: short }).optional(),
  packages: z
    .array(
      z.object({
        kind: z.enum(packageKinds),
        name: short,
        version: short,
        architecture: short.optional(),
        location: z.string().max(4096).optional(),
      }),
    )
    .max(100_000),
  unread: z.array(z.string()),
});

export type HostContainer = z.infer<typeof container>;

/** An image that the host runs, or runs when the agent asks for it. */
export interface HostImage {
  readonly id: string;
  readonly reference: string;
  readonly digests: readonly string[];
  readonly architecture: string;
  /** Names of the containers that were made from it. */
  readonly containers: readonly string[];
  readonly os: { readonly id: string; readonly version: string } | undefined;
  readonly packages: readonly Package[];
  /** Lists of packages that were too large to be read. */
  readonly unread: readonly string[];
}

/** What inventory.sh prints, read. */
export interface Inventory {
  readonly os: { readonly id: string; readonly version: string };
  readonly kernel: string;
  readonly engine: string;
  readonly packages: readonly Package[];
  readonly containers: readonly HostContainer[];
  readonly images: readonly z.infer<typeof image>[];
}

export interface HostContents extends Omit<Inventory, "containers" | "images"> {
  readonly images: readonly HostImage[];
}

/** Sandboxes come and go; their image is part of what runs there all the same. */
const sandboxTag = /^clawkeep\/sandbox:/;
/** Every stack has one, and it holds Node and nothing secret. */
const readerTag = /^clawkeep\/socket-proxy:/;

const script = (name: string): string => readFileSync(join(__dirname, name), "utf8");

/** @throws Error where a line is none that inventory.sh prints */
export function parseInventory(text: string): Inventory {
  const facts = (word: string): string[] =>
    text.split("\n").flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
  const json = <T>(word: string, schema: z.ZodType<T>): T[] =>
    facts(word).flatMap((line) => (line === "" ? [] : [schema.parse(JSON.parse(line))]));
  const os = osRelease(facts("os").join("\n"));
  const [[kernel], [engine]] = [facts("kernel"), facts("engine")];
  if (os === undefined || kernel === undefined || engine === undefined)
    throw new Error(
      "the host did not say which system, kernel and Docker engine it runs: is it one of a stack?",
    );
  const packages = facts("package").flatMap((line): Package[] => {
    const [state, name, version, architecture] = line.split(" ");
    if (state !== "installed" || name === undefined || version === undefined) return [];
    return [{ kind: "deb", name, version, ...(architecture === undefined ? {} : { architecture }) }];
  });
  return {
    os,
    kernel,
    engine,
    packages,
    containers: json("container", container),
    images: json("image", image),
  };
}

/** Lists the host and reads its images one after the other; `say` tells which. */
export async function readHost(shell: Shell, say: (line: string) => void): Promise<HostContents> {
  const { containers, images: present, ...host } = parseInventory(await shell(script("inventory.sh")));
  const reader = containers.find(({ reference }) => readerTag.test(reference))?.imageId;
  if (reader === undefined)
    throw new Error(
      "the host has no container of clawkeep/socket-proxy, which the reader runs in: pulumi up",
    );
  const images: HostImage[] = [];
  for (const { id, tags, digests, architecture } of present) {
    const users = containers.filter(({ imageId }) => imageId === id);
    const sandbox = tags?.find((tag) => sandboxTag.test(tag));
    const reference = users[0]?.reference ?? sandbox;
    if (reference === undefined) continue;
    say(`reading ${reference}`);
    const source = users[0] === undefined ? { kind: "image", id } : { kind: "container", id: users[0].id };
    const found = await readImage(shell, source.kind, source.id, reader);
    images.push({
      ...{ id, reference, architecture, digests: digests ?? [] },
      containers: users.map(({ name }) => name.replace(/^\//, "")).sort(),
      ...found,
    });
  }
  const missing = containers.filter(({ imageId }) => !images.some(({ id }) => id === imageId));
  if (missing.length > 0) {
    throw new Error(
      `the engine knows no image of ${missing.map(({ name }) => name).join(", ")}: docker ps on the host, then again`,
    );
  }
  return { ...host, images: images.sort((a, b) => (a.reference < b.reference ? -1 : 1)) };
}

/** What one image, or the file system of one container, holds. */
export async function readImage(shell: Shell, kind: string, id: string, reader: string) {
  const printed = await shell(script("read-image.sh"), [kind, id, reader], bundleReader());
  const { os, packages, unread } = contents.parse(JSON.parse(printed));
  return { os, packages: packages as readonly Package[], unread };
}
