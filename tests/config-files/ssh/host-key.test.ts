import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { hostKeyFrom } from "../../../config-files/ssh/host-key";

const password = "correct horse battery staple, and forty-eight more";

it("gives the same key for ever: another derivation would lock everybody out of every server", () => {
  expect(hostKeyFrom(password).publicKey).toBe(
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBeRudEEFKu2+gw9AUKpjjz9dxtG9/kCT2QMY0Jl+UJN",
  );
});

it("is one key a password", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      const [a, b] = [hostKeyFrom(one), hostKeyFrom(other)];
      expect(a).toEqual(hostKeyFrom(one));
      expect(a.publicKey === b.publicKey).toBe(one === other);
      expect(a.privateKey === b.privateKey).toBe(one === other);
    }),
    { numRuns: 50 },
  );
});

describe("OpenSSH", () => {
  const directory = mkdtempSync(join(tmpdir(), "clawkeep-host-key-"));
  afterAll(() => rmSync(directory, { recursive: true }));

  it.each([password, "", "p", "ü€ \u0000 x".repeat(20)])(
    "reads the private key of %j and finds the same public key in it",
    (text) => {
      const { privateKey, publicKey } = hostKeyFrom(text);
      const file = join(directory, "key");
      writeFileSync(file, privateKey, { mode: 0o600 });
      const { stdout, stderr, status } = spawnSync("ssh-keygen", ["-y", "-P", "", "-f", file], {
        encoding: "utf8",
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout.split(" ").slice(0, 2).join(" ").trim()).toBe(publicKey);
    },
  );
});

it("the public half is a host key line as the configuration wants it, the private half an OpenSSH file", () => {
  const { publicKey, privateKey } = hostKeyFrom(password);
  expect(publicKey).toMatch(/^ssh-ed25519 AAAA[A-Za-z0-9+/=]+$/);
  expect(privateKey).toMatch(
    /^-----BEGIN OPENSSH PRIVATE KEY-----\n([A-Za-z0-9+/=]{1,70}\n)+-----END OPENSSH PRIVATE KEY-----\n$/,
  );
});
