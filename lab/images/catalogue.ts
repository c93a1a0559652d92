import { join } from "node:path";
import type { ImageName } from "../../config/image-rules";
import {
  caddyBinary,
  dockerCliBinary,
  litellmVenv,
  nodeBinary,
  openclawApp,
  openclawTree,
  resticBinary,
} from "./asset-list";
import type { Suite } from "./debian";
import type { LocalImage } from "./local-image";
import { versions } from "./versions";

/** An image that the lab's registry serves under the name of the published one. */
export interface PublishedImage {
  readonly ref: string;
  readonly image: LocalImage;
}

const folder = (name: string): string => join(__dirname, name);

const nodeImage = (version: string): LocalImage => ({
  name: "node",
  folder: folder("node"),
  base: "bookworm",
  assets: [nodeBinary(version)],
});
const node = nodeImage(versions.node);

/** The image with the package sources that its published counterpart has; built with this machine's own until there. */
const asPublished = (image: LocalImage | Suite, suite: Suite = "bookworm"): LocalImage => ({
  name: typeof image === "string" ? "debian-slim" : image.name,
  folder: folder(`as-published/${suite}`),
  base: image,
});

/** Everything that a server pulls in the rehearsal; what takes longest to make first. */
export const published: readonly PublishedImage[] = [
  {
    ref: "ghcr.io/openclaw/openclaw:2026.9.6",
    image: asPublished({
      name: "openclaw",
      folder: folder("openclaw"),
      base: node,
      assets: [openclawApp("2026.9.6")],
    }),
  },
  {
    ref: "ghcr.io/berriai/litellm:v1.104.0",
    image: asPublished(
      { name: "litellm", folder: folder("litellm"), base: "trixie", assets: [litellmVenv] },
      "trixie",
    ),
  },
  {
    ref: "docker.io/ubuntu/squid:6.6-24.04_edge",
    image: asPublished({ name: "squid", folder: folder("squid"), base: "trixie" }, "trixie"),
  },
  {
    ref: "docker.io/library/caddy:2.11.4",
    image: asPublished({ name: "caddy", folder: folder("caddy"), base: "bookworm", assets: [caddyBinary] }),
  },
  {
    ref: "docker.io/library/redis:7.4.11-bookworm",
    image: asPublished({ name: "redis", folder: folder("redis"), base: "bookworm" }),
  },
  {
    ref: "docker.io/restic/restic:0.18.1",
    image: asPublished({
      name: "restic",
      folder: folder("restic"),
      base: "bookworm",
      assets: [resticBinary],
    }),
  },
  { ref: "docker.io/library/debian:bookworm-20261005-slim", image: asPublished("bookworm") },
  {
    ref: "docker.io/library/docker:29.8.2-cli",
    image: asPublished({
      name: "docker-cli",
      folder: folder("docker-cli"),
      base: "bookworm",
      assets: [dockerCliBinary],
    }),
  },
  { ref: "docker.io/library/node:24.21.0-bookworm-slim", image: asPublished(node) },
];

/** Made only when a test asks for it (`buildLocal`, `publish`): large, and nothing in the rehearsal pulls it. */
export const onDemand: readonly PublishedImage[] = [
  {
    ref: "ghcr.io/openclaw/openclaw:2026.2.26",
    image: asPublished({
      name: "openclaw",
      folder: folder("openclaw-2026.2"),
      base: nodeImage(versions.olderNode),
      assets: [openclawTree("2026.2.26")],
    }),
  },
];

/**
 * Pins that the lab has no image of, so no rehearsal deploys them. A new release line stands here until its packages are
 * locked in npm/ and its image is in `onDemand`.
 */
export const withoutImage: readonly ImageName[] = [];

/** What the lab's own containers run in. */
export const labBase: LocalImage = { name: "lab-base", folder: folder("lab-base"), base: node };

/** The disk of a stand-in VPS. */
export const standIn: LocalImage = {
  name: "stand-in",
  folder: join(__dirname, "..", "vps", "image"),
  base: "trixie",
};
