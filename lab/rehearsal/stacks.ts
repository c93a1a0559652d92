/** The lab's stack files: what a user would have written and encrypted, with made-up values. */
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { backupSecrets } from "../../config/backup-secrets";
import { labRepository } from "../backups/storage";
import type { Tokens } from "../emulator/tokens";
import { deployedImages } from "../images/settings";
import { addresses, endpoints, zone } from "../internet/addresses";
import { ensureCa, issueCertificate } from "../lib/ca";
import { run } from "../lib/exec";
import { labDir } from "../lib/paths";
import { projectDirectory } from "./project";

export const stackNames = ["prod", "standby"] as const;
/** The public name in the lab. */
export const hostname = `assistant.${zone.name}`;
/** Passphrase of the lab's stacks; the recorded state in tests/recorded uses it too. Not a secret of anybody. */
export const labPassphrase = "clawkeep-rehearsal";

/** A plain value that ends up in state and previews, so that a search of them can be seen to work. */
export const plantedInState = "planted-in-the-state-on-purpose";

/** Every secret of the lab by its full configuration key; made once, so that tests can search for the values. */
export async function labSecrets(): Promise<Record<string, string>> {
  const path = join(labDir(), "secrets.json");
  const known = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Record<string, string>) : {};
  const hex = (): string => randomBytes(32).toString("hex");
  const token = (length: number): string => randomBytes(length).toString("base64url").slice(0, length);
  const origin = await issueCertificate("origin", [hostname]);
  const secrets: Record<string, string> = {
    "clawkeep:litellmMasterKey": `sk-${hex()}`,
    "clawkeep:originKey": readFileSync(origin.key, "utf8"),
    "clawkeep:anthropicApiKey": `sk-ant-${token(40)}`,
    "clawkeep:openaiApiKey": `sk-${token(40)}`,
    "clawkeep:voyageApiKey": `pa-${token(40)}`,
    "clawkeep:gatewayToken-openclaw": hex(),
    "clawkeep:litellmKey-openclaw": `sk-${hex()}`,
    "clawkeep:telegramBotToken-openclaw": `7654321:${token(35)}`,
    "clawkeep:backupPassword": hex(),
    "clawkeep:backupServerPassword": token(40),
  };
  // A lab of an older version keeps what it has, and gets what it lacks.
  const all = { ...secrets, ...known };
  if (Object.keys(all).every((key) => key in known)) return all;
  mkdirSync(labDir(), { recursive: true });
  writeFileSync(path, JSON.stringify(all, null, 2), { mode: 0o600 });
  chmodSync(path, 0o600);
  return all;
}

/** How the host of a stack is described. */
export type LabHost =
  | { readonly mode: "hcloud"; readonly sshKey: string }
  | {
      readonly mode: "existing";
      readonly address: string;
      readonly sshPort: number;
      readonly hostKey: string;
      /** What it is sold with. Default: 8192. */
      readonly memoryMiB?: number;
    };

/**
 * Writes a stack file with every secret encrypted. Nothing is done when the wanted content is there: encrypting again
 * would change the file though not its meaning.
 */
