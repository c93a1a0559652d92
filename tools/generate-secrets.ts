/**
 * `make secrets`: makes up the secrets that nobody gives you (tokens, LiteLLM's keys) and sets them, encrypted, in
 * both stack files: the same values, so that the standby can take over. A secret that is set in one stack is copied to
 * the other, and one that is set in both is never touched. So is one that comes from somebody else and may be left out
 * (the alert webhook): nothing would miss it on a standby that lacks it, until nobody is told.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { settingsShape } from "../config/schema";
import { requiredSecrets } from "../config/secrets";

const stacks = ["prod", "standby"] as const;

interface StackFile {
  readonly config?: Readonly<Record<string, unknown>>;
}

function pulumi(args: readonly string[], input?: string): string {
  const result = spawnSync("pulumi", args, { encoding: "utf8", ...(input === undefined ? {} : { input }) });
  if (result.error !== undefined)
    throw new Error(`pulumi cannot be run (${result.error.message}): install it, or . .lab/env`);
  if (result.status !== 0) {
    throw new Error(
      `pulumi ${args.join(" ")} failed: ${result.stderr.trim() || "is pulumi installed and logged in?"}`,
    );
  }
  return result.stdout.replace(/\n$/, "");
}

interface Wanted {
  readonly key: string;
  /** Absent: it is copied if it is set in one stack, and not made up. */
  readonly generate: (() => string) | undefined;
}

/** Secrets that the stack's gateways and models ask for, of those that can be made up or may be left out. */
function wanted(file: StackFile): Wanted[] {
  const gateways = settingsShape.gateways.parse(file.config?.["clawkeep:gateways"]);
  const models = settingsShape.models.parse(file.config?.["clawkeep:models"]);
  return requiredSecrets({ gateways, models }).flatMap((rule) =>
    rule.generated !== undefined || (rule.optional === true && rule.survivesFailover)
      ? [{ key: `clawkeep:${rule.key}`, generate: rule.generated }]
      : [],
  );
}

function main(): void {
  const files = stacks.map((stack) => parse(readFileSync(`Pulumi.${stack}.yaml`, "utf8")) as StackFile);
  const keys = new Map(files.flatMap(wanted).map(({ key, generate }) => [key, generate]));
  for (const [key, generate] of keys) {
    const there = stacks.filter((_, index) => files[index]?.config?.[key] !== undefined);
    if (there.length === stacks.length) {
      console.log(`${key}: set in both stacks, left alone`);
      continue;
    }
    const [source] = there;
    const value = source === undefined ? generate?.() : pulumi(["config", "get", "--stack", source, key]);
    if (value === undefined) continue;
    for (const stack of stacks.filter((name) => !there.includes(name))) {
      // On standard input: arguments can be read by everybody on the machine.
      pulumi(["config", "set", "--stack", stack, "--secret", key], value);
      console.log(`${key}: ${source === undefined ? "made up" : `copied from ${source}`}, set in ${stack}`);
    }
  }
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
