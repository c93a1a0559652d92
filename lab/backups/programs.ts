/** restic, and storages to try it against, in the versions that are deployed: built from their Go modules, once. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../lib/exec";
import { cacheDir } from "../lib/paths";

/** Module of the command, and its exact version; lists of versions are not asked for. */
export const backupPrograms = {
  restic: { module: "github.com/restic/restic/cmd/restic", version: "v0.18.1" },
  "rest-server": { module: "github.com/restic/rest-server/cmd/rest-server", version: "v0.14.0" },
  /** Speaks S3 with versions, object lock and bucket policies, on a directory. */
  versitygw: { module: "github.com/versity/versitygw/cmd/versitygw", version: "v1.8.0" },
  rclone: { module: "github.com/rclone/rclone", version: "v1.74.4" },
} as const;

export type BackupProgram = keyof typeof backupPrograms;

/** @returns path of the program, which is built where it is not there; that takes minutes */
export async function backupProgram(name: BackupProgram): Promise<string> {
  const { module, version } = backupPrograms[name];
  const folder = join(cacheDir(), "backup-programs", `${name}-${version}`);
  const built = join(folder, name);
  if (existsSync(built)) return built;
  await mkdir(folder, { recursive: true });
  // Away from this checkout: it holds Go modules too.
  await run("go", ["install", "-trimpath", `${module}@${version}`], {
    cwd: folder,
    env: { GOBIN: folder, GOFLAGS: "-mod=mod", CGO_ENABLED: "0" },
  });
  return built;
}
