/** What the tests of backups ask of prod and of its place for backups. */
import { run } from "../../lab/lib/exec";
import { repoDir } from "../../lab/lib/paths";
import { onVps } from "../../lab/rehearsal/vps";

/** What backup-run leaves in last.json, as far as it is read here. */
export interface Last {
  readonly began: number;
  readonly failed?: string;
  readonly snapshot?: { readonly id: string };
  readonly parts: Readonly<Record<string, Readonly<Record<string, Copied>>>>;
}
interface Copied {
  readonly failed?: string;
  readonly stopped: string | null;
  readonly leftOut: readonly { readonly path: string; readonly why: string }[];
}

export const lastRun = async (): Promise<Last> =>
  JSON.parse(await onVps("prod", "cat /var/lib/clawkeep/backup/last.json")) as Last;

/** One run of the unit that the timer starts. @returns the id of its snapshot */
export async function snapshotNow(): Promise<string> {
  const before = Date.now() / 1000;
  await onVps("prod", "systemctl start clawkeep-backup.service");
  const { began, failed, snapshot } = await lastRun();
  // The clocks of both are one.
  expect([failed, began > before - 1]).toEqual([undefined, true]);
  return snapshot?.id ?? "";
}

/** A target of the Makefile, for prod of the lab. @returns what it prints */
export const make = (target: string, ...words: readonly string[]): Promise<string> =>
  run("make", ["--silent", target, "STACK=prod", "LAB=1", ...words], { cwd: repoDir, timeoutSeconds: 800 });

/** What all caps together have counted as spent, in LiteLLM's own unit. */
export async function spent(): Promise<number> {
  const sum = `local sum = 0
for _, key in ipairs(redis.call("KEYS", "clawkeep:spend:*")) do
  local fields = redis.call("HGETALL", key)
  for place = 1, #fields, 2 do
    if string.find(fields[place], "^spent") then sum = sum + tonumber(fields[place + 1]) end
  end
end
return string.format("%.0f", sum)`;
  return Number(
    await onVps("prod", `docker exec openclaw-redis redis-cli -s /run/redis/redis.sock eval '${sum}' 0`),
  );
}

/** What a snapshot holds of the gateway's state, brought beside what runs, looked into and removed again. */
export async function lookInto(
  id: string,
  ticks: string,
): Promise<{ integrity: Record<string, string>; lastTick: number; texts: string }> {
  const place = `/var/lib/clawkeep/restore/look-${id.slice(0, 8)}`;
  const program = `import glob, json, sqlite3
files = [name for name in glob.glob("/state/**/*.sqlite", recursive=True)]
print(json.dumps({
    "integrity": {name: sqlite3.connect(name).execute("PRAGMA integrity_check").fetchone()[0] for name in files},
    "lastTick": int(open("/state/workspace/${ticks}").read().split()[-1]),
    "texts": " ".join(part for name in files for part in set(open(name, "rb").read().decode("latin-1").replace('"', " ").split()) if "kept-" in part),
}))`;
  const said = await onVps(
    "prod",
    `/opt/openclaw/bin/backup-fetch restore ${id} ${place.split("/").at(-1)} openclaw </dev/null >/dev/null
image=$(docker inspect --format '{{.Config.Image}}' openclaw-litellm)
docker run --rm --interactive --network none --user 0 --volume ${place}/state:/state --entrypoint python3 "$image" -B -
rm -rf ${place}`,
    program,
  );
  return JSON.parse(said) as Awaited<ReturnType<typeof lookInto>>;
}
