/**
 * `make recover STACK=prod`: after a `pulumi up` that was killed, or whose machine went off. Looks whether another one runs,
 * takes its lock away, and finds what it was making when it ended: most of what a cloud has is imported, a server and what is
 * half made on the host are removed. Then `pulumi up` goes on. Cut off, it goes on where it is typed again.
 *
 *   npx tsx tools/recover.ts STACK [--unlock]     --unlock: the lock is another machine's, and you know that nothing runs there
 *
 * Standard error begins with which stack of which state backend is asked. Exit code 1 where something has to be done first.
 */
import { hostname, userInfo } from "node:os";
import { parseArgs } from "node:util";
import { cloudflareApi } from "../config/dns-records";
import { hetznerApi } from "../config/hetzner-api";
import { importWords } from "../config/import-command";
import { sayBackend } from "./backend";
import { execute, quote } from "./host-shell";
import { askPulumi, tryPulumi } from "./pulumi";
import { hostIn, knownOf, lost, nameOf, placeIn, settled, unsure, type Exported } from "./recover/deployment";
import { drop, keep, keptFile, readKept, withKept } from "./recover/kept";
import { isLocked, lockProblem, locksIn } from "./recover/lock";
import { lookFor, type Outside } from "./recover/outside";
import { awaitOrphans, processes, worksFor } from "./recover/processes";
import { stackConfig } from "./verify/deployed-stack";
import { endWith, say } from "./terminal";

const exported = (stack: string): Exported =>
  JSON.parse(askPulumi(["stack", "export", "--stack", stack])) as Exported;

/**
 * What Pulumi says of a lock; undefined where there is none. It writes no state: that would drop what was cut off.
 *
 * Files and buckets: to make a stack that is there needs the lock, and is refused once it has it. Pulumi Cloud knows no such lock
 * and refuses at once, but says with the stack what runs. `preview` and the like would ask neither; whatever else takes the lock
 * writes.
 */
function lockOf(stack: string, url: string, { deployment }: Exported): string | undefined {
  if (/^https?:/.test(url)) {
    const shown = askPulumi(["stack", "--stack", stack]);
    return isLocked(shown) ? shown : undefined;
  }
  const { type, state } = deployment.secrets_providers ?? {};
  const provider = type === "cloud" ? (state?.url ?? "default") : "default";
  const words = ["stack", "init", stack, "--no-select", "--secrets-provider", provider];
  const { stdout, stderr } = tryPulumi(words);
  const said = stdout + stderr;
  if (isLocked(said)) return said;
  if (!said.includes("already exists")) throw new Error(`whether ${stack} is locked: ${said.trim()}`);
  return undefined;
}

function outside(stack: string, state: Exported): Outside {
  const config = stackConfig(stack);
  const value = (key: string): string | undefined => config[key]?.value;
  const [hetznerToken, cloudflareToken] = [value("hcloud:token"), value("cloudflare:apiToken")];
  const login = hostIn(state);
  return {
    hetzner:
      hetznerToken === undefined
        ? undefined
        : { token: hetznerToken, endpoint: value("hcloud:endpoint") ?? hetznerApi },
    cloudflare:
      cloudflareToken === undefined
        ? undefined
        : { token: cloudflareToken, baseUrl: value("cloudflare:baseUrl") ?? cloudflareApi },
    shell: (script, args) => {
      if (login === undefined) throw new Error(`the state of ${stack} does not say where its host is`);
      const shown = `ssh ${login.at(-1) ?? ""}`;
      const words = ["bash", "-c", script, "recover", ...args].map(quote).join(" ");
      return execute("ssh", [...login, words], "", shown);
    },
  };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { unlock: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const [stack] = positionals;
  if (stack === undefined) throw new Error("usage: npx tsx tools/recover.ts STACK [--unlock]");
  sayBackend(stack);
  const { url } = JSON.parse(askPulumi(["whoami", "--json"])) as { url: string };
  /** @throws Error where somebody may be at work @returns the lock that may be taken away */
  const heldLock = (): string | undefined => {
    const said = lockOf(stack, url, exported(stack));
    if (said === undefined) return undefined;
    const here = { machine: hostname(), user: userInfo().username, stateIsHere: url.startsWith("file:") };
    const problem = lockProblem(stack, said, { ...here, processes: processes() }, values.unlock);
    if (problem !== undefined) throw new Error(problem);
    return said;
  };
  let held = heldLock();
  const ours = (pid: number): boolean => worksFor(pid, [url, process.env["PULUMI_BACKEND_URL"]]);
  if (await awaitOrphans(stack, { list: processes, uid: process.getuid?.() ?? 0, ours, say }))
    held = heldLock();

  const file = keptFile(url, stack);
  const state = withKept(exported(stack), readKept(file));
  const cut = state.deployment.pending_operations ?? [];
  // First of all: from here on a second run finds all of it, whatever becomes of the state.
  if (cut.length > 0) keep(file, cut);
  if (held !== undefined) {
    askPulumi(["cancel", "--yes", "--stack", stack]);
    const whose = locksIn(held).map((lock) => ` (${lock.who} on ${lock.machine}, since ${lock.since})`);
    say(`the lock of one that has ended is taken away${whose.join("")}`);
  }
  const places = outside(stack, state);
  for (const resource of lost(state)) {
    const found = await lookFor(resource, knownOf(state, resource), places);
    const name = nameOf(resource.urn);
    if ("import" in found) {
      askPulumi([...importWords(placeIn(stack, resource), found.import), "--yes"]);
      say(`${name}: it was made, and is the stack's now (${found.import})`);
    } else if ("removed" in found) say(`${name}: ${found.removed} was half made, and is removed`);
    else say(`${name}: nothing of it is in the way`);
  }
  const rest = unsure(state);
  for (const urn of rest)
    say(`${nameOf(urn)}: its change was cut off; its provider is asked what has become of it`);
  if (rest.length > 0)
    askPulumi([
      ...["refresh", "--yes", "--skip-preview", "--stack", stack],
      ...rest.flatMap((urn) => ["--target", urn]),
    ]);
  // Who works at this moment ends after what is exported now, and would lose it.
  if (heldLock() !== undefined) throw new Error(`${stack} was locked meanwhile: make recover STACK=${stack}`);
  const now = exported(stack);
  if ((now.deployment.pending_operations ?? []).length > 0)
    askPulumi(["stack", "import", "--stack", stack], JSON.stringify(settled(now)));
  drop(file);
  say(`nothing is in the way of: pulumi up --stack ${stack}`);
}

main().catch((error: unknown) => endWith(error));
