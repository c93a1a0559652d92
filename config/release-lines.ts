/**
 * Release lines of OpenClaw that can be deployed, and all that differs between them outside their configuration (that is
 * the hardening policy, with a column a line). Nothing else compares a gateway's release with a name: it asks the profile.
 * A new line is a name here, and a profile that the compiler then asks for. One that writes its configuration as no line
 * before it does is a name in `policyColumns` too, and the compiler asks for its column in every row of the policy.
 */
import type { ImageName } from "./image-rules";

/** The first is the default. */
export const releaseLines = ["2026.9", "2026.2"] as const;
export type ReleaseLine = (typeof releaseLines)[number];

/** The ways in which they write their configuration: each is a column of the hardening policy. */
export const policyColumns = ["2026.9", "2026.2"] as const satisfies readonly ReleaseLine[];
export type PolicyColumn = (typeof policyColumns)[number];

export interface ReleaseProfile {
  /** Its published image. */
  readonly image: ImageName;
  /** Build context of the derived image: name of a file there -> its path below config-files/gateway/. */
  readonly imageFiles: Readonly<Record<string, string>> & { readonly Dockerfile: string };
  /** Whose column of the hardening policy it writes: its own, or that of a line that writes the same. */
  readonly policyColumn: PolicyColumn;
  /**
   * How a value of its configuration names a secret: by its place in the secrets file, which the gateway reads itself; or
   * by a variable of its environment, which a launcher in the container fills from that file (2026.2/launch.mjs).
   */
  readonly secretsBy: "file" | "environment";
  /** The `openclaw` command in the gateway's container. */
  readonly command: string;
  /**
   * Where the gateway sees the sandboxes' workspaces: in its state, because it asks Docker where that lies on the host; or
   * at the host's own path.
   */
  readonly workspacesAt: "state" | "host";
  /** Arguments of its audit of itself. */
  readonly audit: string;
  /**
   * A tool that the gateway answers over HTTP with 200, without an argument and from its first minute. It reads, and writes
   * nothing.
   */
  readonly probeTool: string;
  /**
   * Whether /startupz and /readyz are answered 503 by a gateway that does not serve. Where they are not, a canary and a
   * swap see that the process listens and that its file was taken, and no more: docs/hardening-policy.md says so.
   */
  readonly probesCanFail: boolean;
  /** Why its gateways can have no Telegram; undefined where they can. */
  readonly noTelegram: string | undefined;
}

export const releaseProfiles: Readonly<Record<ReleaseLine, ReleaseProfile>> = {
  "2026.9": {
    image: "openclaw",
    imageFiles: { Dockerfile: "Dockerfile", "durable.cjs": "durable.cjs" },
    policyColumn: "2026.9",
    secretsBy: "file",
    command: "openclaw",
    workspacesAt: "state",
    audit: "security audit --deep --json",
    // sessions_list answers 404 where a session sees itself only.
    probeTool: "session_status",
    probesCanFail: true,
    noTelegram: undefined,
  },
  "2026.2": {
    image: "openclaw2026_2",
    imageFiles: { Dockerfile: "2026.2/Dockerfile", "launch.mjs": "2026.2/launch.mjs" },
    policyColumn: "2026.2",
    secretsBy: "environment",
    command: "node /usr/local/lib/clawkeep/launch.mjs",
    workspacesAt: "host",
    audit: "security audit --json",
    // session_status is an error until somebody has written to the agent.
    probeTool: "agents_list",
    // It answers 200 on every path.
    probesCanFail: false,
    noTelegram: "it has no apiRoot, so the bot's token would have to be in the gateway",
  },
};
