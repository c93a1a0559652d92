/**
 * What sshd is told on every host, one `Keyword value` a line: a new server reads it at its first boot, secure-sshd puts
 * it in force anywhere and reads it back. The one home of these values.
 */

import { maxAuthTries } from "../../config/ssh-agent";

const everywhere = [
  "PasswordAuthentication no",
  "KbdInteractiveAuthentication no",
  "PermitEmptyPasswords no",
  "PermitRootLogin prohibit-password",
  `MaxAuthTries ${maxAuthTries.secured}`,
  // Logins in progress. One `up` opens up to 64 side by side on a machine of 16 cores, and the Docker provider's ssh does
  // not try again; sshd's own 10:30:100 begins to drop them at ten.
  "MaxStartups 128:30:256",
  "PerSourceMaxStartups none",
  "MaxSessions 60",
] as const;

/** For a server's first boot: an sshd that does not know a keyword does not start, so only old ones are here. */
export const firstBootSettings = (sshPort: number): string[] => [
  `Port ${sshPort}`,
  "X11Forwarding no",
  ...everywhere,
];

/**
 * For secure-sshd, which leaves out a keyword that the host's sshd does not know.
 * @param adminCidrs networks that are never shut out for failed logins: nobody else reaches sshd where they are set
 */
export const securedSettings = (adminCidrs: readonly string[] | undefined): string[] => [
  ...everywhere,
  ...(adminCidrs === undefined ? [] : [`PerSourcePenaltyExemptList ${adminCidrs.join(",")}`]),
];
