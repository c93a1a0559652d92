/**
 * The standby takes over, planned and not, and prod comes home: one poller at each moment, by the stand-in Bot API's own log; how
 * long the assistant is away, and what is lost, seen from outside. Ends with prod active and the standby following.
 */
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { addresses } from "../../lab/internet/addresses";
import { ensureCa } from "../../lab/lib/ca";
import { docker } from "../../lab/lib/docker";
import { attempt, type Outcome } from "../../lab/lib/exec";
import { repoDir } from "../../lab/lib/paths";
import { enterLabEnvironment } from "../../lab/rehearsal/environment";
import { chatTurn, requestsTo } from "../../lab/rehearsal/public";
import { nextServers, pulumiUp, refreshSshConfig, stackOutputs } from "../../lab/rehearsal/pulumi";
import { hostname, writeStackFile } from "../../lab/rehearsal/stacks";
import { onVps } from "../../lab/rehearsal/vps";
import { telegramBots } from "../../lab/rehearsal/world";
import { hetzner } from "./hetzner";
import { whatIsKept } from "./kept";
import { eventually } from "./support";

jest.setTimeout(900_000);

const stacks = ["prod", "standby"] as const;
/** The lab's timers run once a day; here what a user has is measured: every minute. */
const often = async (stack: string, timer: string, setting: string): Promise<void> => {
  const place = `/run/systemd/system/${timer}.d`;
  await onVps(
    stack,
    `mkdir -p ${place} && printf '[Timer]\\n${setting}=\\n${setting}=1min\\nOnActiveSec=1s\\n' >${place}/often.conf && systemctl daemon-reload && systemctl restart ${timer}`,
  );
};
const saveOften = (stack: string): Promise<void> => often(stack, "clawkeep-backup.timer", "OnUnitActiveSec");
const followOften = (stack: string): Promise<void> =>
  often(stack, "clawkeep-follow.timer", "OnUnitInactiveSec");

const make = (target: string, ...words: readonly string[]): Promise<Outcome> =>
  attempt("make", ["--silent", target, "LAB=1", ...words], { cwd: repoDir, timeoutSeconds: 600 });
const said = ({ code, stdout, stderr }: Outcome): string => `${code}\n${stdout}\n${stderr}`;
const active = async (): Promise<string> => {
  for (const stack of stacks) {
    const { code, stdout } = await attempt("ssh", [
      ...["-F", `${repoDir}/.lab/ssh_config`, "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", stack],
      "/opt/openclaw/bin/active-record",
    ]);
    if (code === 0) return stdout.split(",")[0] ?? "";
  }
  throw new Error("neither host says who is the active one");
};
/** Id of the snapshot that lies at a stack that follows, and its age. */
const lying = async (stack: string): Promise<{ seconds: number | null }> =>
  JSON.parse(await onVps(stack, "/opt/openclaw/bin/backup-follow age")) as { seconds: number | null };

/** Asks the public name every 200 ms, and says something to the assistant each second. */
class Watch {
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly answered: number[] = [];
  /** What was said, and when the answer came. */
  readonly told: { readonly words: string; readonly at: number }[] = [];
  private asks = 0;

  static async begin(): Promise<Watch> {
    const watch = new Watch();
    const ca = readFileSync((await ensureCa()).cert);
    watch.timers.push(
      setInterval(() => watch.probe(ca), 200),
      setInterval(() => void watch.say(), 1000),
    );
    await eventually("answers before", 60, () =>
      Promise.resolve(expect([watch.answered.length > 5, watch.told.length > 2]).toEqual([true, true])),
    );
    return watch;
  }

  private probe(ca: Buffer): void {
    const asked = request(
      {
        ...{ host: addresses.edge, port: 443, servername: hostname, path: "/healthz", ca, timeout: 2000 },
        ...{ headers: { host: hostname }, agent: false },
      },
      (answer) => {
        answer.resume();
        if (answer.statusCode === 200) this.answered.push(Date.now());
      },
    );
    asked.on("error", () => undefined);
    asked.on("timeout", () => asked.destroy());
    asked.end();
  }

  private async say(): Promise<void> {
    // A turn that hangs holds up no other for ever.
    if (this.asks >= 4) return;
    this.asks++;
    const words = `kept-${Date.now()}`;
    try {
      if ((await chatTurn(`Say: ${words}`, words)).includes(words)) this.told.push({ words, at: Date.now() });
    } catch {
      // Away; what counts is what was answered.
    } finally {
      this.asks--;
    }
  }

  end(): void {
    for (const timer of this.timers) clearInterval(timer);
  }

  /** The longest time without an answer, and when it began. */
  get outage(): { readonly seconds: number; readonly since: number } {
    const times = [...this.answered, Date.now()].sort((a, b) => a - b);
    const gaps = times
      .slice(1)
      .map((time, index) => ({ seconds: (time - (times[index] ?? 0)) / 1000, since: times[index] ?? 0 }));
    return gaps.reduce((worst, gap) => (gap.seconds > worst.seconds ? gap : worst));
  }
}

/** By the Bot API's log: since then, who polled, in order, one entry for each change. */
async function pollersSince(time: number): Promise<string[]> {
  const polls = (await requestsTo("telegram")).filter(
    ({ path, time: at }) => path.includes("/getUpdates") && Date.parse(at) >= time,
  );
  return polls.map(({ source }) => source).filter((source, index, all) => source !== all[index - 1]);
}
const addressOf = async (stack: string): Promise<string> => String((await stackOutputs(stack))["ipv4"]);
const conflicts = async (): Promise<number> =>
  (await telegramBots()).reduce((sum, bot) => sum + bot.conflicts, 0);

