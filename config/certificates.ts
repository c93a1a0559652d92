/** What can be told of PEM certificates and keys before anything is deployed. Messages quote no key. */
import { createPrivateKey, X509Certificate } from "node:crypto";

const block = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** True of PEM whose lines have become one: YAML folds them where the value is not a block (`|`). */
const folded = (text: string): boolean => /-----BEGIN [A-Z ]+-----[^\r\n]+/.test(text);
const foldedMessage = "has lost its line breaks, so nothing reads it: set it from its file";

/** Why the text is no sequence of certificates; undefined where it is one. */
export function certificatesProblem(text: string): string | undefined {
  const blocks = text.match(block) ?? [];
  if (blocks.length === 0 || text.split("-----BEGIN ").length - 1 !== blocks.length)
    return "is not a PEM certificate";
  if (folded(text)) return foldedMessage;
  const wrong = blocks.findIndex((pem) => parse(pem) === undefined);
  if (wrong < 0) return undefined;
  return blocks.length === 1
    ? "is not a PEM certificate: what is between its lines is none"
    : `is not all certificates: number ${wrong + 1} of ${blocks.length} is none`;
}

/** Why a server of that name cannot show this certificate, the first of a chain. @param now milliseconds */
export function serverCertificateProblem(
  text: string,
  hostname: string,
  now = Date.now(),
): string | undefined {
  const certificate = parse(text);
  if (certificate === undefined) return undefined;
  if (certificate.checkHost(hostname) === undefined)
    return `is for ${certificate.subjectAltName ?? certificate.subject}, not for ${hostname}`;
  if (Date.parse(certificate.validTo) <= now) return `expired on ${certificate.validTo}`;
  return undefined;
}

/** Why this is not the private key of that certificate; without one, why it is no private key. */
export function privateKeyProblem(text: string, certificate: string | undefined): string | undefined {
  if (folded(text)) return foldedMessage;
  try {
    const key = createPrivateKey(text);
    const other = certificate === undefined ? undefined : parse(certificate);
    return other === undefined || other.checkPrivateKey(key)
      ? undefined
      : "is the private key of another certificate than originCertificate";
  } catch {
    return "is not a private key that can be read";
  }
}

function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
