import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./exec";
import { cacheDir, labDir } from "./paths";

/** PEM files of a key pair. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

const caDays = 3650;
const leafDays = 825;

/** openssl's arguments for a new key pair and its certificate. */
const newCertificate = (days: number): string[] => [
  ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"],
  ...["-days", String(days)],
];

/**
 * The lab's certificate authority, made once per lab (ECDSA P-256). It plays the public CAs: stand-ins trust it,
 * every server of the small internet has its certificate from it.
 */
export async function ensureCa(): Promise<KeyPair> {
  const dir = join(labDir(), "ca");
  const pair = { cert: join(dir, "ca.pem"), key: join(dir, "ca.key") };
  if (existsSync(pair.cert) && existsSync(pair.key)) return pair;
  await makeDirAtOnce(dir, async (draft) => {
    await run("openssl", [
      ...newCertificate(caDays),
      ...["-subj", "/O=Clawkeep lab/CN=Clawkeep lab public CA"],
      ...["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"],
      ...["-keyout", join(draft, "ca.key"), "-out", join(draft, "ca.pem")],
    ]);
  });
  return pair;
}

/**
 * A server certificate for `names` (DNS names or IPv4 addresses), by the lab's CA, with the CA appended.
 * Made once; asked again with other names or under another CA it is made anew.
 */
export async function issueCertificate(label: string, names: readonly string[]): Promise<KeyPair> {
  const ca = await ensureCa();
  const key = createHash("sha256")
    .update(await readFile(ca.cert))
    .update(JSON.stringify(names))
    .digest("hex");
  const dir = join(labDir(), "certificates", `${label}-${key.slice(0, 12)}`);
  const pair = { cert: join(dir, "cert.pem"), key: join(dir, "key.pem") };
  if (existsSync(pair.cert) && existsSync(pair.key)) return pair;
  await makeDirAtOnce(dir, async (draft) => {
    const alternatives = names
      .map((name) => (/^[\d.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`))
      .join(",");
    await run("openssl", [
      ...newCertificate(leafDays),
      ...["-CA", ca.cert, "-CAkey", ca.key, "-subj", `/CN=${names[0] ?? label}`],
      ...["-addext", `subjectAltName=${alternatives}`, "-addext", "basicConstraints=critical,CA:FALSE"],
      ...["-addext", "extendedKeyUsage=serverAuth,clientAuth"],
      ...["-keyout", join(draft, "key.pem"), "-out", join(draft, "leaf.pem")],
    ]);
    const chain = (await readFile(join(draft, "leaf.pem"), "utf8")) + (await readFile(ca.cert, "utf8"));
    await writeFile(join(draft, "cert.pem"), chain);
  });
  return pair;
}

/**
 * A certificate that is its own authority, in the cache: for what every checkout's lab shares, whichever has the machine.
 * Stand-ins trust it besides the lab's CA.
 */
export async function sharedCertificate(label: string, names: readonly string[]): Promise<KeyPair> {
  const dir = join(cacheDir(), "certificates", label);
  const pair = { cert: join(dir, "cert.pem"), key: join(dir, "key.pem") };
  if (existsSync(pair.cert) && existsSync(pair.key)) return pair;
  await makeDirAtOnce(dir, async (draft) => {
    await run("openssl", [
      ...newCertificate(caDays),
      ...["-subj", `/O=Clawkeep lab/CN=${names[0] ?? label}`, "-addext", "basicConstraints=critical,CA:TRUE"],
      ...["-addext", `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}`],
      ...["-keyout", join(draft, "key.pem"), "-out", join(draft, "cert.pem")],
    ]);
  });
  return pair;
}

// Two lab processes may want the same files at the same moment: whoever renames first wins, both see whole files.
async function makeDirAtOnce(dir: string, fill: (draft: string) => Promise<void>): Promise<void> {
  await mkdir(join(dir, ".."), { recursive: true });
  const draft = await mkdtemp(`${dir}.draft-`);
  try {
    await fill(draft);
    await rename(draft, dir).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
