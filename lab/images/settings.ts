import { onDemand, published } from "./catalogue";

/** Repository -> row of `clawkeep:images`. */
const rows: Readonly<Record<string, string>> = {
  "ghcr.io/openclaw/openclaw": "openclaw",
  "ghcr.io/berriai/litellm": "litellm",
  "docker.io/library/redis": "redis",
  "docker.io/ubuntu/squid": "squid",
  "docker.io/library/caddy": "caddy",
  "docker.io/library/node": "node",
  "docker.io/library/docker": "dockerCli",
  "docker.io/library/debian": "sandboxBase",
};

/**
 * `clawkeep:images` of the lab's stacks. The lab serves images of its own under the published names and tags, and their
 * digests are others: a stack that pinned the published ones could pull nothing here.
 */
export function imageSettings(): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const { ref } of [...published, ...onDemand]) {
    const repository = ref.replace(/:[^:/]*$/, "");
    const row = ref.startsWith(`${repository}:2026.2.`) ? "openclaw2026_2" : rows[repository];
    if (row === undefined)
      throw new Error(`lab/images/settings.ts: to which row of clawkeep:images does ${ref} belong?`);
    // The first of several versions is the one that is deployed.
    settings[row] ??= ref;
  }
  return settings;
}
