/**
 * `make recover STACK=prod`: after a `pulumi up` that was killed, or whose machine went off. Looks whether another one runs,
 * takes its lock away, and finds what it was making when it ended: what a cloud has is imported, what is half made on the host
 * is removed. Then `pulumi up` goes on. Can be cut off and begun again.
 *
 *   npx tsx tools/recover.ts STACK [--unlock]     --unlock: the lock is another machine's, and you know that nothing runs there
 *
 * Standard error begins with which stack of which state backend is asked. Exit code 1 where something has to be done first.
 */
import { hostname } from "node:os";
import { parseArgs } from "node:util";
import { cloudflareApi } from "../config/dns-records";
import { hetznerApi } from "../config/hetzner-project";
import { importWords } from "../config/import-command";
import { sayBackend } from "./backend";
import { execute, quote } from "./host-shell";
import { askPulumi, tryPulumi } from "./pulumi";
import {
  hostIn,
  isLocked,
  lockProblem,
  locksIn,
  lost,
  nameOf,
  placeIn,
  settled,
  unsure,
  type Exported,
} from "./recover/deployment";
import { lookFor, type Outside } from "./recover/outside";
import { stackConfig } from "./verify/deployed-stack";
import { endWith, say } from "./terminal";

const exported = (stack: string): Exported =>
  JSON.parse(askPulumi(["stack", "export", "--stack", stack])) as Exported;

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Puts the state back as it is, which needs the lock: so it says whose it is. @throws Error where it is somebody's who may live */
function takeLock(stack: string, answersFor: boolean): void {
  const state = JSON.stringify(exported(stack));
  const { code, stdout, stderr } = tryPulumi(["stack", "import", "--stack", stack], state);
  const said = stdout + stderr;
  if (code === 0) return;
  if (!isLocked(said)) throw new Error(`pulumi stack import --stack ${stack} failed: ${said.trim()}`);
  const problem = lockProblem(stack, locksIn(said), hostname(), lives, answersFor);
  if (problem !== undefined) throw new Error(problem);
  askPulumi(["cancel", "--yes", "--stack", stack]);
  say("the lock of one that has ended is taken away");
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
  takeLock(stack, values.unlock);
  const state = exported(stack);
  const known = (state.deployment.resources ?? []).flatMap(({ id }) => (id === undefined ? [] : [id]));
  const places = outside(stack, state);
  for (const resource of lost(state)) {
    const found = await lookFor(resource, known, places);
    const name = nameOf(resource.urn);
    if ("import" in found) {
      askPulumi([...importWords(placeIn(stack, resource), found.import), "--yes"]);
      say(`${name}: it was made, and is the stack's now (${found.import})`);
    } else if ("removed" in found) say(`${name}: ${found.removed} was half made, and is removed`);
    else say(`${name}: nothing of it is in the way`);
  }
  const rest = unsure(state);
  for (const { urn } of rest)
    say(`${nameOf(urn)}: its change was cut off; its provider is asked what has become of it`);
  // Last: until here a second run finds all of it again.
  askPulumi(["stack", "import", "--stack", stack], JSON.stringify(settled(exported(stack))));
  if (rest.length > 0)
    askPulumi([
      "refresh",
      "--yes",
      "--skip-preview",
      "--stack",
      stack,
      ...rest.flatMap(({ urn }) => ["--target", urn]),
    ]);
  say(`nothing is in the way of: pulumi up --stack ${stack}`);
}

main().catch((error: unknown) => endWith(error));
