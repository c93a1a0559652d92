/** What the tests of backups ask of prod and of its place for backups. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attempt, run } from "../../lab/lib/exec";
import { repoDir } from "../../lab/lib/paths";
import { projectDirectory } from "../../lab/rehearsal/project";
import { chatTurn, requestsTo } from "../../lab/rehearsal/public";
import { onVps } from "../../lab/rehearsal/vps";
import { readMarker, whatIsKept, writeMarker } from "./kept";
import { eventually } from "./support";

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

/** The same, for callers to whom a bad end is an answer. @returns its exit code, and all that it has printed */
export async function tryMake(
  target: string,
  ...words: readonly string[]
): Promise<{ code: number | null; said: string }> {
  const { code, stdout, stderr } = await attempt(
    "make",
    ["--silent", target, "STACK=prod", "LAB=1", ...words],
    {
      cwd: repoDir,
      timeoutSeconds: 800,
    },
  );
  return { code, said: `${stdout}\n${stderr}` };
}

/**
 * The recovery kit of prod, in a folder that is gone when `work` ends; then the stack file is again what it was.
 * @param work gets what puts the kit's own stack file in the place of the one that is there
 */
export async function withKit(work: (page: string, takeItsFile: () => void) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "clawkeep-kit-"));
  const file = join(projectDirectory(), "Pulumi.prod.yaml");
  const good = readFileSync(file, "utf8");
  try {
    await make("recovery-kit", `FILE=${join(folder, "kit.txt")}`);
    const page = readFileSync(join(folder, "kit.txt"), "utf8");
    await work(page, () => {
      const [, stackFile = ""] = page.split("\n-----\n");
      expect(stackFile).toContain("encryptionsalt:");
      rmSync(file, { force: true });
      writeFileSync(file, `${stackFile}\n`);
    });
  } finally {
    writeFileSync(file, good);
    rmSync(folder, { recursive: true });
  }
}

/** What is on prod's host is all that was saved. */
export async function expectRestored(words: string, spentBefore: number): Promise<void> {
  expect((await readMarker()).trim()).toBe(words);
  const { integrity, found } = await whatIsKept("prod", [words]);
  expect([new Set(Object.values(integrity)), found]).toEqual([new Set(["ok"]), [words]]);
  expect(await spent()).toBeGreaterThanOrEqual(spentBefore);
}

/** Something that is answered, and left in the workspace, and in a snapshot. @returns its words, and what was spent then */
export async function saySomething(what: string): Promise<{ words: string; spentBefore: number }> {
  const words = `kept-${what}-${Date.now()}`;
  expect(await chatTurn(`Say: ${words}`)).toContain(words);
  await writeMarker(words);
  const spentBefore = await spent();
  await snapshotNow();
  return { words, spentBefore };
}

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
): Promise<{ damaged: unknown[]; databases: number; lastTick: number; texts: string }> {
  const place = `/var/lib/clawkeep/restore/look-${id.slice(0, 8)}`;
  const program = `import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
const files = globSync("/state/**/*.sqlite");
const told = JSON.parse(execFileSync("node", ["/check-databases.mjs", "/state"], { encoding: "utf8" }));
console.log(JSON.stringify({
  damaged: told.damaged, databases: told.databases,
  lastTick: Number(readFileSync("/state/workspace/${ticks}", "utf8").trim().split(/\\s+/).at(-1)),
  texts: [...new Set(files.flatMap((file) => readFileSync(file, "latin1").match(/kept-[0-9-]+/g) ?? []))].join(" "),
}));`;
  const said = await onVps(
    "prod",
    `set -e; /opt/openclaw/bin/backup-fetch restore ${id} ${place.split("/").at(-1)} openclaw </dev/null >/dev/null
image=$(docker inspect --format '{{.Config.Image}}' openclaw </dev/null)
docker run --rm --interactive --network none --user 0 --volume ${place}/state:/state \
  --volume /opt/openclaw/bin/check-databases.mjs:/check-databases.mjs:ro --entrypoint node "$image" --input-type=module -
rm -rf ${place}`,
    program,
  );
  return JSON.parse(said) as Awaited<ReturnType<typeof lookInto>>;
}

/**
 * By the stand-in Bot API's log: since a cold restore began, nobody has polled before prod's gateway got its role to serve, which
 * it does not get before all of it is restored.
 * @param began milliseconds since 1970
 */
export async function expectNoPollBefore(began: number): Promise<void> {
  const polls = async (): Promise<number[]> =>
    (await requestsTo("telegram"))
      .filter(({ path }) => path.includes("/getUpdates"))
      .map(({ time }) => Date.parse(time))
      .filter((time) => time >= began);
  await eventually("a poll", 60, async () => expect((await polls()).length).toBeGreaterThan(0));
  const role = await onVps(
    "prod",
    "cat /opt/openclaw/gateways/openclaw/role; stat -c %Y /opt/openclaw/gateways/openclaw/role",
  );
  const [word, seconds] = role.trim().split("\n");
  expect([word, Number(seconds) * 1000 >= began - 1000]).toEqual(["active", true]);
  expect(Math.min(...(await polls()))).toBeGreaterThanOrEqual(Number(seconds) * 1000);
}
