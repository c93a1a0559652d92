/**
 * Names of sandboxes: each gateway's begin with its own name and a dot. A gateway's name holds no dot, so no such
 * beginning is the beginning of another's, and no container of a stack but a sandbox has a dot in its name.
 */

/** What the name of every sandbox of a gateway begins with. OpenClaw cuts the whole name at 63 characters: 30 are left. */
export const sandboxPrefix = (gateway: string): string => `${gateway}.`;

/** Whether a container of this name may be a sandbox of that gateway. The prefix alone is no name. */
export const isSandboxOf = (gateway: string, container: string): boolean =>
  container.startsWith(sandboxPrefix(gateway)) && container.length > sandboxPrefix(gateway).length;
