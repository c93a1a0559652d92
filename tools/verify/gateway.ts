/** Rows about the gateways themselves: their own audit, the sandbox, the hardening policy read back, the files. */
import {
  expectedValues,
  hardeningPolicy,
  holds,
  type PolicyArgs,
} from "../../config-files/gateway/hardening-policy";
import { soulFile, stateDirectory } from "../../config-files/gateway/paths";
import { policyArgs } from "../../config-files/gateway/policy/args";
import { soul } from "../../config-files/gateway/soul";
import { releaseProfiles } from "../../config/release-lines";
import type { Settings } from "../../config/schema";
import { expectSame, type Row } from "./row";
import type { DeployedStack } from "./deployed-stack";

type Gateway = Settings["gateways"][number];

/** An `openclaw` command in the gateway's container. */
const openclaw = (deployed: DeployedStack, gateway: Gateway, command: string): Promise<string> =>
  deployed.shell(`docker exec "$1" ${releaseProfiles[gateway.release].command} ${command}`, [gateway.name]);

/** What the settings make of the policy; the sandbox image's name is the host's business, so it is read there. */
async function policyOf(deployed: DeployedStack, gateway: Gateway): Promise<PolicyArgs> {
  const image = await deployed.shell(
    `docker exec "$1" node -p 'JSON.parse(require("fs").readFileSync("/etc/openclaw/openclaw.json")).agents.defaults.sandbox.docker.image'`,
    [gateway.name],
  );
  return policyArgs(deployed, gateway, image.trim());
}

const effective = new WeakMap<DeployedStack, Map<string, Promise<unknown>>>();

/** The configuration that the running gateway works with, asked once for each. */
function runningConfiguration(deployed: DeployedStack, gateway: Gateway): Promise<unknown> {
  const answers = effective.get(deployed) ?? new Map<string, Promise<unknown>>();
  effective.set(deployed, answers);
  const known = answers.get(gateway.name);
  if (known !== undefined) return known;
  const asked = openclaw(deployed, gateway, "gateway call config.get --json").then(
    (text) => (JSON.parse(text) as { config: unknown }).config,
  );
  answers.set(gateway.name, asked);
  return asked;
}

export function gatewayRows({ settings }: DeployedStack): Row[] {
  return settings.gateways.flatMap((gateway) => [
    ...ownChecks(gateway),
    ...hardeningPolicy.flatMap(({ id, intent, lines }): Row[] =>
      "keys" in lines[gateway.release]
        ? [
            {
              name: `${gateway.name}: ${id}`,
              group: `policy of ${gateway.name}`,
              look: (deployed) => policyRow(deployed, gateway, id, intent),
            },
          ]
        : [],
    ),
  ]);
}

/** Warnings of OpenClaw's audit that stay, each with its reason; docs/evidence/audit-findings.md says the same at length. */
export const acceptedWarnings: Readonly<Record<string, string>> = {
  "gateway.probe_failed": "the audit probes with a device of its own, which nobody has let in",
  "security.trust_model.multi_user_heuristic": "a group was allowed on purpose; every tool runs in a sandbox",
};

/** Compares one row of the policy with what the running gateway answers. */
async function policyRow(
  deployed: DeployedStack,
  gateway: Gateway,
  id: string,
  intent: string,
): Promise<string> {
  const configuration = await runningConfiguration(deployed, gateway);
  return judgePolicyRow(configuration, await policyOf(deployed, gateway), id, intent);
}

export function judgePolicyRow(configuration: unknown, args: PolicyArgs, id: string, intent: string): string {
  const expected = expectedValues(args).filter(({ row }) => row === id);
  const wrong = expected.filter((value) => !holds(configuration, value));
  if (wrong.length > 0) {
    const said = wrong.map(({ path, value }) => `${path} is not ${JSON.stringify(value)}`);
    throw new Error(`${intent}\n${said.join("\n")}`);
  }
  return intent;
}

/** It starts OpenClaw a second time and reads all that it has: 50 to 59 s on two cores where an `up` runs beside it. */
export const secondsOfAudit = 120;

function ownChecks(gateway: Gateway): Row[] {
  const group = `gateway ${gateway.name}`;
  return [
    {
      name: `${gateway.name}: its own security audit`,
      group,
      seconds: secondsOfAudit,
      look: async (deployed) => {
        const { audit } = releaseProfiles[gateway.release];
        const { summary, findings } = JSON.parse(await openclaw(deployed, gateway, audit)) as {
          summary: { critical: number; warn: number };
          findings: { checkId: string; severity: string; title?: string }[];
        };
        const open = findings.filter(
          ({ checkId, severity }) =>
            severity === "critical" || (severity === "warn" && acceptedWarnings[checkId] === undefined),
        );
        if (summary.critical > 0 || open.length > 0)
          throw new Error(open.map(({ checkId, title }) => `${checkId}: ${title ?? ""}`).join("\n"));
        return `nothing critical; ${summary.warn} warnings, each with its reason in docs/evidence/audit-findings.md`;
      },
    },
    {
      name: `${gateway.name}: sandbox for every session`,
      group,
      look: async (deployed) => {
        const { sandbox } = JSON.parse(await openclaw(deployed, gateway, "sandbox explain --json")) as {
          sandbox: { mode: string; scope: string; workspaceAccess: string };
        };
        const { mode, scope, workspaceAccess } = sandbox;
        expectSame(
          "the sandbox",
          { mode, scope, workspaceAccess },
          { mode: "all", scope: "agent", workspaceAccess: "none" },
        );
        return "all, one an agent, no access to the gateway's workspace";
      },
    },
    {
      name: `${gateway.name}: SOUL.md is the stack's`,
      group,
      look: async (deployed) => {
        const found = await deployed.shell('docker exec "$1" cat "$2"', [gateway.name, soulFile]);
        if (found !== soul(gateway))
          throw new Error(`${soulFile} is not what the stack says: pulumi up --stack ${deployed.stack}`);
        return `${found.length} characters`;
      },
    },
    {
      name: `${gateway.name}: state is closed to others`,
      group,
      look: async (deployed) => {
        // By the gateway's own uid: nobody else goes below what it can write. What the directory's mode keeps out needs no
        // second lock, but what anybody could write, and databases and logs, get one. Below tmp, and
        // beside a database (NAME.sqlite.WHAT.sqlite), are OpenClaw's locks: databases without a table.
        const open = await deployed.shell(
          `docker exec "$1" sh -c 'find "$1" -maxdepth 0 ! -perm 0700
            find "$1" -xdev \\( -path "$1/sandboxes" -o -path "$1/tmp" \\) -prune -o -type f \\( -perm /0022 -o \\( -name "*.sqlite" -o -name "*.sqlite-*" -o -name "*.log" \\) ! -name "*.sqlite.*.sqlite" -perm /0007 \\) -print' sh "$2" | head -5`,
          [gateway.name, stateDirectory],
        );
        if (open.trim() !== "")
          throw new Error(`readable or writable by others: ${open.trim().split("\n").join(", ")}`);
        return "0700, nothing writable, no database or log readable by others";
      },
    },
    {
      name: `${gateway.name}: workspaces follow no links`,
      group,
      look: async (deployed) => {
        const options = await deployed.shell('findmnt -no OPTIONS --mountpoint "$1"', [
          `/opt/openclaw/gateways/${gateway.name}/sandboxes/workspaces`,
        ]);
        for (const option of ["nosuid", "nodev", "nosymfollow"])
          if (!options.trim().split(",").includes(option))
            throw new Error(`mounted without ${option}: ${options.trim()}`);
        return "nosuid, nodev, nosymfollow";
      },
    },
  ];
}
