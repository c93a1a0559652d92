/** restic, and storages to try it against, in the versions that are deployed: built from their Go modules, once. */
import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../lib/exec";
import { cacheDir } from "../lib/paths";

/** Module, its exact version, and the command in it. */
export const backupPrograms = {
  restic: { module: "github.com/restic/restic", version: "v0.18.1", command: "cmd/restic" },
  "rest-server": { module: "github.com/restic/rest-server", version: "v0.14.0", command: "cmd/rest-server" },
  /** Speaks S3 with versions, object lock and bucket policies, on a directory. */
  versitygw: { module: "github.com/versity/versitygw", version: "v1.8.0", command: "cmd/versitygw" },
  rclone: { module: "github.com/rclone/rclone", version: "v1.74.4", command: "." },
} as const;

export type BackupProgram = keyof typeof backupPrograms;

/**
 * Built in a module of its own that requires the version: `go install MODULE@VERSION` asks for the list of versions, which not
 * every proxy of Go modules gives.
 * @returns path of the program, which is built where it is not there; that takes minutes
 */
export async function backupProgram(name: BackupProgram): Promise<string> {
  const { module, version, command } = backupPrograms[name];
  const folder = join(cacheDir(), "backup-programs", `${name}-${version}`);
  const built = join(folder, name);
  if (existsSync(built)) return built;
  const source = join(folder, "source");
  await mkdir(source, { recursive: true });
  await writeFile(join(source, "go.mod"), `module lab\n\nrequire ${module} ${version}\n`);
  await run(
    "go",
    ["build", "-trimpath", "-o", `${built}.new`, command === "." ? module : `${module}/${command}`],
    {
      cwd: source,
      env: { GOFLAGS: "-mod=mod", CGO_ENABLED: "0" },
    },
  );
  await rename(`${built}.new`, built);
  return built;
}
