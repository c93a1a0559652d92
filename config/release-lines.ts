/** Release lines of OpenClaw that can be deployed; the first is the default. */
export const releaseLines = ["2026.9", "2026.2"] as const;
export type ReleaseLine = (typeof releaseLines)[number];
