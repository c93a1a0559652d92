/**
 * `make sbom STACK=prod`: writes a software bill of materials (CycloneDX 1.6, JSON) of what runs on the stack's host:
 * its Debian packages, every container's image with the packages in it, the sandboxes' image, and this program's own
 * npm lock with the engine and providers.
 *
 *   npx tsx tools/sbom.ts STACK [FILE]    FILE is sbom-STACK.cdx.json where it is left out
 *
 * Nothing on the host is changed. Needs a deployed stack, pulumi on the PATH and the key in your ssh-agent.
 */
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sayBackend } from "./backend";
import { sbom } from "./sbom/cyclonedx";
import { readHost } from "./sbom/host";
import { readLock } from "./sbom/program";
import { sshTarget, withHost } from "./host-shell";

function outputs(stack: string): Record<string, unknown> {
  // Secrets stay masked: nothing here needs one.
  const result = spawnSync("pulumi", ["stack", "output", "--json", "--stack", stack], { encoding: "utf8" });
  if (result.error !== undefined)
    throw new Error(`pulumi cannot be run (${result.error.message}): install it, or . .lab/env`);
  if (result.status !== 0) throw new Error(`pulumi stack output --stack ${stack}: ${result.stderr.trim()}`);
  return JSON.parse(result.stdout) as Record<string, unknown>;
}

async function main([stack, file = `sbom-${stack}.cdx.json`]: readonly string[]): Promise<void> {
  if (stack === undefined || !/^[A-Za-z0-9._/-]+$/.test(stack))
    throw new Error("usage: npx tsx tools/sbom.ts STACK [FILE]");
  sayBackend(stack);
  const target = sshTarget(stack, outputs(stack));
  const host = await withHost(target, (shell) => readHost(shell, (line) => console.error(line)));
  const program = readLock(readFileSync(join(__dirname, "..", "package-lock.json"), "utf8"));
  const document = sbom(stack, host, program, { at: new Date(), serial: randomUUID() });
  writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
  const count = host.images.reduce((sum, { packages }) => sum + packages.length, host.packages.length);
  console.log(`${file}: the host, ${host.images.length} images, ${count} packages in them, and the program`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
