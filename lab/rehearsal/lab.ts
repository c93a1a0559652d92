/** Brings up everything a rehearsal runs on: the small internet, the registry, the place for backups, the API emulators, the SSH identity. */
import { join } from "node:path";
import { upStorage } from "../backups/storage";
import { endpoints } from "../internet/addresses";
import { run } from "../lib/exec";
import { repoDir } from "../lib/paths";
import { httpAnswers, keepRunning } from "./processes";
import { ensureSshIdentity } from "./ssh";
import { labSecrets } from "./stacks";
import { acceptOnly } from "./world";

const tsx = join(repoDir, "node_modules", ".bin", "tsx");

/** Idempotent, also after every process and container was killed. @returns the lab's public SSH key */
export async function bringUpLab(): Promise<string> {
  const script = (path: string, ...args: string[]) =>
    run(tsx, [join(repoDir, path), ...args], { cwd: repoDir });
  await script("lab/internet/up.ts", "up");
  await script("lab/registry/up.ts", "up");
  await keepRunning("cloudflare", [tsx, join(repoDir, "lab/cloudflare/server.ts")], () =>
    httpAnswers(endpoints.cloudflare),
  );
  await keepRunning("hetzner", [tsx, join(repoDir, "lab/hetzner/server.ts")], () =>
    httpAnswers(endpoints.hetzner),
  );
  await upStorage((await labSecrets())["clawkeep:backupServerPassword"] ?? "");
  await registerProviderKeys();
  return ensureSshIdentity();
}

/** The stand-in providers answer to the lab's keys and to no others, as the real ones do. */
async function registerProviderKeys(): Promise<void> {
  const secrets = await labSecrets();
  const keys = {
    anthropic: [secrets["clawkeep:anthropicApiKey"]],
    openai: [secrets["clawkeep:openaiApiKey"]],
    voyage: [secrets["clawkeep:voyageApiKey"]],
    telegram: [secrets["clawkeep:telegramBotToken-openclaw"]],
  };
  const response = await fetch(`${endpoints.worldControl}/keys`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(keys),
  });
  if (!response.ok) throw new Error(`the stand-in providers refused the lab's keys: ${response.status}`);
  // Bots of a test that was ended in the middle: with one bot alone nobody has to say which is meant.
  await acceptOnly(
    "telegram",
    keys.telegram.filter((key) => key !== undefined),
  );
}
