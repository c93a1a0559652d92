import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContext } from "node:tls";
import { issueCertificate } from "../../lib/ca";

/** Certificates of the edge, made when a name is first asked for. */
export class Certificates {
  private readonly contexts = new Map<string, Promise<SecureContext>>();

  /** @throws when the certificate cannot be made; the next visitor tries again. */
  async contextFor(name: string): Promise<SecureContext> {
    const existing = this.contexts.get(name);
    if (existing !== undefined) return existing;
    const made = this.issue(name);
    this.contexts.set(name, made);
    made.catch(() => this.contexts.delete(name));
    return made;
  }

  private async issue(name: string): Promise<SecureContext> {
    const pair = await issueCertificate(`edge-${name}`, [name]);
    return createSecureContext({ cert: await readFile(pair.cert), key: await readFile(pair.key) });
  }
}
