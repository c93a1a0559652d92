/** Debian's archive on the small internet, before a mirror that is up to date, one that is not, and none. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addresses } from "../../../lab/internet/addresses";
import { debianCertificate, upDebian } from "../../../lab/internet/debian/debian";
import { attempt } from "../../../lab/lib/exec";
import { cacheDir } from "../../../lab/lib/paths";

jest.setTimeout(180_000);
const cache = mkdtempSync(join(tmpdir(), "clawkeep-debian-"));

const expired = createServer((request, response) =>
  response.end("Date: Thu, 05 Nov 2026 21:03:36 UTC\nValid-Until: Thu, 12 Nov 2026 21:03:36 UTC\n"),
);
const at = (port: number) => ({
  cache,
  mirrors: {
    debian: `http://127.0.0.1:${port}/debian`,
    security: `http://127.0.0.1:${port}/debian-security`,
  },
});

// Restored for whoever needs the archive next.
afterAll(async () => {
  expired.close();
  await upDebian();
  rmSync(cache, { recursive: true, force: true });
});

test("a mirror that is out of date ends it with one sentence, and so does one that does not answer", async () => {
  await new Promise<void>((resolve) => expired.listen(0, "127.0.0.1", resolve));
  const { port } = expired.address() as AddressInfo;
  await expect(upDebian(at(port))).rejects.toThrow(
    /^the Debian mirror that .* is stale: .* expired on 2026-11-12/,
  );
  expired.close();
  rmSync(join(cache, "debian"), { recursive: true, force: true });
  await expect(upDebian(at(port))).rejects.toThrow(/^the Debian mirror that .* does not serve trixie: /);
});

test("it answers for the names in a server's sources, encrypted and plain, and keeps what it served", async () => {
  await upDebian();
  const { cert } = await debianCertificate();
  for (const url of ["https://deb.debian.org", "http://deb.debian.org", "https://security.debian.org"]) {
    const port = url.startsWith("https") ? 443 : 80;
    const name = new URL(url).host;
    const answer = await attempt("curl", [
      ...["-sS", "--fail", "--cacert", cert, "--resolve", `${name}:${port}:${addresses.admin}`],
      `${url}/debian-security/dists/trixie-security/InRelease`,
    ]);
    expect(answer).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Label: Debian-Security$/m) });
  }
  expect(existsSync(join(cacheDir(), "debian/debian-security/dists/trixie-security/InRelease"))).toBe(true);
});
