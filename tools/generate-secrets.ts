/**
 * `make secrets`: gives prod and standby the secrets that both must hold for one to take over from the other. Makes up
 * those that nobody gives you (tokens, LiteLLM's keys), copies what one stack has to the other, encrypted into its file,
 * and overwrites nothing. A stack that does not exist yet is left out. Exit code 1 where something stands in the way;
 * nothing has been set then.
 */
import type { RawConfiguration } from "../config/parse";
import { sayBackend } from "./backend";
import { askPulumi } from "./pulumi";
import { planSecrets } from "./secrets/plan";
import { endWith, say } from "./terminal";
import { stackConfig } from "./verify/deployed-stack";

const stacks = ["prod", "standby"] as const;

/** Names of this project's stacks, without the organisation that some backends put before them. */
function existing(): Set<string> {
  const list = JSON.parse(askPulumi(["stack", "ls", "--json"])) as { name: string }[];
  return new Set(list.map(({ name }) => name.split("/").at(-1) ?? name));
}

function configurationOf(stack: string): RawConfiguration {
  const entries = Object.entries(stackConfig(stack));
  return {
    stack,
    values: Object.fromEntries(entries.map(([key, { value }]) => [key, value ?? ""])),
    secretKeys: new Set(entries.filter(([, { secret }]) => secret).map(([key]) => key)),
  };
}

function main(): void {
  sayBackend(...stacks);
  const there = existing();
  const [present, absent] = [true, false].map((is) => stacks.filter((stack) => there.has(stack) === is));
  if (present?.length === 0)
    throw new Error("there is neither a stack prod nor a stack standby: pulumi stack init prod --no-select");
  const { settings, notes } = planSecrets((present ?? []).map(configurationOf));
  for (const note of notes) say(note);
  for (const { stack, key, value, from } of settings) {
    // Pulumi takes one line end off what it reads.
    askPulumi(["config", "set", "--stack", stack, "--secret", key], `${value}\n`);
    say(`${key}: ${from === undefined ? "made up" : `copied from ${from}`}, set in ${stack}`);
  }
  for (const stack of absent ?? [])
    say(
      `stack ${stack} does not exist yet and was left out; after pulumi stack init ${stack} --no-select, run make secrets again`,
    );
}

try {
  main();
} catch (error) {
  endWith(error);
}
