/** A takeover of the rehearsal, as its tests see it: commands, who polls, how long the assistant is away, and what is lost. */
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { addresses } from "../../lab/internet/addresses";
import { ensureCa } from "../../lab/lib/ca";
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

export const stacks = ["prod", "standby"] as const;
/** Deploys the standby beside prod. */
export async function deployStandby(): Promise<void> {
  await writeStackFile("standby", "standby", { mode: "hcloud", sshKey: "clawkeep-prod" });
  await nextServers("warm");
  await pulumiUp("standby");
  await refreshSshConfig();
}
/** Whatever a test has come to, the next one finds prod active. */
export async function prodIsHome(): Promise<void> {
  if ((await active()) !== "prod") await make("failback", "STACK=prod");
}
/** Of prod's server, at Hetzner's stand-in. */
export async function power(action: "poweroff" | "poweron" | "reboot"): Promise<void> {
  const { servers } = (await hetzner("GET", "/servers?name=clawkeep-prod")) as { servers: { id: number }[] };
  await hetzner("POST", `/servers/${String(servers[0]?.id)}/actions/${action}`);
}
/** The lab's timers run once a day. Here they run each minute, where `everyMinutes` is 2 unless set. */
const often = async (stack: string, timer: string, setting: string): Promise<void> => {
  const place = `/run/systemd/system/${timer}.d`;
  await onVps(
    stack,
    `mkdir -p ${place} && printf '[Timer]\\n${setting}=\\n${setting}=1min\\nOnActiveSec=1s\\n' >${place}/often.conf && systemctl daemon-reload && systemctl restart ${timer}`,
  );
};
export const saveOften = (stack: string): Promise<void> =>
  often(stack, "clawkeep-backup.timer", "OnUnitActiveSec");
export const followOften = (stack: string): Promise<void> =>
  often(stack, "clawkeep-follow.timer", "OnUnitInactiveSec");

/** Prod saves each minute, and the standby beside it puts that in place. */
export async function followingPair(): Promise<void> {
  await enterLabEnvironment();
  await deployStandby();
  await saveOften("prod");
  await followOften("standby");
}

export const make = (target: string, ...words: readonly string[]): Promise<Outcome> =>
  attempt("make", ["--silent", target, "LAB=1", ...words], { cwd: repoDir, timeoutSeconds: 1200 });
export const said = ({ code, stdout, stderr }: Outcome): string => `${code}\n${stdout}\n${stderr}`;
const ssh = (stack: string, command: string): Promise<Outcome> =>
  attempt("ssh", [
    ...["-F", `${repoDir}/.lab/ssh_config`, "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", stack],
    command,
  ]);
export const isReached = async (stack: string): Promise<boolean> => (await ssh(stack, "true")).code === 0;
export const active = async (): Promise<string> => {
  for (const stack of stacks) {
    const { code, stdout } = await ssh(stack, "/opt/openclaw/bin/active-record");
    if (code === 0) return stdout.split(",")[0] ?? "";
  }
  throw new Error("neither host says who is the active one");
};
/** Id of the snapshot that lies at a stack that follows, and its age. */
export const lying = async (stack: string): Promise<{ seconds: number | null }> =>
  JSON.parse(await onVps(stack, "/opt/openclaw/bin/backup-follow age")) as { seconds: number | null };

/** Asks the public name every 200 ms, and says something to the assistant each second. */
export class Watch {
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly answered: number[] = [];
  /** What was said, and when the answer came. */
  readonly told: { readonly words: string; readonly at: number }[] = [];
  private asks = 0;
  private ended: number | undefined;

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
        if (this.ended === undefined && answer.statusCode === 200) this.answered.push(Date.now());
      },
    );
    asked.on("error", () => undefined);
    asked.on("timeout", () => asked.destroy());
    asked.end();
  }

  private async say(): Promise<void> {
    // One that waits for an answer, and one more where that hangs: two hosts, their clouds and the asker share the cores here.
    if (this.asks >= 2) return;
    this.asks++;
    const words = `kept-${Date.now()}`;
    try {
      const answer = await chatTurn(`Say: ${words}`, words);
      if (this.ended === undefined && answer.includes(words)) this.told.push({ words, at: Date.now() });
    } catch {
      // Away; what counts is what was answered.
    } finally {
      this.asks--;
    }
  }

  /** What comes later does not count. */
  end(): void {
    this.ended = Date.now();
    for (const timer of this.timers) clearInterval(timer);
  }

  /** The longest time without an answer, and when it began. */
  get outage(): { readonly seconds: number; readonly since: number } {
    const times = [...this.answered, this.ended ?? Date.now()].sort((a, b) => a - b);
    const gaps = times
      .slice(1)
      .map((time, index) => ({ seconds: (time - (times[index] ?? 0)) / 1000, since: times[index] ?? 0 }));
    return gaps.reduce((worst, gap) => (gap.seconds > worst.seconds ? gap : worst));
  }
}

/** Milliseconds that a poll may have waited for: it stands in the log when it begins. */
export const onePoll = 60_000;
/** By the Bot API's log: since then, who polled, in order, one entry for each change. */
export async function pollersSince(time: number): Promise<string[]> {
  const polls = (await requestsTo("telegram")).filter(
    ({ path, time: at }) => path.includes("/getUpdates") && Date.parse(at) >= time,
  );
  return polls.map(({ source }) => source).filter((source, index, all) => source !== all[index - 1]);
}
export const addressOf = async (stack: string): Promise<string> =>
  String((await stackOutputs(stack))["ipv4"]);
export const conflicts = async (): Promise<number> =>
  (await telegramBots()).reduce((sum, bot) => sum + bot.conflicts, 0);

/**
 * What was answered before the outage and is not there afterwards: how long before it the oldest of that was said, in seconds. What
 * was answered after the takeover has to be there: soon, for OpenClaw answers before it has written.
 */
export async function lost(stack: string, watch: Watch): Promise<{ seconds: number; words: string[] }> {
  const { since, seconds } = watch.outage;
  const words = watch.told.map((each) => each.words);
  let gone: Watch["told"] = [];
  await eventually("what was answered after the takeover is kept", 30, async () => {
    const { integrity, found } = await whatIsKept(stack, words);
    expect(new Set(Object.values(integrity))).toEqual(new Set(["ok"]));
    gone = watch.told.filter((each) => !found.includes(each.words));
    expect(gone.filter(({ at }) => at > since + seconds * 1000)).toEqual([]);
  });
  const oldest = Math.min(...gone.map(({ at }) => at), since);
  const result = { seconds: (since - oldest) / 1000, words: gone.map((each) => each.words) };
  console.log(
    `${stack} has taken over: away for ${seconds.toFixed(1)} s, ${result.seconds.toFixed(1)} s of ${words.length} turns lost`,
  );
  return result;
}
