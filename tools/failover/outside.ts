/** What a takeover acts on, as it is: two hosts over SSH, Hetzner, Cloudflare, Pulumi, the public name. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { ActiveRecord } from "../../config/active-record";
import { readActiveRecord, takeEpoch } from "../../config/active-stack";
import { cloudflareApi, pointRecord, recordsOfName } from "../../config/dns-records";
import { services } from "../../config/services";
import { sshTarget, withHost, type Shell } from "../host-shell";
import { deployedStack } from "../verify/deployed-stack";
import { takingTheRight } from "./append-right";
import { fenceServer, proveServerFenced } from "./hetzner";
import { leaseOf, tellingScript, told, type Lease } from "./lease";
import { pairProblems, serverName, type Side } from "./pair";
import { adoption, forgetting, theRecord } from "./public-record";
import { pulumi, stateOf } from "./pulumi";
import type { Fence, World } from "./world";

/** Seconds that a host has to let us in. */
const loginSeconds = 12;
/** Besides what work gets: for filters, sandboxes and units. */
const fenceSpareSeconds = 25;
const secondsOnHost = 900;
/** A snapshot of many gigabytes begins anew where it is cut off. */
const restoreSeconds = 12 * 3600;
const readySeconds = services.gateway.readyWithinSeconds;

/** @throws Error where it takes longer */
async function within<T>(seconds: number, what: string, work: Promise<T>): Promise<T> {
  const limit = new AbortController();
  work.catch(() => undefined);
  try {
    return await Promise.race([
      work,
      sleep(seconds * 1000, undefined, { signal: limit.signal }).then(() => {
        throw new Error(`${what} has not answered within ${seconds} s`);
      }),
    ]);
  } finally {
    limit.abort();
  }
}

const tool = (name: string): string => `/opt/openclaw/bin/${name}`;
const oneLine = (text: string): string => text.trim().split("\n").join("; ");
/** Waits for a backup that is at work, for a minute. */
const lastSnapshot = `for _ in $(seq 60); do
  said=$(${tool("backup-run")} 2>&1); code=$?
  [ "$code" = 75 ] || break
  sleep 1
done
echo "$said" | tail -n 1
exit "$code"`;

export interface Operator {
  readonly say: (line: string) => void;
  /** Name of the stack that he has cut off himself, given beforehand. */
  readonly cutOff: string | undefined;
}

export class Outside implements World {
  readonly say: (line: string) => void;
  readonly now = (): number => Date.now();
  readonly hasProvider: boolean;

  constructor(
    readonly from: Side,
    readonly to: Side,
    private readonly operator: Operator,
  ) {
    this.say = operator.say;
    this.hasProvider = from.hetzner !== undefined;
  }

  private on<T>(
    { stack, outputs }: Side,
    work: (shell: Shell) => Promise<T>,
    seconds = secondsOnHost,
  ): Promise<T> {
    return withHost(sshTarget(stack, outputs), work, seconds);
  }

  async check(): Promise<void> {
    const problems = pairProblems(this.from, this.to);
    if (problems.length > 0) throw new Error(problems.join("\n"));
    await within(
      loginSeconds,
      `the host of ${this.to.stack}`,
      this.on(this.to, (shell) => shell("true")),
    );
    // What it could not serve is said while nothing is fenced.
    const warning = await this.on(this.to, (shell) => shell(`${tool("backup-follow")} check`));
    if (warning.trim() !== "") this.say(`  ${oneLine(warning)}`);
  }

  record() {
    return Promise.resolve(readActiveRecord(this.to.zone));
  }

  async remembered(): Promise<ActiveRecord | undefined> {
    const said = await this.on(this.to, (shell) => shell(`${tool("active-record")} remembered`));
    const [, stack, epoch] = /^([a-z0-9-]{1,40}), epoch (\d+)$/.exec(said.trim()) ?? [];
    return stack === undefined ? undefined : { epoch: Number(epoch), stack };
  }

  hold(): Promise<string> {
    // Asked there, right before: of two operators the other may have had it promoted meanwhile.
    const script = `case "$(${tool("active-record")})" in
  "$1,"*) echo "it is the active one by now" ;;
  *) ${tool("host-failover")} fence 10 ;;
esac`;
    return this.on(this.to, async (shell) => oneLine(await shell(script, [this.to.stack])));
  }

  take(record: Parameters<World["take"]>[0]): Promise<void> {
    takeEpoch(this.to.zone, record);
    return Promise.resolve();
  }

  startServices(wait: boolean): Promise<string> {
    const names = this.to.settings.gateways.map(({ name }) => name);
    const script = `${tool("host-failover")} services
${wait ? `for name in "$@"; do ${tool("gateway-gate")} wait "$name" || exit 1; done` : ""}`;
    return this.on(this.to, async (shell) => oneLine(await shell(script, names)));
  }

