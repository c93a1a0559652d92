/** What the rehearsal's tests share. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { usersOf } from "../../config/services";
import { projectDirectory } from "../../lab/rehearsal/project";
import { labModels, writeStackFile } from "../../lab/rehearsal/stacks";
import { chatTurn } from "../../lab/rehearsal/public";
import { tryPulumi } from "../../lab/rehearsal/pulumi";
import { ensureSshIdentity } from "../../lab/rehearsal/ssh";
import { script } from "../../lab/rehearsal/world";

/** Every container of a stack of the lab, sorted; sandboxes come and go. */
export const services: readonly string[] = [
  "openclaw",
  "openclaw-caddy",
  "openclaw-docker-proxy",
  "openclaw-egress",
  "openclaw-litellm",
  "openclaw-redis",
  "openclaw-relay",
];

/** `NAME operation` of everything a preview would change, sorted. */
export async function changes(
  stack: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<string[]> {
  const { outcome, log } = await tryPulumi("preview", ["--stack", stack, "--json", ...args], env);
  if (outcome.code !== 0) throw new Error(`the preview of ${stack} failed, see ${log}`);
  const parsed = JSON.parse(outcome.stdout) as { steps?: { op: string; urn: string }[] };
  const operations = (parsed.steps ?? [])
    .filter((step) => !["same", "read", "refresh"].includes(step.op))
    .map(
      (step) =>
        `${step.urn.split("::").at(-1)} ${step.op.replace(/^(create|delete)-replace(ment|d)$/, "replace")}`,
    );
  return [...new Set(operations)].sort();
}

/** Runs `work` with models of prod renamed in its configuration, and puts the configuration back. */
export async function withModels(
  renames: readonly { readonly from: string; readonly to: string }[],
  work: () => Promise<void>,
): Promise<void> {
  const sshKey = await ensureSshIdentity();
  const models = labModels.map((model) => ({
    ...model,
    name: renames.find((rename) => rename.from === model.name)?.to ?? model.name,
  }));
  await writeStackFile("prod", "active", { mode: "hcloud", sshKey }, { "clawkeep:models": models });
  try {
    await work();
  } finally {
    await writeStackFile("prod", "active", { mode: "hcloud", sshKey });
  }
}

/** Runs `work` with parts of prod's `clawkeep:host` changed in its configuration, and puts the configuration back. */
export async function withHost(
  changes: Readonly<Record<string, unknown>>,
  work: () => Promise<void>,
): Promise<void> {
  const file = join(projectDirectory(), "Pulumi.prod.yaml");
  const good = readFileSync(file, "utf8");
  const document = parse(good) as { config: { "clawkeep:host": object } };
  Object.assign(document.config["clawkeep:host"], changes);
  writeFileSync(file, stringify(document, { lineWidth: 0 }));
  try {
    await work();
  } finally {
    writeFileSync(file, good);
  }
}

/**
 * The model is made to run a command in its sandbox; what that printed comes back as the answer.
 *
 * @param ask has a chat turn at some gateway. Default: at prod's
 */
export async function turnWithTool(ask: (text: string) => Promise<string> = chatTurn): Promise<void> {
  const [mark, said] = [`run-${Date.now()}`, `seen-${Date.now()}`];
  const command = `echo ${said}-$(id -u)`;
  await script("anthropic", [{ match: mark, tools: [{ name: "exec", arguments: { command } }] }]);
  expect(await ask(`please ${mark}`)).toContain(`${said}-${usersOf(0).sandbox}`);
}

const swapTool = "/opt/openclaw/bin/serving.py";
/**
 * Fault injection: for the script that changes a gateway, no container but this one gets ready, and for another its clock
 * goes faster: the time that is told stays the one that the program has asked for.
 *
 * @param present id of the one that serves
 * @returns a command for the gateway's host
 */
export function onlyReady(present: string): string {
  const other = `if inspect(gateway.name)["Id"] != "${present}":`;
  const edits = [
    `/^def ready(gateway/a\\    ${other} return False`,
    ...["/starts: set/{", "n", `a\\    ${other} deadline = time.monotonic() + 15`, "}"],
  ];
  const edited = `sed -i ${edits.map((edit) => `-e '${edit}'`).join(" ")} ${swapTool}`;
  return `cp -a ${swapTool} ${swapTool}.whole && ${edited} && [ "$(diff ${swapTool}.whole ${swapTool} | grep -c '^>')" = 2 ]`;
}
/** The command that takes it back. */
export const readyAgain = `[ ! -e ${swapTool}.whole ] || mv ${swapTool}.whole ${swapTool}`;

/** Repeats `look` until it does not throw. @throws its last error after that many seconds */
export async function eventually(what: string, seconds: number, look: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > deadline) {
        throw new Error(
          `${what}: not within ${seconds} s: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}
