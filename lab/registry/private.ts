/**
 * A registry that gives nothing to anybody without a login, as a company's is: the same software as the lab's own, with a
 * file of htpasswd. What is in it goes with it.
 */
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { labBaseRef } from "../images/lab-base";
import { docker, labLabel } from "../lib/docker";
import { attempt, run } from "../lib/exec";
import { withScratch } from "../lib/scratch";

/** Who may pull and push there. No secret: it stands on loopback, for the time of a test. */
export const keeper = { user: "keeper", password: "dckr_pat_word" } as const;
/** That password by bcrypt, the only form that the registry takes. */
const htpasswd = `${keeper.user}:$2b$04$ldAwEB6CSMVIzq3n1Kn5rO8wU99r83izO.yYuARjEAaVEHGBSR.6a\n`;
export const basicLogin = `Basic ${Buffer.from(`${keeper.user}:${keeper.password}`).toString("base64")}`;

export class PrivateRegistry {
  private readonly container = `clawkeep-registry-private-${process.pid}`;
  private port = 0;

  /** What stands before the first / of its images. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.port = await freePort();
    await docker([
      ...["create", "--name", this.container, "--label", labLabel, "--network", "host"],
      ...["--tmpfs", "/var/lib/registry", "--env", `REGISTRY_HTTP_ADDR=${this.address}`],
      ...["--volume", `${join(__dirname, "private.yml")}:/config.yml:ro`],
      ...[await labBaseRef(), "docker-registry", "serve", "/config.yml"],
    ]);
    await withScratch(async (scratch) => {
      await writeFile(join(scratch, "htpasswd"), htpasswd);
      await docker(["cp", join(scratch, "htpasswd"), `${this.container}:/htpasswd`]);
    });
    await docker(["start", this.container]);
    const deadline = Date.now() + 30_000;
    // It is there once it refuses.
    while ((await this.answer()) !== 401) {
      if (Date.now() > deadline)
        throw new Error(`no 401 from ${this.address}: see docker logs ${this.container}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async stop(): Promise<void> {
    await attempt("docker", ["rm", "--force", "--volumes", this.container]);
  }

  /**
   * Puts an image there that is nowhere else: whoever has it afterwards has pulled it from here. Not even a layer or a
   * manifest of it is left on the engine that has built it.
   * @returns repository and tag, to be put behind the address that it is pulled from
   */
  async publishUnique(): Promise<string> {
    const image = `lab/unique:${randomBytes(8).toString("hex")}`;
    await withScratch(async (scratch) => {
      await writeFile(join(scratch, "word"), randomBytes(64));
      await writeFile(join(scratch, "Dockerfile"), "FROM scratch\nCOPY word /word\n");
      const archive = join(scratch, "image.tar");
      await docker(["build", "--quiet", "--tag", image, scratch]);
      await docker(["save", "--output", archive, image]);
      await docker(["image", "rm", "--force", image]);
      await run("skopeo", [
        ...["--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false"],
        ...["--dest-creds", `${keeper.user}:${keeper.password}`],
        ...[`docker-archive:${archive}`, `docker://${this.address}/${image}`],
      ]);
    });
    return image;
  }

  private answer = (): Promise<number> =>
    fetch(`http://${this.address}/v2/`).then(
      ({ status }) => status,
      () => 0,
    );
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