export async function writeStackFile(
  stack: string,
  role: "active" | "standby",
  host: LabHost,
  more: Readonly<Record<string, unknown>> = {},
  moreSecrets: Readonly<Record<string, string | undefined>> = {},
): Promise<void> {
  const plain = {
    ...(await plainConfiguration(role, host, { ...backupsOf(stack), ...more })),
    ...pairOf(stack),
  };
  // One that is undefined is left out: a key that nobody reads is refused.
  const secrets = Object.fromEntries(
    Object.entries({
      ...(await labSecrets()),
      ...("clawkeep:backups" in plain ? {} : withoutBackups),
      ...cloudTokens(stack, host),
      ...moreSecrets,
    }).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  const wanted = JSON.stringify([plain, secrets]);
  const stamp = join(labDir(), "run", `stack-${stack}.json`);
  const file = join(projectDirectory(), `Pulumi.${stack}.yaml`);
  if (existsSync(stamp) && existsSync(file) && readFileSync(stamp, "utf8") === wanted) return;
  await run("pulumi", ["stack", "select", "--create", stack]);
  // The salt belongs to the stack: with another one its state could not be decrypted any more.
  const salt = existsSync(file) ? /^encryptionsalt: .*$/m.exec(readFileSync(file, "utf8"))?.[0] : undefined;
  writeFileSync(
    file,
    `${salt === undefined ? "" : `${salt}\n`}${stringify({ config: plain }, { lineWidth: 0 })}`,
  );
  // The values are made up; on a real machine they are typed at a prompt or come on standard input.
  const pairs = Object.entries(secrets).flatMap(([key, value]) => ["--secret", `${key}=${value}`]);
  await run("pulumi", ["config", "set-all", "--stack", stack, ...pairs]);
  mkdirSync(join(labDir(), "run"), { recursive: true });
  writeFileSync(stamp, wanted, { mode: 0o600 });
}

/** The two that take over from one another; every other stack of the lab is alone. */
const isOfPair = (stack: string): boolean => stackNames.some((name) => name === stack);

const pairOf = (stack: string): Record<string, string> => {
  const other = stackNames.find((name) => name !== stack);
  return isOfPair(stack) && other !== undefined ? { "clawkeep:pairedStack": other } : {};
};

/**
 * Both of the pair have one repository, whose newest snapshot a restore takes: a stack that is alone, and saved there too, would
 * be in its way. Once a day, so that no container comes and goes while a test counts them: a test of backups starts a run itself.
 */
const backupsOf = (stack: string): Record<string, unknown> =>
  isOfPair(stack) ? { "clawkeep:backups": { repository: labRepository, everyMinutes: 1440 } } : {};

const withoutBackups: Readonly<Record<string, undefined>> = Object.fromEntries(
  backupSecrets("rest").map(({ key }) => [`clawkeep:${key}`, undefined]),
);

async function plainConfiguration(role: string, host: LabHost, more: Readonly<Record<string, unknown>>) {
  const ca = await ensureCa();
  const origin = await issueCertificate("origin", [hostname]);
  // A stand-in has the cgroups of this machine: lab/vps/README.md.
  const cgroupDriver = existsSync("/sys/fs/cgroup/cgroup.controllers") ? "systemd" : "cgroupfs";
  return {
    "clawkeep:role": role,
    "clawkeep:hostname": hostname,
    "clawkeep:zone": { name: zone.name, id: zone.id },
    "clawkeep:originCertificate": readFileSync(origin.cert, "utf8"),
    "clawkeep:extraCaCertificates": `${readFileSync(ca.cert, "utf8")}# ${plantedInState}\n`,
    "clawkeep:host":
      host.mode === "hcloud"
        ? {
            mode: "hcloud",
            location: "fsn1",
            serverType: "cx33",
            volumeGiB: 10,
            // All stand-ins share one disk.
            swapMiB: 256,
            cgroupDriver,
            adminCidrs: [`${addresses.admin}/32`],
            sshKey: host.sshKey,
          }
        : { ...host, memoryMiB: host.memoryMiB ?? 8192, swapMiB: 256, cgroupDriver },
    "clawkeep:storage": { stateGiB: 1, sandboxesGiB: 1 },
    "clawkeep:gateways": [labGateway],
    "clawkeep:models": labModels,
    "clawkeep:images": deployedImages(),
    "cloudflare:baseUrl": endpoints.cloudflare,
    ...(host.mode === "hcloud" ? { "hcloud:endpoint": endpoints.hetzner } : {}),
    ...more,
  };
}

/** Group in which the lab's bot answers. */
export const telegramGroup = -1007001;

/** One gateway with everything that is optional. */
export const labGateway = {
  name: "openclaw",
  httpApi: true,
  telegram: { groups: { allowed: [String(telegramGroup)] } },
  memory: { model: "voyage/voyage-3-large" },
};

/** The guide's two models, one of another provider, and the one that indexes memory. */
export const labModels = [
  {
    name: "anthropic/claude-opus-4-6",
    provider: "anthropic",
    model: "claude-opus-4-6",
    budgetUsd: 100,
    requestsPerMinute: 60,
  },
  {
    name: "anthropic/claude-sonnet-4-5-20250929",
    provider: "anthropic",
    model: "claude-sonnet-4-5-20250929",
    budgetUsd: 50,
    requestsPerMinute: 120,
  },
  { name: "openai/gpt-4o", provider: "openai", model: "gpt-4o", budgetUsd: 20, requestsPerMinute: 60 },
  {
    name: "voyage/voyage-3-large",
    provider: "voyage",
    model: "voyage-3-large",
    mode: "embedding",
    budgetUsd: 5,
    requestsPerMinute: 300,
  },
];

/** The emulators' own tokens. */
function cloudTokens(stack: string, host: LabHost): Record<string, string> {
  const tokens = (emulator: string): Tokens =>
    JSON.parse(readFileSync(join(labDir(), emulator, "tokens.json"), "utf8")) as Tokens;
  const paired = "clawkeep:pairedStack" in pairOf(stack);
  return {
    "cloudflare:apiToken": tokens("cloudflare").write,
    ...(paired ? { "clawkeep:cloudflareReadToken": tokens("cloudflare").read } : {}),
    ...(host.mode === "hcloud" ? { "hcloud:token": tokens("hetzner").write } : {}),
  };
}
