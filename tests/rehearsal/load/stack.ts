/** A stack of four gateways on one host that was there before: as many as fit into the memory of a machine with 24 GiB. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { memoryBudget, tiers } from "../../../config/tiers";
import { handBootedServers4, zone } from "../../../lab/internet/addresses";
import { issueCertificate } from "../../../lab/lib/ca";
import { run } from "../../../lab/lib/exec";
import { labModels, writeStackFile } from "../../../lab/rehearsal/stacks";
import { scannedHostKey, type ExistingStack } from "../existing-stack";
import type { Hostile } from "./gateway-prelude";
import { machineOf, whatRuns } from "./machine";

export const server = "four";
export const address = handBootedServers4.first.replace(/\d+$/, "14");
export const four: ExistingStack = { stack: "four", address, hostname: `four.${zone.name}` };

export const hostile: Hostile = {
  ...{ name: "fourth", slot: 3, release: "2026.9" },
  machine: `clawkeep-vps-${server}`,
};

/** A gateway, who may write to its bot, and the bot. */
export interface Tenant {
  readonly name: string;
  readonly person: number;
  readonly botToken: string;
}

const tenant = (name: string, index: number): Tenant => ({
  name,
  person: 4_200_001 + index,
  botToken: `${8_100_001 + index}:${randomBytes(40).toString("base64url").slice(0, 35)}`,
});

/** Those whose turns are measured. */
export const good: readonly Tenant[] = ["first", "second", "third"].map(tenant);
export const worst: Tenant = tenant(hostile.name, hostile.slot);
export const tenants: readonly Tenant[] = [...good, worst];

/** No cap and no rate is in the way of a turn, nor of the worst. */
const plenty = { budgetUsd: 10_000, requestsPerMinute: 10_000 };
const memoryModel = labModels.find((model) => "mode" in model)?.name;
if (memoryModel === undefined) throw new Error("the lab has no model that indexes memory");

/** Writes its file, with secrets made up anew. */
export async function writeFour(): Promise<void> {
  const origin = await issueCertificate(four.stack, [four.hostname]);
  const hex = (): string => randomBytes(32).toString("hex");
  const { totalMiB: memoryMiB } = memoryBudget(tiers.starter, tenants.length);
  const hostKey = await scannedHostKey(address);
  if (!hostKey.startsWith("ssh-ed25519 "))
    throw new Error(`sshd of ${server} does not say its key: ${hostKey}`);
  const host = { mode: "existing", address, sshPort: 22, hostKey, memoryMiB } as const;
  await writeStackFile(
    four.stack,
    "active",
    host,
    {
      "clawkeep:hostname": four.hostname,
      "clawkeep:originCertificate": readFileSync(origin.cert, "utf8"),
      // What is reserved for it on the disk is reserved for each.
      "clawkeep:storage": { stateGiB: 1, sandboxesGiB: 1 },
      "clawkeep:models": labModels.map((model) => ({ ...model, ...plenty })),
      "clawkeep:gateways": tenants.map(({ name, person }) => ({
        ...{ name, ...plenty, memory: { model: memoryModel } },
        telegram: { dmPolicy: "allowlist", allowFrom: [String(person)] },
      })),
    },
    {
      "clawkeep:originKey": readFileSync(origin.key, "utf8"),
      ...Object.fromEntries(
        ["gatewayToken", "litellmKey", "telegramBotToken"].map((key) => [
          `clawkeep:${key}-openclaw`,
          undefined,
        ]),
      ),
      ...Object.fromEntries(
        tenants.flatMap(({ name, botToken }) => [
          [`clawkeep:gatewayToken-${name}`, hex()],
          [`clawkeep:litellmKey-${name}`, `sk-${hex()}`],
          [`clawkeep:telegramBotToken-${name}`, botToken],
        ]),
      ),
    },
  );
}

export const machine = machineOf(hostile.machine);

/** A login as root over SSH, and out again. @returns seconds @throws CommandError where it is not let in within 20 s */
export async function login(): Promise<number> {
  const began = Date.now();
  const options = ["-F", "none", "-o", "BatchMode=yes", "-o", "ConnectTimeout=20"];
  const unchecked = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"];
  await run("ssh", [...options, ...unchecked, `root@${address}`, "true"], { timeoutSeconds: 30 });
  return (Date.now() - began) / 1000;
}

/** What would change if anything of the others, of LiteLLM and its like, or of the host's services were started anew. */
export const whatOthersRun = (): Promise<string[]> =>
  whatRuns(machine, worst.name, [
    ...good.map(({ name }) => `openclaw-gateway@${name}.service`),
    ...["docker.service", "containerd.service", "ssh.service"],
  ]);
