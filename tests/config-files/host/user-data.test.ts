import fc from "fast-check";
import { parse } from "yaml";
import { userData } from "../../../config-files/host/user-data";
import { hostKeyFrom } from "../../../config-files/ssh/host-key";

interface CloudConfig {
  readonly ssh_keys: { readonly ed25519_private: string; readonly ed25519_public: string };
  readonly ssh_deletekeys: boolean;
  readonly ssh_pwauth: boolean;
  readonly disable_root: boolean;
  readonly write_files: readonly {
    readonly path: string;
    readonly permissions: string;
    readonly content: string;
  }[];
  readonly runcmd: readonly unknown[];
}
const read = (text: string): CloudConfig => parse(text) as CloudConfig;

it("is a cloud-config that YAML reads back to the very key, whatever the password and port", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.integer({ min: 1, max: 65535 }), (password, port) => {
      const key = hostKeyFrom(password);
      const text = userData(key, port);
      expect(text.startsWith("#cloud-config\n")).toBe(true);
      // Hetzner's limit.
      expect(Buffer.byteLength(text)).toBeLessThan(32 * 1024);
      const document = read(text);
      expect(document.ssh_keys).toEqual({ ed25519_private: key.privateKey, ed25519_public: key.publicKey });
      expect(document.write_files[0]?.content).toContain(`Port ${port}\n`);
    }),
    { numRuns: 30 },
  );
});

it("leaves one host key, the one that is pinned", () => {
  const document = read(userData(hostKeyFrom("p"), 9922));
  expect(document.ssh_deletekeys).toBe(true);
  // Where keys are given cloud-init makes up no others, and an empty list of kinds is against its schema.
  expect(document).not.toHaveProperty("ssh_genkeytypes");
});

it("lets root in by key only", () => {
  const { disable_root, ssh_pwauth, write_files } = read(userData(hostKeyFrom("p"), 9922));
  expect([disable_root, ssh_pwauth]).toEqual([false, false]);
  const [file] = write_files;
  // sshd keeps the first value that it reads, and files are read in the order of their names.
  expect(file).toMatchObject({ path: "/etc/ssh/sshd_config.d/00-clawkeep.conf", permissions: "0600" });
  expect(file?.content.split("\n")).toEqual(
    expect.arrayContaining([
      "PermitRootLogin prohibit-password",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
    ]),
  );
});

it("takes the socket away that ignores sshd's port, before sshd is restarted", () => {
  const steps = read(userData(hostKeyFrom("p"), 9922)).runcmd.map((step) => JSON.stringify(step));
  const [socket, restart] = ["disable --now ssh.socket", '"restart","ssh.service"'].map((part) =>
    steps.findIndex((step) => step.includes(part)),
  );
  expect(socket).toBeGreaterThanOrEqual(0);
  expect(restart).toBeGreaterThan(socket ?? 0);
});
