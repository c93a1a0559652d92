/**
 * What whoever owns a host can do to its backups, with the host's own credentials, on the real storages: nothing goes, nothing
 * is changed for good. Each refusal is also seen not to come where the control is not there.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { bucketPolicy, restServerFlags } from "../../../config-files/backups/storage";
import { lockedBucket } from "../../../lab/backups/bucket";
import { backupProgram } from "../../../lab/backups/programs";
import { s3Request, type S3Account } from "../../../lab/backups/s3";
import { repoDir } from "../../../lab/lib/paths";
import { BackupWorld, newestSnapshot } from "./world";

// Go builds three programs the first time.
jest.setTimeout(900_000);

let world: BackupWorld;
beforeAll(async () => void (world = await BackupWorld.begin()));
afterAll(() => world.end());

/** A repository with one snapshot of a file. @returns its id */
function begin(repository: string, environment: Record<string, string>): string {
  writeFileSync(join(world.folder("data"), "memory"), "what was said");
  for (const words of [["init"], ["backup", "--host", "prod", "--tag", "stack=prod", "data"]]) {
    const { status, stderr } = world.run(repository, words, environment);
    if (status !== 0) throw new Error(stderr);
  }
  return newestSnapshot(world.run(repository, ["snapshots", "--json"], environment));
}

describe("restic's server", () => {
  const password = "a-password-of-32-characters-long";
  const environment = { RESTIC_REST_USERNAME: "prod", RESTIC_REST_PASSWORD: password };
  const digest = createHash("sha1").update(password).digest("base64");
  const authorization = `Basic ${Buffer.from(`prod:${password}`).toString("base64")}`;
  const ask = async (port: number, method: string, path: string, body?: string): Promise<number> =>
    (
      await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: { authorization },
        ...(body === undefined ? {} : { body }),
      })
    ).status;

  async function serve(flags: (directory: string) => string[]) {
    const folder = world.folder(`rest-${Math.random()}`);
    // Both users; nobody else.
    writeFileSync(join(folder, ".htpasswd"), `prod:{SHA}${digest}\nother:{SHA}${digest}\n`);
    const port = await world.serve("rest-server", (own) => [
      ...flags(folder),
      ...["--listen", `127.0.0.1:${own}`],
    ]);
    return { port, repository: `rest:http://127.0.0.1:${port}/prod/` };
  }

  test("a host adds, reads and unlocks, and neither deletes nor rewrites", async () => {
    const { port, repository } = await serve(restServerFlags);
    const id = begin(repository, environment);
    expect(world.run(repository, ["forget", "--prune", id], environment).status).not.toBe(0);
    expect(await ask(port, "DELETE", `/prod/snapshots/${id}`)).toBe(403);
    expect(await ask(port, "DELETE", "/prod/config")).toBe(403);
    // It knows no such request.
    expect(await ask(port, "DELETE", "/prod/")).toBe(405);
    // Neither another content under its name, nor a second configuration.
    expect(await ask(port, "POST", `/prod/snapshots/${id}`, "forged")).toBeGreaterThanOrEqual(400);
    expect(await ask(port, "POST", "/prod/config", "forged")).toBeGreaterThanOrEqual(400);
    expect(world.run(repository, ["check", "--read-data"], environment)).toMatchObject({ status: 0 });
    expect(world.run(repository, ["unlock", "--remove-all"], environment)).toMatchObject({ status: 0 });
    expect(newestSnapshot(world.run(repository, ["snapshots", "--json"], environment))).toBe(id);
  });

  test("a host sees nothing of another's, and nobody without a password sees anything", async () => {
    const { port } = await serve(restServerFlags);
    expect(await ask(port, "GET", "/other/config")).toBeGreaterThanOrEqual(401);
    expect((await fetch(`http://127.0.0.1:${port}/prod/config`)).status).toBe(401);
  });

  test("without --append-only the same snapshot goes", async () => {
    const { port, repository } = await serve((directory) =>
      restServerFlags(directory).filter((flag) => flag !== "--append-only"),
    );
    const id = begin(repository, environment);
    expect(await ask(port, "DELETE", `/prod/snapshots/${id}`)).toBe(200);
  });
});

