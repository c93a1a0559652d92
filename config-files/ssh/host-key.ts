/**
 * An SSH host key derived from a random password, so that it is known before the server exists: the server gets it
 * with its user data and every connection, the first included, is checked against it.
 */
import { createHash, createPrivateKey, createPublicKey } from "node:crypto";

export interface HostKey {
  /** `ssh-ed25519 AAAA…`, as in known_hosts without the name. */
  readonly publicKey: string;
  /** OpenSSH private key file. */
  readonly privateKey: string;
}

const keyType = "ssh-ed25519";
/** DER header of an ed25519 private key in PKCS #8 (RFC 8410); 32 bytes of seed follow. */
const pkcs8Header = Buffer.from("302e020100300506032b657004220420", "hex");

/** The same password always gives the same key. `password` needs at least 128 bits of randomness. */
export function hostKeyFrom(password: string): HostKey {
  const seed = createHash("sha256").update("clawkeep ssh host key\0").update(password).digest();
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Header, seed]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  const publicBytes = spki.subarray(spki.length - 32);
  const publicBlob = Buffer.concat([sshString(keyType), sshString(publicBytes)]);
  return {
    publicKey: `${keyType} ${publicBlob.toString("base64")}`,
    privateKey: openSshPrivateKey(seed, publicBytes, publicBlob),
  };
}

/** The OpenSSH key format (openssh PROTOCOL.key), unencrypted. */
function openSshPrivateKey(seed: Buffer, publicBytes: Buffer, publicBlob: Buffer): string {
  // Both numbers must be equal, they tell a wrong passphrase; there is none, so any fixed value serves.
  const check = uint32(createHash("sha256").update(publicBlob).digest().readUInt32BE());
  const fields = Buffer.concat([
    check,
    check,
    sshString(keyType),
    sshString(publicBytes),
    sshString(Buffer.concat([seed, publicBytes])),
    sshString("host key"),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (fields.length % 8)) % 8 }, (_, index) => index + 1));
  const body = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    sshString("none"),
    sshString("none"),
    sshString(""),
    uint32(1),
    sshString(publicBlob),
    sshString(Buffer.concat([fields, padding])),
  ]);
  const lines = body.toString("base64").match(/.{1,70}/g) ?? [];
  return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join(
    "\n",
  );
}

function sshString(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
