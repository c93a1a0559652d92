/** A bucket that somebody has harmed by a host's key, and the commands of docs/backups.md that bring back what was there. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { backupProgram } from "../../../lab/backups/programs";
import { BackupWorld, newestSnapshot } from "./world";

// Go builds three programs the first time.
jest.setTimeout(1_800_000);

const root = join(__dirname, "../../..");
let world: BackupWorld;
beforeAll(async () => void (world = await BackupWorld.begin()));
afterAll(() => world.end());

test("what was overwritten or deleted comes back by its versions, what was forged is named, and the snapshot restores", async () => {
  const owner = { AWS_ACCESS_KEY_ID: "owner", AWS_SECRET_ACCESS_KEY: "secret-of-the-owner" };
  const [data, versions, users, source] = ["data", "versions", "users", "source"].map((name) =>
    world.folder(name),
  );
  const port = await world.serve("versitygw", (own) => [
    ...["--access", "owner", "--secret", owner.AWS_SECRET_ACCESS_KEY, "--port", `127.0.0.1:${own}`],
    ...["--iam-dir", users ?? "", "posix", "--versioning-dir", versions ?? "", data ?? ""],
  ]);
  const configuration = join(world.home, "rclone.conf");
  writeFileSync(
    configuration,
    `[gw]\ntype = s3\nprovider = Other\nforce_path_style = true\nendpoint = http://127.0.0.1:${port}\naccess_key_id = owner\nsecret_access_key = ${owner.AWS_SECRET_ACCESS_KEY}\n`,
  );
  const program = await backupProgram("rclone");
  const rclone = (...words: string[]): string => {
    const { status, stdout, stderr } = spawnSync(
      program,
      ["--config", configuration, "--retries", "1", ...words],
      {
        encoding: "utf8",
        timeout: 120_000,
        cwd: world.home,
      },
    );
    if (status !== 0) throw new Error(`rclone ${words[0] ?? ""}: ${stderr}`);
    return stdout;
  };
  rclone("mkdir", "gw:backups");
  rclone("backend", "versioning", "gw:backups", "Enabled");
  const repository = `s3:http://127.0.0.1:${port}/backups/prod`;
  writeFileSync(join(source ?? "", "memory"), "what was said");
  for (const words of [["init"], ["backup", source ?? ""]])
    expect(world.run(repository, words, owner)).toMatchObject({ status: 0 });
  const id = newestSnapshot(world.run(repository, ["snapshots", "--json"], owner));
  const [pack = ""] = rclone("lsf", "-R", "--files-only", "gw:backups/prod/data").split("\n");
  writeFileSync(join(world.home, "forged"), "forged");
  rclone("copyto", "--ignore-times", "forged", `gw:backups/prod/snapshots/${id}`);
  rclone("copyto", "--ignore-times", "forged", "gw:backups/prod/config");
  rclone("copyto", "forged", `gw:backups/prod/snapshots/${"0".repeat(64)}`);
  rclone("deletefile", `gw:backups/prod/data/${pack}`);
  expect(world.run(repository, ["check"], owner).status).not.toBe(0);

  rclone("copy", "--s3-versions", "gw:backups/prod", "earlier");
  const whole = join(world.home, "whole");
  const chosen = spawnSync(
    join(root, "node_modules/.bin/tsx"),
    [join(root, "tools/earlier-versions.ts"), join(world.home, "earlier"), whole],
    { encoding: "utf8" },
  );
  expect([chosen.status, chosen.stderr]).toEqual([
    1,
    expect.stringMatching(/^no version of snapshots\/0{64} holds/),
  ]);
  expect(world.run(whole, ["check", "--read-data"], {})).toMatchObject({ status: 0 });
  const out = world.folder("out");
  expect(world.run(whole, ["restore", `${id}:${source ?? ""}`, "--target", out], {})).toMatchObject({
    status: 0,
  });
  expect(readFileSync(join(out, "memory"), "utf8")).toBe("what was said");
});