describe("S3 with versions, object lock and the policy", () => {
  const owner = { accessKeyId: "owner", secretAccessKey: "secret-of-the-owner" };
  const host = { accessKeyId: "host", secretAccessKey: "secret-of-the-host" };
  const prune = { accessKeyId: "prune", secretAccessKey: "secret-of-the-prune" };
  const environment = { AWS_ACCESS_KEY_ID: host.accessKeyId, AWS_SECRET_ACCESS_KEY: host.secretAccessKey };
  const bucket = "backups";
  let endpoint: string;
  let repository: string;
  let snapshot: string;
  const as = (account: Omit<S3Account, "endpoint">): S3Account => ({ endpoint, ...account });

  beforeAll(async () => {
    const [data, versions, users] = ["s3", "s3-versions", "s3-users"].map((name) => world.folder(name));
    const port = await world.serve("versitygw", (own) => [
      ...["--access", owner.accessKeyId, "--secret", owner.secretAccessKey, "--port", `127.0.0.1:${own}`],
      ...["--iam-dir", users ?? "", "posix", "--versioning-dir", versions ?? "", data ?? ""],
    ]);
    endpoint = `http://127.0.0.1:${port}`;
    repository = `s3:${endpoint}/${bucket}/prod`;
    await lockedBucket({ owner: as(owner), bucket, folder: "prod", host, prune });
    snapshot = begin(repository, environment);
  });
  const key = (): string => `/${bucket}/prod/snapshots/${snapshot}`;

  test("a host's key deletes locks and nothing else", async () => {
    expect(world.run(repository, ["unlock", "--remove-all"], environment)).toMatchObject({ status: 0 });
    expect(await s3Request(as(host), "DELETE", key())).toMatchObject({ status: 403 });
    expect(world.run(repository, ["forget", "--prune", snapshot], environment).status).not.toBe(0);
    expect(newestSnapshot(world.run(repository, ["snapshots", "--json"], environment))).toBe(snapshot);
  });

  test.each<[string, string, string, Record<string, string>, string]>([
    ["the policy", "DELETE", `/${bucket}`, { policy: "" }, ""],
    [
      "the versions",
      "PUT",
      `/${bucket}`,
      { versioning: "" },
      "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>",
    ],
    ["the bucket", "DELETE", `/${bucket}`, {}, ""],
    ["another's folder", "PUT", `/${bucket}/other/x`, {}, "x"],
  ])("a host's key changes nothing of %s", async (_, method, path, query, body) => {
    expect(await s3Request(as(host), method, path, query, body)).toMatchObject({ status: 403 });
  });

  test("a prune stops where a host has overwritten a pack by another of its size, and goes on once it is mended", async () => {
    const programs = await Promise.all([backupProgram("restic"), backupProgram("rclone")]);
    const by = (account: typeof host): NodeJS.ProcessEnv => ({
      ...process.env,
      PATH: [...programs.map((path) => dirname(path)), process.env["PATH"]].join(delimiter),
      RESTIC_PASSWORD_FILE: join(world.home, "password"),
      RESTIC_CACHE_DIR: join(world.home, "cache-of-prunes"),
      ...{
        RCLONE_CONFIG_GW_TYPE: "s3",
        RCLONE_CONFIG_GW_PROVIDER: "Other",
        RCLONE_CONFIG_GW_ENDPOINT: endpoint,
      },
      RCLONE_CONFIG_GW_FORCE_PATH_STYLE: "true",
      RCLONE_CONFIG_GW_ACCESS_KEY_ID: account.accessKeyId,
      RCLONE_CONFIG_GW_SECRET_ACCESS_KEY: account.secretAccessKey,
      // A host's key makes no bucket, and may not ask for one either.
      RCLONE_S3_NO_CHECK_BUCKET: "true",
    });
    const rclone = (account: typeof host, words: readonly string[], input?: Buffer): Buffer => {
      const { status, stdout, stderr } = spawnSync("rclone", words, {
        env: by(account),
        ...(input === undefined ? {} : { input }),
      });
      if (status !== 0) throw new Error(stderr.toString());
      return stdout;
    };
    const pruned = (): { status: number | null; stderr: string } =>
      spawnSync(
        process.execPath,
        ["--import", "tsx", join("tools", "prune-backups.ts"), `gw:${bucket}/prod`],
        {
          ...{ encoding: "utf8", cwd: repoDir, env: by(prune) },
        },
      );
    expect(pruned()).toMatchObject({ status: 0, stderr: "" });
    const folder = `gw:${bucket}/prod/data`;
    const [pack = ""] = rclone(host, ["lsf", "-R", "--files-only", folder]).toString().split("\n");
    const good = rclone(host, ["cat", `${folder}/${pack}`]);
    const flipped = Buffer.from(good);
    flipped[100] = (flipped[100] ?? 0) ^ 1;
    rclone(host, ["rcat", "--size", String(good.length), `${folder}/${pack}`], flipped);
    expect(pruned()).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(`^1 files were overwritten, .* data/${pack} first`) as string,
    });
    rclone(host, ["rcat", "--size", String(good.length), `${folder}/${pack}`], good);
    expect(pruned()).toMatchObject({ status: 0, stderr: "" });
  });

  test("what a host overwrites is there in its earlier version, which nobody deletes, the owner neither", async () => {
    const before = await s3Request(as(prune), "GET", key());
    expect(before.version).not.toBeNull();
    expect((await s3Request(as(host), "PUT", key(), {}, "forged")).status).toBeLessThan(300);
    expect(await s3Request(as(host), "GET", key())).toMatchObject({ text: "forged" });
    const versionId = before.version ?? "";
    for (const account of [host, prune, owner])
      expect(await s3Request(as(account), "DELETE", key(), { versionId })).toMatchObject({ status: 403 });
    expect(await s3Request(as(prune), "GET", key(), { versionId })).toMatchObject({
      status: 200,
      version: versionId,
    });
  });

  test("what the key that prunes deletes is hidden, and not gone", async () => {
    const lock = `/${bucket}/prod/data/x`;
    const { version } = await s3Request(as(host), "PUT", lock, {}, "x");
    expect((await s3Request(as(prune), "DELETE", lock)).status).toBeLessThan(300);
    expect(await s3Request(as(host), "GET", lock)).toMatchObject({ status: 404 });
    const earlier = await s3Request(as(prune), "GET", lock, { versionId: version ?? "" });
    expect(earlier).toMatchObject({ status: 200, text: "x" });
  });

  test("without the policy's line for locks alone the same snapshot is deleted", async () => {
    const policy = bucketPolicy({ bucket, folder: "prod" }, [host.accessKeyId], prune.accessKeyId);
    const wide = JSON.stringify(policy).replace("/prod/locks/*", "/prod/*");
    expect((await s3Request(as(owner), "PUT", `/${bucket}`, { policy: "" }, wide)).status).toBeLessThan(300);
    expect((await s3Request(as(host), "DELETE", key())).status).toBeLessThan(300);
  });
});
