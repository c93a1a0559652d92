/**
 * The lab's place for backups: restic's own server, behind a public name of the small internet, as an operator would run it:
 * with TLS, one user, and no right to delete. What it holds is a directory of the lab, which its owner may prune.
 */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { restServerFlags } from "../../config-files/backups/storage";
import { addresses, network, storageName } from "../internet/addresses";
import { ensureContainer } from "../internet/containers";
import { labBaseRef } from "../images/lab-base";
import { issueCertificate } from "../lib/ca";
import { ensureNetwork } from "../lib/network";
import { labDir } from "../lib/paths";
import { backupProgram } from "./programs";

export const storageContainer = "clawkeep-storage";

/** The only user of the server: it sees what is below its own name. */
const user = "clawkeep";

/** What a stack file of the lab has as `clawkeep:backups.repository`: one for both stacks of the pair. */
export const labRepository = `rest:https://${user}@${storageName}/${user}/`;

/** The same repository as its owner sees it, who may delete. */
export const storageDirectory = (): string => join(labDir(), "backups");
export const ownersRepository = (): string => join(storageDirectory(), user);

/**
 * Sees that it runs as described: left alone where it does.
 * @param password of its user
 */
export async function upStorage(password: string): Promise<void> {
  await ensureNetwork();
  const program = await backupProgram("rest-server");
  const tls = await issueCertificate("storage", [storageName]);
  const digest = createHash("sha1").update(password).digest("base64");
  mkdirSync(storageDirectory(), { recursive: true, mode: 0o700 });
  mkdirSync(join(labDir(), "logs"), { recursive: true });
  writeFileSync(join(storageDirectory(), ".htpasswd"), `${user}:{SHA}${digest}\n`, { mode: 0o600 });
  await ensureContainer({
    name: storageContainer,
    image: await labBaseRef(),
    flags: [
      ...["--network", network.name, "--ip", addresses.storage],
      // The files of the lab are whose lab it is.
      ...["--user", `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`],
      ...["--volume", `${program}:/app/rest-server:ro`, "--volume", `${dirname(tls.cert)}:/tls:ro`],
      ...["--volume", `${storageDirectory()}:/data`, "--volume", `${join(labDir(), "logs")}:/logs`],
    ],
    command: [
      ...["/app/rest-server", ...restServerFlags("/data"), "--listen", ":443", "--log", "/logs/storage.log"],
      ...["--tls", "--tls-cert", "/tls/cert.pem", "--tls-key", "/tls/key.pem"],
    ],
    // It reads who may come in when it starts.
    inputs: [digest],
  });
  await listens(443);
}

/** Waits until somebody listens. @throws Error where nobody does in half a minute */
export async function listens(port: number, host: string = addresses.storage): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect({ host, port, timeout: 500 });
      socket.once("connect", () => (socket.destroy(), resolve(true)));
      socket.once("error", () => resolve(false));
      socket.once("timeout", () => (socket.destroy(), resolve(false)));
    });
    if (open) return;
    if (Date.now() > deadline)
      throw new Error(`nobody answers at ${host}, port ${port}; look at: docker logs ${storageContainer}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
