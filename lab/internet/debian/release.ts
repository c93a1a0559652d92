/** What the sources of the servers and of the published images name: a suite that is missing fails their apt-get update. */
export const served = [
  { archive: "debian", name: "trixie" },
  { archive: "debian", name: "trixie-updates" },
  { archive: "debian", name: "trixie-backports" },
  { archive: "debian-security", name: "trixie-security" },
  { archive: "debian", name: "bookworm" },
  { archive: "debian", name: "bookworm-updates" },
  { archive: "debian-security", name: "bookworm-security" },
] as const;

/**
 * Why apt on a server would refuse a suite, in one sentence with what to do; undefined where it would not.
 * @param text the suite's InRelease; undefined where none was had
 */
export function releaseProblem(suite: string, text: string | undefined, now: Date): string | undefined {
  const where = `the Debian mirror that this machine's apt names (/etc/apt/sources.list.d)`;
  if (text === undefined) return `${where} does not serve ${suite}: see that it answers, or name another`;
  const date = (field: string): Date | undefined => {
    const value = new RegExp(`^${field}: (.+)$`, "m").exec(text)?.[1];
    return value === undefined ? undefined : new Date(value);
  };
  const made = date("Date");
  if (made === undefined)
    return `${where} answers for ${suite} with something that is no Release file: name another`;
  if (made > now)
    return `the Release file of ${suite} is from ${made.toISOString()}, which is not yet: set this machine's clock`;
  const until = date("Valid-Until");
  if (until !== undefined && until < now)
    return `${where} is stale: its Release file of ${suite} expired on ${until.toISOString()}, and a server's apt refuses it; name a mirror that is kept up to date`;
  return undefined;
}
