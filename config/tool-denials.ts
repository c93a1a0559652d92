/** Tools that an agent never gets, and of those the ones that nobody gets over HTTP either. */

/**
 * The guide's twelve. Neither release line has a tool named elevated, host_exec, docker or camera; both ignore names
 * that they do not know in a list of denials, so they stand here for the day a release brings one.
 */
export const agentToolDenials = [
  "process",
  "browser",
  "nodes",
  "gateway",
  "sessions_spawn",
  "sessions_send",
  "elevated",
  "host_exec",
  "docker",
  "camera",
  "canvas",
  "cron",
] as const;

/** The guide's nine for `POST /tools/invoke`. */
export const httpToolDenials = [
  "sessions_spawn",
  "sessions_send",
  "gateway",
  "elevated",
  "host_exec",
  "docker",
  "camera",
  "canvas",
  "cron",
] as const;

/** Ours: an agent that reads the web reads the attacker's text, and has no way out to it anyway. */
export const webToolDenials = ["web_search", "web_fetch"] as const;

export const policyToolDenials: readonly string[] = [...agentToolDenials, ...webToolDenials];
