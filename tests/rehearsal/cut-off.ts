/** A restore of prod that is cut off at a moment that nobody has chosen, and typed again. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { attempt, type Outcome } from "../../lab/lib/exec";
import { repoDir } from "../../lab/lib/paths";
import { onVps } from "../../lab/rehearsal/vps";
import { seeded } from "../clouds/faults";
import { killWithAll } from "../clouds/kill";
import { make } from "./backups";
import { expectAnswering, readMarker, whatIsKept } from "./kept";

/** Milliseconds after which it is cut off. CLAWKEEP_KILLS: how many (3); CLAWKEEP_FAULT_SEED: which (1). @param most seconds that one takes */
export const moments = (most: number): number[] =>
  seeded(
    Array.from({ length: most }, (_, second) => (second + 1) * 1000),
    Number(process.env["CLAWKEEP_KILLS"] ?? 3),
  );

export const recover = (): Promise<Outcome> =>
  attempt(join(repoDir, "node_modules", ".bin", "tsx"), [join(repoDir, "tools", "recover.ts"), "prod"]);

/** The operator's machine is off after that time: nothing of what it has started goes on. @returns whether it was still at work */
export async function restoreCutAfter(ms: number, ...words: readonly string[]): Promise<boolean> {
  const child = spawn("make", ["--silent", "restore", "STACK=prod", "LAB=1", ...words], {
    ...{ cwd: repoDir, detached: true, stdio: "ignore" },
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await Promise.race([ended, new Promise((wake) => setTimeout(wake, ms))]);
  const atWork = child.exitCode === null;
  if (atWork && child.pid !== undefined) killWithAll(child.pid);
  await ended;
  return atWork;
}

/** Typed again it ends as one that nobody has disturbed. @param words in the marker, and answered, when the snapshot was made */
export async function expectRestoredAgain(words: string, ...how: readonly string[]): Promise<void> {
  expect(await make("restore", ...how)).toContain("openclaw: snapshot");
  await expectAnswering("after a restore that was cut off");
  expect((await readMarker()).trim()).toBe(words);
  const { integrity, found } = await whatIsKept("prod", [words]);
  expect([new Set(Object.values(integrity)), found]).toEqual([new Set(["ok"]), [words]]);
  const left = await onVps(
    "prod",
    "ls /opt/openclaw/gateways/openclaw/restore.json /var/lib/clawkeep/restore 2>/dev/null; " +
      "docker ps --all --format '{{.Names}}' | grep -E 'openclaw-(restored|state|backup)' || true",
  );
  expect(left.replace("/var/lib/clawkeep/restore:", "").trim()).toBe("");
  await onVps("prod", "rm -rf /opt/openclaw/monitoring/backups/replaced-openclaw-*");
}
