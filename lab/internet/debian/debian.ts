/** Debian's archive on the small internet: approx, a caching proxy, before the mirror that this machine's apt names. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { debianMirrors, type DebianMirrors } from "../../images/debian";
import { labBaseRef } from "../../images/lab-base";
import { sharedCertificate, type KeyPair } from "../../lib/ca";
import { attempt } from "../../lib/exec";
import { ensureNetwork } from "../../lib/network";
import { cacheDir } from "../../lib/paths";
import { addresses, debianNames } from "../addresses";
import { ensureContainer } from "../containers";
import { releaseProblem, served } from "./release";

export const debianContainer = "clawkeep-debian";

/** Its certificate, which every server trusts; the machine's, as the container is, and no single lab's. */
export const debianCertificate = (): Promise<KeyPair> => sharedCertificate("debian", debianNames);

const config = (mirrors: DebianMirrors): string =>
  [
    `debian ${mirrors.debian}`,
    `debian-security ${mirrors.security}`,
    "$cache /cache",
    "$user root",
    "$group root",
    // What is in the cache serves on when the mirror does not answer; whether it is too old is judged below.
    "$offline true",
    "",
  ].join("\n");

// approx answers one connection on its standard input. The files of a package are the same by either way.
const serve = (address: string): string =>
  [
    `socat TCP-LISTEN:80,bind=${address},fork,reuseaddr EXEC:'approx -c /etc/approx/approx.conf',nofork &`,
    `exec socat OPENSSL-LISTEN:443,bind=${address},fork,reuseaddr,cert=/tls/cert.pem,key=/tls/key.pem,verify=0 TCP:${address}:80`,
  ].join("\n");

interface DebianSource {
  readonly mirrors?: DebianMirrors;
  readonly cache?: string;
}

/**
 * Starts it on the outer machine's own network (the mirror is reached by that) at the bridge's address. Packages lie in
 * the cache, so the next server gets them from there.
 * @param from this machine's own mirror, unless a test has another; `cache`: where what it has served is kept
 * @throws Error when apt on a server could not work: no mirror, one that does not answer, or an archive out of date
 */
export async function upDebian(from: DebianSource = {}): Promise<void> {
  await ensureNetwork();
  const image = await labBaseRef();
  const tls = await debianCertificate();
  const cache = from.cache ?? join(cacheDir(), "debian");
  mkdirSync(cache, { recursive: true });
  const file = `${cache}.conf`;
  const content = config(from.mirrors ?? (await debianMirrors()));
  writeFileSync(file, content, { mode: 0o600 });
  await ensureContainer({
    name: debianContainer,
    image,
    flags: [
      ...[
        "--network",
        "host",
        "--volume",
        `${cache}:/cache`,
        "--volume",
        `${file}:/etc/approx/approx.conf:ro`,
      ],
      ...["--volume", `${dirname(tls.cert)}:/tls:ro`, ...(await machineSettings())],
    ],
    command: ["sh", "-ec", serve(addresses.admin)],
    inputs: [content],
  });
  await mustServe();
}

// An https mirror's CA, and the proxy that this machine's apt goes by.
async function machineSettings(): Promise<string[]> {
  const asked = await attempt("apt-config", ["shell", "PROXY", "Acquire::http::Proxy"]);
  const proxy = /^PROXY='(.+)'$/m.exec(asked.stdout)?.[1];
  const flags = ["--volume", "/etc/ssl/certs/ca-certificates.crt:/etc/ssl/certs/ca-certificates.crt:ro"];
  return proxy === undefined || proxy === "DIRECT" ? flags : [...flags, "--env", `http_proxy=${proxy}`];
}

async function mustServe(): Promise<void> {
  const now = new Date();
  for (const suite of served) {
    const problem = releaseProblem(suite.name, await release(suite), now);
    if (problem !== undefined) throw new Error(problem);
  }
}

async function release({ archive, name }: (typeof served)[number]): Promise<string | undefined> {
  const url = `http://${addresses.admin}/${archive}/dists/${name}/InRelease`;
  const deadline = Date.now() + 15_000;
  for (;;) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(60_000) }).catch(() => undefined);
    if (answer !== undefined) return answer.ok ? answer.text() : undefined;
    if (Date.now() > deadline) throw new Error(`no answer from ${url}: see docker logs ${debianContainer}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
