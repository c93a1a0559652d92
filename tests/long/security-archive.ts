/** An archive of one package that is signed, and called as Debian's own security archive is. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../lab/lib/exec";

/** Where it has to lie on the host, by its own source list. */
export const archiveFolder = "/srv/archive";

/**
 * A tar, base64, of `lab-update` 1 (its .deb lies beside), 2, and the archive that brings 2 alone, with its key. Version 2
 * asks for a reboot, as a kernel does.
 */
export async function securityArchive(): Promise<string> {
  const work = await mkdtemp(join(tmpdir(), "clawkeep-archive-"));
  try {
    const [archive, home] = [join(work, "archive"), join(work, "gpg")];
    await mkdir(archive);
    await mkdir(home, { mode: 0o700 });
    await pack(work, "1", ":");
    await run("mv", [join(work, "lab-update_1.deb"), join(archive, "installed.deb")]);
    await pack(work, "2", "echo lab-update >>/run/reboot-required.pkgs; touch /run/reboot-required");
    await run("mv", [join(work, "lab-update_2.deb"), archive]);
    await index(archive);
    const gpg = (...args: string[]): Promise<string> =>
      run("gpg", ["--homedir", home, "--batch", "--quiet", "--passphrase", "", ...args]);
    await gpg("--quick-generate-key", "security@archive.example", "ed25519", "sign", "never");
    await gpg("--output", join(archive, "key.gpg"), "--export");
    await gpg("--output", join(archive, "InRelease"), "--clearsign", join(archive, "Release"));
    await run("gpgconf", ["--homedir", home, "--kill", "all"]);
    await writeFile(
      join(archive, "archive.list"),
      `deb [signed-by=${archiveFolder}/key.gpg] file:${archiveFolder} ./\n`,
    );
    await run("tar", ["-C", archive, "--owner=0", "--group=0", "-cf", join(work, "archive.tar"), "."]);
    return (await readFile(join(work, "archive.tar"))).toString("base64");
  } finally {
    await rm(work, { recursive: true });
  }
}

const control = (version: string): string =>
  `Package: lab-update\nVersion: ${version}\nArchitecture: all\nMaintainer: nobody <nobody@archive.example>\nDescription: a package\n`;

async function pack(work: string, version: string, afterwards: string): Promise<void> {
  const tree = join(work, `tree-${version}`);
  await mkdir(join(tree, "DEBIAN"), { recursive: true });
  await writeFile(join(tree, "DEBIAN", "control"), control(version));
  await writeFile(join(tree, "DEBIAN", "postinst"), `#!/bin/sh\n${afterwards}\n`, { mode: 0o755 });
  await run("dpkg-deb", [
    "--root-owner-group",
    "-Zxz",
    "--build",
    tree,
    join(work, `lab-update_${version}.deb`),
  ]);
}

async function index(archive: string): Promise<void> {
  const file = "lab-update_2.deb";
  const hash = async (name: string): Promise<string> =>
    createHash("sha256")
      .update(await readFile(join(archive, name)))
      .digest("hex");
  const size = async (name: string): Promise<number> => (await stat(join(archive, name))).size;
  await writeFile(
    join(archive, "Packages"),
    `${control("2")}Filename: ./${file}\nSize: ${await size(file)}\nSHA256: ${await hash(file)}\n`,
  );
  const names = "Origin: Debian\nLabel: Debian-Security\nSuite: stable-security\nCodename: trixie-security";
  await writeFile(
    join(archive, "Release"),
    `${names}\nArchitectures: all amd64\nDate: ${new Date().toUTCString()}\nSHA256:\n ${await hash("Packages")} ${await size("Packages")} Packages\n`,
  );
}
