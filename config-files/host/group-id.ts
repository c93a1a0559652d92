/**
 * The group of the Docker daemon's socket, from all that came back when prepare-host was run on a host: its decimal id.
 *
 * @throws Error where there is more than that, as what root's .bashrc prints is
 */
export function groupId(said: string): string {
  const text = said.trim();
  if (/^\d+$/.test(text)) return text;
  throw new Error(
    `prepare-host prints the group id of Docker's socket and nothing else, and what came back from the host is ` +
      `${JSON.stringify(text.slice(0, 300))}. Something there prints whenever root comes in: look in /root/.bashrc (or ` +
      ".zshenv, config.fish). Such lines belong behind one that ends it where nobody looks, [ -t 1 ] || return. Then run " +
      "pulumi up again",
  );
}
