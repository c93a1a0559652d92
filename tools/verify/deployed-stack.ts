/** What `make verify` looks at: a stack's configuration, its outputs, a shell on its host, the public name. */
import { fixedAddresses, type Addresses } from "../../config/addresses";
import { cloudflareApi, type CloudflareApi } from "../../config/dns-records";
import { imagePins, type Images } from "../../config/images";
import { parseConfiguration } from "../../config/parse";
import { problemReport } from "../../config/problems";
import { releaseLines, releaseProfiles } from "../../config/release-lines";
import type { Settings } from "../../config/schema";
import { tiers, type Tier } from "../../config/tiers";
import { execute, type Shell } from "../host-shell";
import { askPulumi } from "../pulumi";

/** A stack that has been deployed, as it is asked about. */
export interface DeployedStack {
  readonly stack: string;
  readonly settings: Settings;
  readonly tier: Tier;
  readonly images: Images;
  readonly addresses: Addresses;
  /** Value of a secret by its key behind `clawkeep:`. Never printed. */
  readonly secret: (key: string) => string;
  /** The provider's API, where the host was made by one. */
  readonly hetzner: { readonly token: string; readonly endpoint: string } | undefined;
  /** Cloudflare's API, where the stack owns the public name. */
  readonly cloudflare: CloudflareApi | undefined;
  readonly ipv4: string;
  readonly ipv6: string | undefined;
  /** Root on the host. */
  readonly shell: Shell;
  /** Calls the first gateway's probe tool at the public name over TLS. @param token absent: none is sent @returns the status */
  readonly callTool: (token?: string) => Promise<number>;
}

/** `pulumi config --json`: key -> value as text, and whether it is a secret. */
export type PulumiConfig = Readonly<Record<string, { readonly value?: string; readonly secret: boolean }>>;

const pulumiJson = (stack: string, args: readonly string[]): unknown =>
  JSON.parse(askPulumi([...args, "--json", "--show-secrets", "--stack", stack]));

export const stackOutputs = (stack: string): Record<string, unknown> =>
  pulumiJson(stack, ["stack", "output"]) as Record<string, unknown>;

/** The stack's configuration as Pulumi has it, with the values of secrets. */
export const stackConfig = (stack: string): PulumiConfig => pulumiJson(stack, ["config"]) as PulumiConfig;

/**
 * The stack's configuration, by the program's own parser.
 * @throws Error with every problem, as `pulumi preview` reports them
 */
export function stackSettings(
  stack: string,
  config = stackConfig(stack),
): Pick<DeployedStack, "settings" | "secret" | "hetzner" | "cloudflare"> {
  const values = Object.fromEntries(Object.entries(config).map(([key, { value }]) => [key, value ?? ""]));
  const secretKeys = new Set(Object.keys(config).filter((key) => config[key]?.secret === true));
  const parsed = parseConfiguration({ stack, values, secretKeys });
  if ("problems" in parsed) throw new Error(problemReport(stack, parsed.problems));
  const token = values["hcloud:token"];
  const apiToken = values["cloudflare:apiToken"];
  return {
    settings: parsed.settings,
    secret: (key) => {
      const value = values[`clawkeep:${key}`];
      if (value === undefined) throw new Error(`the configuration of ${stack} has no secret ${key}`);
      return value;
    },
    hetzner:
      parsed.settings.host.mode === "hcloud" && token !== undefined
        ? { token, endpoint: values["hcloud:endpoint"] ?? "https://api.hetzner.cloud/v1" }
        : undefined,
    cloudflare:
      parsed.settings.role === "active" && apiToken !== undefined
        ? { token: apiToken, baseUrl: values["cloudflare:baseUrl"] ?? cloudflareApi }
        : undefined,
  };
}

/**
 * @param curlArgs further arguments for curl: a CA, an address for the name (VERIFY_CURL_ARGS)
 * @param read the configuration, where somebody has read it already
 */
export function deployedStack(
  stack: string,
  outputs: Readonly<Record<string, unknown>>,
  shell: Shell,
  curlArgs: readonly string[],
  read = stackSettings(stack),
): DeployedStack {
  const { settings } = read;
  const ipv6 = outputs["ipv6"];
  return {
    stack,
    ...read,
    tier: tiers[settings.tier],
    images: { ...imagePins, ...settings.images },
    addresses: fixedAddresses(settings.networks, settings.gateways),
    ipv4: String(outputs["ipv4"]),
    ipv6: typeof ipv6 === "string" && ipv6 !== "" ? ipv6 : undefined,
    shell,
    callTool: async (token) => {
      // The token comes on standard input: arguments can be read by everybody on this machine.
      const header = token === undefined ? "" : `header = "authorization: Bearer ${token}"\n`;
      const tool = releaseProfiles[settings.gateways[0]?.release ?? releaseLines[0]].probeTool;
      const body = `header = "content-type: application/json"\ndata = "{\\"tool\\":\\"${tool}\\"}"\n`;
      const args = ["-sS", "-m", "15", "-o", "/dev/null", "-w", "%{http_code}", ...curlArgs];
      const url = `https://${settings.hostname}/tools/invoke`;
      return Number(await execute("curl", [...args, "--config", "-", url], header + body, `curl ${url}`));
    },
  };
}
