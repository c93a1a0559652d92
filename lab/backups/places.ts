/**
 * Other places for backups than restic's own server, each in its stead at the same public name: an S3 storage, and a machine that
 * is reached by SSH. As an operator would make them (docs/backups.md), with real software; they keep nothing when they go.
 */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { authorizedKeysLine } from "../../config-files/backups/storage";
import { addresses, network, storageName } from "../internet/addresses";
import { ensureContainer, removeContainer } from "../internet/containers";
import { labBaseRef } from "../images/lab-base";
import { issueCertificate } from "../lib/ca";
import { docker } from "../lib/docker";
import { run } from "../lib/exec";
import { freePort } from "../lib/free-port";
import { labDir } from "../lib/paths";
import { standInImage } from "../vps/image";
import { lockedBucket } from "./bucket";
import { backupProgram } from "./programs";
import { listens, storageContainer } from "./storage";

const placeContainer = "clawkeep-storage-place";

/** What a stack file has for such a place. */
export interface Place {
  /** `clawkeep:backups`, without its times. */
  readonly settings: Readonly<Record<string, string>>;
  /** Secrets by their keys behind `clawkeep:`. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Directory of the repository, as the machine's owner sees it. */
  readonly repository: string;
}
export type PlaceKind = "s3" | "ssh";

/** Runs `work` while the place is there, in the stead of restic's server, which comes back afterwards. */
export async function withPlace(kind: PlaceKind, work: (place: Place) => Promise<void>): Promise<void> {
  const folder = join(labDir(), "places", kind);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await docker(["stop", "--time", "5", storageContainer]);
  try {
    const place = await (kind === "s3" ? s3(folder) : ssh(folder));
    await work(place);
  } finally {
    await removeContainer(placeContainer);
    await docker(["start", storageContainer]);
    await listens(443);
    rmSync(folder, { recursive: true, force: true });
  }
}

const uid = (): number => process.getuid?.() ?? 0;
const gid = (): number => process.getgid?.() ?? 0;
const atItsAddress = ["--network", network.name, "--ip", addresses.storage];

const owner = { accessKeyId: "owner", secretAccessKey: "secret-of-the-owner" };
const host = { accessKeyId: "host-of-prod", secretAccessKey: "secret-of-the-host" };
const prune = { accessKeyId: "prune", secretAccessKey: "secret-of-the-prune" };

async function s3(folder: string): Promise<Place> {
  const program = await backupProgram("versitygw");
  const places = ["data", "versions", "users"];
  for (const place of places) mkdirSync(join(folder, place));
  const words = (below: string, ...listen: string[]): string[] => [
    ...["--access", owner.accessKeyId, "--secret", owner.secretAccessKey, ...listen],
    ...["--iam-dir", `${below}/users`, "posix", "--versioning-dir", `${below}/versions`, `${below}/data`],
  ];
  const port = await freePort();
  const server = spawn(program, words(folder, "--port", `127.0.0.1:${port}`), { stdio: "ignore" });
  try {
    await listens(port, "127.0.0.1");
    const endpoint = `http://127.0.0.1:${port}`;
    await lockedBucket({ owner: { endpoint, ...owner }, bucket: "backups", folder: "prod", host, prune });
  } finally {
    server.kill();
  }
  const tls = await issueCertificate("storage", [storageName]);
  await ensureContainer({
    name: placeContainer,
    image: await labBaseRef(),
    flags: [
      ...atItsAddress,
      ...["--user", `${uid()}:${gid()}`, "--volume", `${program}:/app/versitygw:ro`],
      ...["--volume", `${dirname(tls.cert)}:/tls:ro`, "--volume", `${folder}:/storage`],
    ],
    command: [
      "/app/versitygw",
      ...words("/storage", "--port", ":443", "--cert", "/tls/cert.pem", "--key", "/tls/key.pem"),
    ],
    inputs: [],
  });
  await listens(443);
  return {
    settings: { repository: `s3:https://${storageName}/backups/prod`, region: "us-east-1" },
    secrets: { backupAccessKeyId: host.accessKeyId, backupSecretAccessKey: host.secretAccessKey },
    repository: join(folder, "data", "backups", "prod"),
  };
}

/** The only user of the machine, who owns the files as whose lab it is. */
const user = "store";
const sshPort = 23;
/** sshd asks for a user with a shell and a password that is not locked; nobody knows one. */
const sshdStart = `set -e
useradd --non-unique --uid "$1" --no-create-home --home-dir /storage --shell /bin/sh --password '*' ${user}
install -d -m 0755 /run/sshd
exec /usr/sbin/sshd -D -e -p ${sshPort} -h /keys/host -o AuthorizedKeysFile=/keys/authorized_keys -o StrictModes=no \\
  -o UsePAM=no -o PasswordAuthentication=no -o PermitRootLogin=forced-commands-only`;

async function ssh(folder: string): Promise<Place> {
  const program = await backupProgram("rclone");
  const keys = join(folder, "keys");
  mkdirSync(keys);
  mkdirSync(join(folder, "data"));
  for (const name of ["host", "key"])
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(keys, name)]);
  const line = (name: string): string => readFileSync(join(keys, `${name}.pub`), "utf8").trim();
  writeFileSync(join(keys, "authorized_keys"), authorizedKeysLine(line("key"), "/storage/data"));
  const key = readFileSync(join(keys, "key"), "utf8");
  // The machine has no use for it.
  rmSync(join(keys, "key"));
  chmodSync(keys, 0o755);
  await ensureContainer({
    name: placeContainer,
    image: await standInImage(),
    flags: [
      ...atItsAddress,
      ...["--entrypoint", "/bin/sh", "--volume", `${program}:/usr/local/bin/rclone:ro`],
      ...["--volume", `${keys}:/keys:ro`, "--volume", `${folder}:/storage`],
    ],
    command: ["-c", sshdStart, "sshd", String(uid())],
    inputs: [line("host"), line("key")],
  });
  await listens(sshPort);
  return {
    settings: {
      repository: `ssh://${user}@${storageName}:${sshPort}`,
      hostKey: line("host").split(" ").slice(0, 2).join(" "),
    },
    secrets: { backupSshKey: key },
    repository: join(folder, "data"),
  };
}