/** What was answered before the outage and is not there afterwards: how long before it the oldest of that was said, in seconds. */
async function lost(stack: string, watch: Watch): Promise<{ seconds: number; words: string[] }> {
  const { since } = watch.outage;
  const words = watch.told.map((each) => each.words);
  const { integrity, found } = await whatIsKept(stack, words);
  expect(new Set(Object.values(integrity))).toEqual(new Set(["ok"]));
  const gone = watch.told.filter((each) => !found.includes(each.words));
  // None that was answered after the takeover.
  expect(gone.filter(({ at }) => at > since + watch.outage.seconds * 1000)).toEqual([]);
  const oldest = Math.min(...gone.map(({ at }) => at), since);
  return { seconds: (since - oldest) / 1000, words: gone.map((each) => each.words) };
}

beforeAll(async () => {
  await enterLabEnvironment();
  await writeStackFile("standby", "standby", { mode: "hcloud", sshKey: "clawkeep-prod" });
  await nextServers("warm");
  await pulumiUp("standby");
  await refreshSshConfig();
  await saveOften("prod");
  await followOften("standby");
});
afterAll(async () => {
  if ((await active()) !== "prod") await make("failback", "STACK=prod");
});

test("the standby has the newest snapshot in its place, and says how old it is", async () => {
  await eventually("a snapshot at the standby", 240, async () => {
    expect((await lying("standby")).seconds).toBeLessThan(180);
  });
  // Nothing of it has been started.
  expect(await onVps("standby", "docker inspect --format '{{.State.Status}}' openclaw")).toMatch(
    /^created|^exited/,
  );
  // It saves nothing itself.
  expect(await onVps("standby", "/opt/openclaw/bin/backup-run 2>&1 || true")).toMatch(
    /so standby saves nothing/,
  );
});

test("planned: away for less than a minute, nothing is lost, one poller; the other becomes a standby, and stays down", async () => {
  const [before, began] = [await conflicts(), Date.now()];
  const watch = await Watch.begin();
  const outcome = await make("failover", "STACK=standby", "PLANNED=1");
  watch.end();
  expect(said(outcome)).toMatch(/^0\n/);
  const { seconds } = watch.outage;
  expect(await lost("standby", watch)).toEqual({ seconds: 0, words: [] });
  expect(seconds).toBeLessThan(60);
  // Two that poll at once end each other's polls.
  expect((await conflicts()) - before).toBe(0);
  expect(await pollersSince(began)).toEqual([await addressOf("prod"), await addressOf("standby")]);
  expect(said(outcome)).toMatch(/commit Pulumi\.standby\.yaml and Pulumi\.prod\.yaml/);
  // By hand, as somebody might.
  await onVps("prod", "systemctl start openclaw-gateway@openclaw || true; sleep 2");
  expect(await onVps("prod", "systemctl is-active openclaw-gateway@openclaw || true")).toMatch(/^inactive/);
});

test("home again: away for less than a minute, nothing is lost", async () => {
  const watch = await Watch.begin();
  const outcome = await make("failback", "STACK=prod");
  watch.end();
  expect(said(outcome)).toMatch(/^0\n/);
  expect(await lost("prod", watch)).toEqual({ seconds: 0, words: [] });
  expect(watch.outage.seconds).toBeLessThan(60);
  expect(await active()).toBe("prod");
});

test("unplanned, prod frozen: less than two minutes, at most what was said since the last snapshot; it comes back and stays down", async () => {
  await saveOften("prod");
  await followOften("standby");
  await eventually("a snapshot of this epoch at the standby", 240, async () => {
    expect((await lying("standby")).seconds).toBeLessThan(90);
  });
  const began = Date.now();
  const watch = await Watch.begin();
  await docker(["pause", "clawkeep-vps-clawkeep-prod"]);
  const frozen = new Date();
  const outcome = await make("failover", "STACK=standby", `SINCE=${frozen.toISOString()}`);
  watch.end();
  expect(said(outcome)).toMatch(/^0\n/);
  expect(said(outcome)).toMatch(/prod does not do it itself.*power of clawkeep-prod is cut/s);
  expect(watch.outage.seconds).toBeLessThan(120);
  expect((await lost("standby", watch)).seconds).toBeLessThan(120);
  expect(await pollersSince(began)).toEqual([await addressOf("prod"), await addressOf("standby")]);

  // Somebody switches it on, and knows nothing.
  const { servers } = (await hetzner("GET", "/servers?name=clawkeep-prod")) as { servers: { id: number }[] };
  await hetzner("POST", `/servers/${String(servers[0]?.id)}/actions/poweron`);
  await eventually("prod has looked at itself", 300, async () => {
    expect(await onVps("prod", "/opt/openclaw/bin/host-boot check")).toMatch(
      /gateways were fenced: standby is recorded as the active stack/,
    );
  });
  expect(await onVps("prod", "systemctl is-active openclaw-gateway@openclaw || true")).toMatch(/^inactive/);
  expect(await onVps("prod", "/opt/openclaw/bin/backup-run 2>&1 || true")).toMatch(/so prod saves nothing/);
  expect(await pollersSince(frozen.getTime())).toEqual([await addressOf("standby")]);
  expect(said(await make("failback", "STACK=prod"))).toMatch(/^0\n/);
  expect(await chatTurn("Say: home again")).toContain("home again");
});
