/** What is known against releases of the images: how a tag names its release, how old it may be, and what must never run. */

/** Releases from `from` to `to`, both included, as `x.y.z`. */
interface BadReleases {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

interface ReleaseRule {
  /** Software, as it is called in errors. */
  readonly software: string;
  /** Form of a tag that names a release; the group is its version. Anything else cannot be judged, so it is refused. */
  readonly tag: RegExp;
  /** A tag of that form, for errors. */
  readonly example: string;
  /** Oldest release that may run. */
  readonly oldest?: { readonly version: string; readonly reason: string };
  readonly bad?: readonly BadReleases[];
}

/** Images without a row are bases and channels whose tags name no release; their digest is all that holds them. */
export const releaseRules: Partial<Readonly<Record<ImageName, ReleaseRule>>> = {
  openclaw: {
    software: "OpenClaw",
    tag: /^v?(\d{4}\.\d+\.\d+)(?:-[a-z0-9.-]+)?$/,
    example: "2026.9.6",
    oldest: { version: "2026.3.1", reason: "older ones have no /startupz and /readyz to be asked by" },
  },
  openclaw2026_2: {
    software: "OpenClaw",
    tag: /^v?(2026\.2\.\d+)(?:-[a-z0-9.-]+)?$/,
    example: "2026.2.26",
  },
  litellm: {
    software: "LiteLLM",
    tag: /^(?:main-)?v?(\d+\.\d+\.\d+)(?:-[a-z0-9._-]+)?$/,
    example: "v1.104.0",
    oldest: {
      version: "1.83.14",
      reason: "older ones let a key raise its own rights (CVE-2026-47101)",
    },
    bad: [
      // The narrower range first: it is the one to be told of.
      {
        from: "1.82.7",
        to: "1.82.8",
        reason: "was published with a back door that steals keys: rotate every key that it has seen",
      },
      {
        from: "1.74.2",
        to: "1.83.6",
        reason: "has a known exploited remote code execution (CVE-2026-42271)",
      },
    ],
  },
  redis: {
    software: "Redis",
    tag: /^(\d+\.\d+\.\d+)(?:-[a-z0-9.]+)?$/,
    example: "7.4.11-bookworm",
    oldest: { version: "7.2.11", reason: "older ones run code by a Lua script (CVE-2025-49844)" },
    bad: [
      ["7.4.0", "7.4.5"],
      ["8.0.0", "8.0.3"],
      ["8.2.0", "8.2.1"],
    ].map(([from = "", to = ""]) => ({ from, to, reason: "runs code by a Lua script (CVE-2025-49844)" })),
  },
  caddy: {
    software: "Caddy",
    tag: /^v?(\d+\.\d+\.\d+)(?:-[a-z0-9.]+)?$/,
    example: "2.11.4",
    oldest: { version: "2.11.1", reason: "older ones have published holes (CVE-2026-27586 to 27590)" },
  },
  restic: {
    software: "restic",
    tag: /^v?(\d+\.\d+\.\d+)(?:-[a-z0-9.]+)?$/,
    example: "0.18.1",
    oldest: { version: "0.17.0", reason: "older ones do not tell by their code why they have failed" },
  },
  dockerCli: {
    software: "Docker client",
    tag: /^v?(\d+(?:\.\d+){0,2})-[a-z0-9.-]+$/,
    example: "29.8.2-cli",
    oldest: { version: "25.0.0", reason: "older ones do not speak API 1.44, and Engine 29 refuses less" },
  },
};

/**
 * Last part of each image's repository, as one word of it: a mirror has any path before it, and a variant a word behind
 * (litellm-non_root).
 */
export const repositoryNames = {
  openclaw: "openclaw",
  openclaw2026_2: "openclaw",
  litellm: "litellm",
  redis: "redis",
  squid: "squid",
  caddy: "caddy",
  node: "node",
  dockerCli: "docker",
  restic: "restic",
  sandboxBase: "debian",
} as const;
export type ImageName = keyof typeof repositoryNames;

/** Why the release behind this tag must not be deployed; undefined when nothing is known against it. */
export function releaseProblem(name: ImageName, tag: string): string | undefined {
  const rule = releaseRules[name];
  if (rule === undefined) return undefined;
  const version = rule.tag.exec(tag)?.[1];
  if (version === undefined) {
    return `the tag names no ${rule.software} version, so known bad releases cannot be told: write it like ${rule.example}`;
  }
  for (const { from, to, reason } of rule.bad ?? []) {
    if (compareVersions(version, from) >= 0 && compareVersions(version, to) <= 0) {
      const range = from === to ? from : `${from} to ${to}`;
      return `${rule.software} ${range} ${reason}: ${advice(rule)}`;
    }
  }
  if (rule.oldest !== undefined && compareVersions(version, rule.oldest.version) < 0) {
    return `${rule.software} before ${rule.oldest.version} is too old, ${rule.oldest.reason}: ${advice(rule)}`;
  }
  return undefined;
}

const advice = (rule: ReleaseRule): string => `take a newer release, like ${rule.example}`;

/** Compares dotted versions number by number; a number that is missing counts as 0. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number)) as [number[], number[]];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