  async fenceOnHost(seconds: number): Promise<string | undefined> {
    const host = `the host of ${this.from.stack}`;
    try {
      await within(
        loginSeconds,
        host,
        this.on(this.from, (shell) => shell("true")),
      );
      const words = `${tool("host-failover")} fence ${seconds}`;
      await within(
        seconds + fenceSpareSeconds,
        host,
        this.on(this.from, (shell) => shell(words)),
      );
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  saveLast(): Promise<string> {
    return this.on(this.from, async (shell) => oneLine(await shell(lastSnapshot)));
  }

  private get server() {
    return { name: serverName(this.from.stack), address: String(this.from.outputs["ipv4"]) };
  }

  fenceAtProvider(): Promise<string | undefined> {
    if (this.from.hetzner === undefined) throw new Error(`${this.from.stack} has no provider`);
    return fenceServer(this.from.hetzner, this.server);
  }

  async lease(record: ActiveRecord): Promise<Lease> {
    if (this.operator.cutOff !== undefined) return { why: "the operator has cut it off himself" };
    const [from, to] = [this.from.stack, this.to.stack];
    const said = await this.on(this.to, (shell) => shell(tellingScript));
    const wanted = this.from.settings.leaseSeconds;
    return leaseOf({ from, to, wanted, state: await stateOf(from), told: told(said), record });
  }

  async wait(seconds: number): Promise<void> {
    // By a clock that nobody sets.
    await sleep(seconds * 1000);
  }

  async fenceByWord(): Promise<void> {
    const { stack } = this.from;
    const question =
      `${stack} does not answer, and nothing here can cut it off. Switch its host off where you can see that it is done; or take its ` +
      `network away, and switch it off before you give it back. Two gateways would answer for one bot. If it is cut off, type ${stack}: `;
    const answer = this.operator.cutOff ?? (await ask(question));
    if (answer.trim() !== stack)
      throw new Error(
        `${stack} is not said to be cut off: CUT_OFF=${stack}, or type its name when you are asked`,
      );
  }

  prove(fence: Fence): Promise<string> {
    if (fence === "host")
      return this.on(this.from, async (shell) => oneLine(await shell(`${tool("host-failover")} fenced`)));
    if (fence === "lease")
      return Promise.resolve("nobody can look: what counts is the wait after the epoch is taken");
    if (fence === "served") return Promise.resolve("it was before");
    if (fence === "word" || this.from.hetzner === undefined)
      return Promise.resolve("nobody has looked: it is the operator's word");
    return proveServerFenced(this.from.hetzner, this.server);
  }

  restore(snapshot = ""): Promise<string> {
    const words = `${tool("backup-follow")} catch-up 60 ${snapshot}`.trim();
    return this.on(this.to, async (shell) => oneLine(await shell(words)), restoreSeconds);
  }

  serve(): Promise<string> {
    const words = `${tool("host-failover")} serve ${readySeconds}`;
    return this.on(this.to, async (shell) => oneLine(await shell(words)));
  }

  private get cloudflare() {
    const { token, baseUrl = cloudflareApi } = this.to.zone;
    return { token, baseUrl };
  }

  private async publicRecord() {
    const { zoneId, hostname } = this.to.zone;
    return theRecord(hostname, await recordsOfName(this.cloudflare, zoneId, hostname));
  }

  async pointName(): Promise<string> {
    const { zoneId, hostname } = this.to.zone;
    const address = String(this.to.outputs["ipv4"]);
    const record = await this.publicRecord();
    if (record === undefined) return `${hostname} has no record; pulumi up makes it`;
    if (record.content === address) return `${hostname} points at ${address} already`;
    await pointRecord(this.cloudflare, zoneId, record.id, address);
    return `${hostname} points at ${address}, and not at ${record.content} any more`;
  }

  async writeRoles(): Promise<string> {
    for (const [{ stack }, role] of [
      [this.to, "active"],
      [this.from, "standby"],
    ] as const)
      await pulumi(["config", "set", "--stack", stack, "clawkeep:role", role]);
    const files = [this.to, this.from].map(({ stack }) => `Pulumi.${stack}.yaml`);
    return `commit ${files.join(" and ")}: ${this.to.stack} is active, ${this.from.stack} standby`;
  }

  async adopt(): Promise<string> {
    const [to, from] = [this.to.stack, this.from.stack];
    const record = await this.publicRecord();
    const words =
      record === undefined ? undefined : adoption(to, await stateOf(to), this.to.zone.zoneId, record);
    if (words !== undefined) await pulumi(words);
    // The host of the other plays no part in that.
    const forget = forgetting(from, await stateOf(from));
    if (forget !== undefined) await pulumi(forget);
    return `the public record is ${to}'s, and ${from} does not know it`;
  }

  up(): Promise<string> {
    return this.deploy(this.to.stack);
  }

  upOther(): Promise<string> {
    return this.deploy(this.from.stack);
  }

  takingTheRight(): readonly string[] {
    const [from, to] = [this.from, this.to];
    const repository = to.settings.backups?.repository ?? "";
    const shared = from.backupCredential === to.backupCredential;
    return takingTheRight({ from: from.stack, to: to.stack, repository, shared });
  }

  private async deploy(stack: string): Promise<string> {
    await pulumi(["up", "--stack", stack, "--yes", "--skip-preview"], (line) => this.say(`  | ${line}`));
    return `pulumi up --stack ${stack} agrees`;
  }

  async verify(): Promise<string> {
    const { stack, outputs } = this.to;
    const curlArgs = (process.env["VERIFY_CURL_ARGS"] ?? "").split(" ").filter((word) => word !== "");
    const { callTool } = deployedStack(stack, outputs, () => Promise.reject(new Error("no shell")), curlArgs);
    const status = await callTool();
    // The gateway's own answer to somebody without a token.
    if (status !== 401) throw new Error(`the public name answers ${status} to nobody, not 401`);
    const script = [
      ...process.execArgv,
      ...(process.argv[1] === undefined
        ? []
        : [process.argv[1].replace(/fail(over|back)\.ts$/, "verify.ts")]),
    ];
    const code = await new Promise<number | null>((resolve, reject) => {
      const child = spawn(process.execPath, [...script, stack], { stdio: ["ignore", "inherit", "inherit"] });
      child.once("error", reject);
      child.once("close", resolve);
    });
    if (code !== 0)
      throw new Error(`${stack} serves, and make verify STACK=${stack} says what does not hold`);
    return "every promise holds";
  }
}

async function ask(question: string): Promise<string> {
  if (!process.stdin.isTTY) return "";
  const asked = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await asked.question(question);
  } finally {
    asked.close();
  }
}
