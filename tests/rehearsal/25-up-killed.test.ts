/**
 * An `up` that is killed at a moment that nobody has chosen, whose state backend goes away, or that meets another one: `make
 * recover` and one `up` end where an undisturbed one does, and nothing that was answered is lost.
 *
 * CLAWKEEP_KILLS: how often (3); CLAWKEEP_FAULT_SEED: when (1).
 */
import { spawn } from "node:child_process";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { attempt, type Outcome } from "../../lab/lib/exec";
import { labDir, repoDir } from "../../lab/lib/paths";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { pulumi, pulumiUp, tryPulumi } from "../../lab/rehearsal/pulumi";
import { chatTurn } from "../../lab/rehearsal/public";
import { ensureSshIdentity } from "../../lab/rehearsal/ssh";
import { labGateway, writeStackFile } from "../../lab/rehearsal/stacks";
import { containerStates } from "../../lab/rehearsal/vps";
import { seeded } from "../clouds/faults";
import { killWithAll } from "../clouds/kill";
import { expectAnswering, whatIsKept } from "./kept";
import { services } from "./support";

jest.setTimeout(900_000);
beforeAll(enterLabEnvironment);
afterAll(async () => {
  await configure(undefined);
  await recover();
  await pulumiUp("prod");
});

/** Another configuration of the gateway and LiteLLM's container: what an `up` has most to do for without a new server. */
async function configure(tokens: number | undefined): Promise<void> {
  const more =
    tokens === undefined
      ? {}
      : {
          "clawkeep:gateways": [{ ...labGateway, maxOutputTokens: tokens }],
          "clawkeep:audit": { retentionDays: tokens % 90 },
        };
  await writeStackFile("prod", "active", { mode: "hcloud", sshKey: await ensureSshIdentity() }, more);
}

const up = ["up", "--non-interactive", "--stack", "prod", "--yes", "--skip-preview"];
const recover = (): Promise<Outcome> =>
  attempt(join(repoDir, "node_modules", ".bin", "tsx"), [join(repoDir, "tools", "recover.ts"), "prod"]);

/** @returns whether it was still at work */
async function upKilledAfter(ms: number): Promise<boolean> {
  const child = spawn("pulumi", up, { detached: true, stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await Promise.race([ended, new Promise((wake) => setTimeout(wake, ms))]);
  const atWork = child.exitCode === null;
  if (atWork) killWithAll(child.pid ?? 0);
  await ended;
  return atWork;
}

async function expectGoesOn(words: string): Promise<void> {
  expect(await recover()).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/nothing is in the way of/),
  });
  await pulumiUp("prod");
  await expectAnswering("after it was killed");
  const states = [...(await containerStates("prod"))].filter(([name]) => services.includes(name));
  expect(states.map(([name, state]) => `${name} ${state}`).sort()).toEqual(
    services.map((name) => `${name} healthy`),
  );
  await pulumi("preview", ["--stack", "prod", "--expect-no-changes"]);
  const { integrity, found } = await whatIsKept("prod", [words]);
  expect([new Set(Object.values(integrity)), found]).toEqual([new Set(["ok"]), [words]]);
}

const kills = Number(process.env["CLAWKEEP_KILLS"] ?? 3);
/** An `up` of such a change takes some 40 s here. */
const moments = seeded(
  Array.from({ length: 80 }, (_, half) => (half + 1) * 500),
  kills,
);

test.each(moments.map((ms, index) => [ms, index]))("killed after %d ms (%d)", async (ms, index) => {
  const words = `killed-${Date.now()}`;
  expect(await chatTurn(`Say: ${words}`)).toContain(words);
  await configure(4000 + index);
  const killed = await upKilledAfter(ms);
  if (killed) {
    const { outcome } = await tryPulumi("up", up.slice(2));
    expect(outcome.stdout + outcome.stderr).toMatch(/currently locked by 1 lock/);
  }
  await expectGoesOn(words);
});

test("two at once: the second is refused, and the lock of the first is left to it", async () => {
  const words = `two-${Date.now()}`;
  expect(await chatTurn(`Say: ${words}`)).toContain(words);
  await configure(5000);
  const first = spawn("pulumi", up, { stdio: "ignore" });
  const ended = new Promise<number | null>((resolve) => first.once("exit", resolve));
  await new Promise((wake) => setTimeout(wake, 8000));
  const { outcome } = await tryPulumi("up", up.slice(2));
  expect(outcome.stdout + outcome.stderr).toMatch(/currently locked by 1 lock/);
  expect(await recover()).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/pulumi is at work on prod/),
  });
  expect(await ended).toBe(0);
  await expectGoesOn(words);
});

test("the state backend goes away in the middle, and comes back", async () => {
  const words = `backend-${Date.now()}`;
  expect(await chatTurn(`Say: ${words}`)).toContain(words);
  await configure(6000);
  const [state, away] = [join(labDir(), "state"), join(labDir(), "state-away")];
  const child = spawn("pulumi", up, { detached: true, stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await new Promise((wake) => setTimeout(wake, 12_000));
  renameSync(state, away);
  try {
    await Promise.race([ended, new Promise((wake) => setTimeout(wake, 60_000))]);
    if (child.exitCode === null) killWithAll(child.pid ?? 0);
    await ended;
  } finally {
    // What it may have made anew in the place of the old one is nobody's.
    await attempt("rm", ["-rf", state]);
    renameSync(away, state);
  }
  await expectGoesOn(words);
});
