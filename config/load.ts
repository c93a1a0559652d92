/** Reads the stack's configuration once, for the whole program. */
import * as pulumi from "@pulumi/pulumi";
import * as runtimeConfig from "@pulumi/pulumi/runtime/config";
import { activeStackProblem } from "./active-stack";
import { fixedAddresses, type Addresses } from "./addresses";
import { retirementNotice } from "./hetzner";
import { imagePins, type Images } from "./images";
import { parseConfiguration } from "./parse";
import { problemReport } from "./problems";
import { environmentProblem } from "./provider-environment";
import type { Settings } from "./schema";
import { agentKeys, agentProblem } from "./ssh-agent";
import { tiers, type Tier } from "./tiers";

/** Nobody may believe that something is safe because it is in the stack file. */
const nothingOffTheHost =
  "clawkeep:backups is not set, so nothing leaves the host: what is on it is nowhere else (docs/backups.md)";

export interface Configuration {
  readonly stack: string;
  readonly settings: Settings;
  readonly tier: Tier;
  readonly images: Images;
  readonly addresses: Addresses;
  /** The secret of that key; an error for a key that the configuration does not need. */
  readonly secret: (key: string) => pulumi.Output<string>;
  /** As secret, for one that may be left out. */
  readonly optionalSecret: (key: string) => pulumi.Output<string> | undefined;
  readonly hcloud: {
    readonly token: pulumi.Output<string> | undefined;
    readonly endpoint: string | undefined;
  };
  readonly cloudflare: {
    readonly apiToken: pulumi.Output<string> | undefined;
    readonly baseUrl: string | undefined;
  };
}

/**
 * @throws RunError with every problem, before any resource is declared; Pulumi prints its message and nothing around it.
 * Outside previews the operator's ssh-agent counts too.
 */
export function loadConfiguration(): Configuration {
  const stack = pulumi.getStack();
  const values = pulumi.runtime.allConfig() as Record<string, string>;
  const parsed = parseConfiguration({
    stack,
    values,
    secretKeys: new Set(Object.keys(values).filter(isConfigSecret)),
  });
  if ("problems" in parsed) throw new pulumi.RunError(problemReport(stack, parsed.problems));
  const astray = environmentProblem({ stack, values }, process.env);
  if (astray !== undefined) throw new pulumi.RunError(astray);
  const { settings, secretRules } = parsed;
  const { host } = settings;
  const notice = host.mode === "hcloud" ? retirementNotice(host.serverType, host.location) : undefined;
  if (notice !== undefined) void pulumi.log.warn(`clawkeep:host.serverType: ${notice}`);
  if (settings.backups === undefined) void pulumi.log.warn(nothingOffTheHost);
  checkAgent(settings);
  checkActiveStack(stack, settings, values);
  const own = new pulumi.Config("clawkeep");
  const secrets = new Map(
    secretRules
      .filter((rule) => rule.optional !== true || values[`clawkeep:${rule.key}`] !== undefined)
      .map((rule) => [rule.key, own.requireSecret(rule.key)]),
  );
  const hcloud = new pulumi.Config("hcloud");
  const cloudflare = new pulumi.Config("cloudflare");
  return {
    stack,
    settings,
    tier: tiers[settings.tier],
    images: { ...imagePins, ...settings.images },
    addresses: fixedAddresses(settings.networks, settings.gateways),
    secret: (key) => {
      const value = secrets.get(key);
      if (value === undefined) throw new Error(`no secret ${key} in this configuration`);
      return value;
    },
    optionalSecret: (key) => secrets.get(key),
    hcloud: { token: hcloud.getSecret("token"), endpoint: hcloud.get("endpoint") },
    cloudflare: { apiToken: cloudflare.getSecret("apiToken"), baseUrl: cloudflare.get("baseUrl") },
  };
}

/** A preview opens no connection, and many are made where there is no agent: those are told only what an agent says. */
function checkAgent({ host }: Settings): void {
  const preview = pulumi.runtime.isDryRun();
  const keys = agentKeys();
  if (preview && "silent" in keys) return;
  const problem = agentProblem(host, keys);
  if (problem === undefined) return;
  if (!preview) throw new pulumi.RunError(`${problem}\nNothing was touched.`);
  void pulumi.log.warn(`pulumi up will be refused: ${problem}`);
}

/** A preview says what an `up` will be refused for, and takes no epoch. */
function checkActiveStack(
  stack: string,
  { role, pairedStack, zone, hostname }: Settings,
  values: Readonly<Record<string, string>>,
): void {
  if (pairedStack === undefined) return;
  const preview = pulumi.runtime.isDryRun();
  const problem = activeStackProblem(
    {
      token: values["cloudflare:apiToken"] ?? "",
      baseUrl: values["cloudflare:baseUrl"],
      zoneId: zone.id,
      hostname,
    },
    { stack, role, paired: pairedStack },
    preview,
  );
  if (problem === undefined) return;
  if (!preview) throw new pulumi.RunError(`${problem}\nNothing was touched.`);
  void pulumi.log.warn(`pulumi up will be refused: ${problem}`);
}

/** The SDK's reader of the encrypted keys; it is there at run time but not in the public types. */
const { isConfigSecret } = runtimeConfig as unknown as { isConfigSecret: (key: string) => boolean };
