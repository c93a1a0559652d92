/**
 * The policy pack where the lab's language host is: that one runs programs and no packs, so the engine is made to fall
 * back to an analyzer plugin on PATH, which it does for a runtime that nobody hosts. The plugin is the one line that
 * runs a pack with the SDK's own code, and all of the pack but its name of the runtime is a link to the checkout.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { labDir, repoDir } from "../lib/paths";

/** No language host has this name. */
const runtime = "nodepack";
const definition = "PulumiPolicy.yaml";

/** Folder for PATH that holds the analyzer plugin. */
export const pluginDirectory = (): string => join(labDir(), "bin");

/** Makes the folder `policy` of a project, so that `--policy-pack policy` is right in the lab and on a real machine. */
export function ensurePolicyPack(project: string, checkout = repoDir): void {
  const [source, pack] = [join(checkout, "policy"), join(project, "policy")];
  rmSync(pack, { force: true, recursive: true });
  mkdirSync(pack, { recursive: true });
  for (const name of readdirSync(source)) {
    if (name !== definition) symlinkSync(join(source, name), join(pack, name));
  }
  const shipped = readFileSync(join(source, definition), "utf8");
  const ours = shipped.replace(/^runtime: nodejs$/m, `runtime: ${runtime}`);
  if (ours === shipped) throw new Error(`${join(source, definition)} does not say "runtime: nodejs"`);
  writeFileSync(join(pack, definition), ours);

  const plugin = join(pluginDirectory(), `pulumi-analyzer-policy-${runtime}`);
  const script = [
    "#!/bin/sh",
    `exec node '${join(repoDir, "node_modules", "@pulumi", "pulumi", "cmd", "run-policy-pack")}' "$@"`,
    "",
  ].join("\n");
  if (existsSync(plugin) && readFileSync(plugin, "utf8") === script) return;
  mkdirSync(pluginDirectory(), { recursive: true });
  writeFileSync(plugin, script);
  chmodSync(plugin, 0o755);
}

/** PATH with the plugin's folder in front, once. */
export function pathWithPlugin(path = process.env["PATH"] ?? ""): string {
  const others = path.split(delimiter).filter((folder) => folder !== pluginDirectory());
  return [pluginDirectory(), ...others].join(delimiter);
}
