/** The lab's environment: what .lab/env puts into a shell, and what lab code runs Pulumi with. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { addresses, endpoints } from "../internet/addresses";
import { run } from "../lib/exec";
import { labDir, repoDir } from "../lib/paths";
import { pathWithPlugin, pluginDirectory } from "./policy-pack";
import { projectDirectory } from "./project";
import { agentSocket } from "./ssh";
import { hostname, labPassphrase } from "./stacks";

/** Variables of the lab, without the toolchain's. */
function labVariables(): Record<string, string> {
  const curlArgs = `--cacert ${join(labDir(), "ca", "ca.pem")} --resolve ${hostname}:443:${addresses.edge}`;
  return {
    CLAWKEEP_LAB: labDir(),
    // Wherever pulumi is called from, it works in the lab's project, with the lab's stack files.
    PULUMI_OPTION_CWD: projectDirectory(),
    PULUMI_BACKEND_URL: `file://${join(labDir(), "state")}`,
    PULUMI_CONFIG_PASSPHRASE: labPassphrase,
    // What the option `tsconfig` of Pulumi.yaml sets; the lab's language host is too old to be told options.
    PULUMI_NODEJS_TSCONFIG_PATH: "tsconfig.pulumi.json",
    SSH_AUTH_SOCK: agentSocket(),
    LAB_URL: `https://${hostname}`,
    LAB_CURL_ARGS: curlArgs,
    // No resolver outside the lab knows the public name, and no public CA vouches for it.
    VERIFY_CURL_ARGS: curlArgs,
    LAB_WORLD_URL: endpoints.worldControl,
  };
}

/** Takes the lab's environment into this process, the toolchain's included. */
export async function enterLabEnvironment(): Promise<void> {
  const toolchain = join(labDir(), "toolchain.env");
  if (!existsSync(toolchain)) throw new Error(`${toolchain} is missing: run make setup`);
  const printed = await run("bash", ["-c", '. "$1" && env -0', "bash", toolchain]);
  for (const line of printed.split("\0")) {
    const [, key, value] = /^([A-Z_]+)=([\s\S]*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined && (key === "PATH" || key.startsWith("PULUMI_"))) {
      process.env[key] = value;
    }
  }
  Object.assign(process.env, labVariables(), { PATH: pathWithPlugin() });
  mkdirSync(join(labDir(), "state"), { recursive: true });
}

/** Writes .lab/env: `. .lab/env`, then plain `pulumi up -s prod` and the like. */
export function writeEnvironmentFile(): void {
  const quote = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;
  const lines = [
    "# The lab's toolchain, state backend and endpoints in a shell: . .lab/env",
    `. ${quote(join(labDir(), "toolchain.env"))}`,
    `case ":$PATH:" in *:${quote(pluginDirectory())}:*) ;; *) export PATH=${quote(pluginDirectory())}:"$PATH" ;; esac`,
    ...Object.entries(labVariables()).map(([key, value]) => `export ${key}=${quote(value)}`),
    "# The agent that holds the lab's key does not outlive a restart of the machine.",
    `ssh-add -l >/dev/null 2>&1 || (cd ${quote(repoDir)} && npx tsx lab/rehearsal/agent.ts)`,
    "",
  ];
  writeFileSync(join(labDir(), "env"), lines.join("\n"));
}
