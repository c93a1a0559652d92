/** GET over TLS, and nothing else: bounded in time, size and redirects. */
import { request } from "node:https";
import type { IncomingHttpHeaders } from "node:http";
import { rootCertificates } from "node:tls";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const timeoutSeconds = 30;
/** The longest answer is an index with many platforms and attestations. */
const maxBytes = 16 * 1024 * 1024;

/**
 * @param ca further certificate authorities, PEM, beside the public ones
 * @throws Error where the address is not https, nobody answers, the certificate is not trusted, or the answer is too long
 */
export async function get(
  url: URL,
  headers: Readonly<Record<string, string>>,
  ca: string | undefined,
): Promise<Answer> {
  if (url.protocol !== "https:") throw new Error(`${url.href} is not https, and nothing is asked in clear`);
  return new Promise((resolve, reject) => {
    const options = {
      headers: { "User-Agent": "clawkeep-pins", ...headers },
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
      ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
    };
    const call = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on("data", (chunk: Buffer) => {
        length += chunk.length;
        if (length > maxBytes) call.destroy(new Error(`answers with more than ${maxBytes} bytes`));
        else chunks.push(chunk);
      });
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks),
        }),
      );
    });
    call.on("error", reject);
    call.end();
  });
}
