/** A stack of four gateways on one host that was there before: as many as fit into the memory of a machine with 24 GiB. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { memoryBudget, tiers } from "../../../config/tiers";
import { handBootedServers4, zone } from "../../../lab/internet/addresses";
import { issueCertificate } from "../../../lab/lib/ca";
import { run } from "../../../lab/lib/exec";
import { labModels, writeStackFile } from "../../../lab/rehearsal/stacks";
import { scannedHostKey, type ExistingStack } from "../existing-stack";
import { hostile } from "./gateway-prelude";

export const server = "four";
export const address = handBootedServers4.first.replace(/\d+$/, "14");
export const four: ExistingStack = { stack: "four", address, hostname: `four.${zone.name}` };

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

const machine = `clawkeep-vps-${server}`;

/** Runs a command line as root on the host, not by way of its sshd. @param input for its standard input */
export const inside = (command: string, input = "", timeoutSeconds = 120): Promise<string> =>
  run("docker", ["exec", "-i", machine, "bash", "-ec", command], { input, timeoutSeconds });

/** Words in front of a command that runs in a gateway's container. */
export const inContainer = (gateway: string): string[] => [
  ...["exec", "-i", machine, "docker", "exec", "-i"],
  gateway,
];

/** Runs a Node program in a gateway's container. @param args its last arguments */
export const nodeInGateway = (
  gateway: string,
  program: string,
  args: readonly string[] = [],
): Promise<string> =>
  run("docker", [...inContainer(gateway), "node", "--input-type=module", "-", ...args], {
    input: program,
    timeoutSeconds: 120,
  });

/** A login as root over SSH, and out again. @returns seconds @throws CommandError where it is not let in within 20 s */
export async function login(): Promise<number> {
  const began = Date.now();
  const options = ["-F", "none", "-o", "BatchMode=yes", "-o", "ConnectTimeout=20"];
  const unchecked = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"];
  await run("ssh", [...options, ...unchecked, `root@${address}`, "true"], { timeoutSeconds: 30 });
  return (Date.now() - began) / 1000;
}

/** What would change if anything of the others, of LiteLLM and its like, or of the host's services were started anew. */
export async function whatRuns(): Promise<string[]> {
  const format = "{{.Name}} {{.Id}} since {{.State.StartedAt}} restarts {{.RestartCount}}";
  const units = [
    ...good.map(({ name }) => `openclaw-gateway@${name}.service`),
    ...["docker.service", "containerd.service", "ssh.service"],
  ];
  const said = await inside(
    `docker ps --quiet --no-trunc | xargs docker inspect --format '${format}' | grep -vE '^/${worst.name}[ .-]' | sort
for unit in ${units.join(" ")}; do echo "$unit $(systemctl show --property=MainPID,NRestarts,ActiveEnterTimestampMonotonic $unit | paste -sd ' ')"; done`,
  );
  return said.trim().split("\n");
}
